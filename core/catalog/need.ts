// What a pool of stormport.yaml asks of each of its nodes. The stanza was checked when the file was read, so that what
// cannot be parsed here never came this far.
import type { Pool } from '../model/fleet.ts'
import { gpuModels } from '../model/gpu.ts'
import { type Parsed, parseAtLeast, parseCpus, parseSize } from '../model/quantity.ts'
import type { PoolNeed } from './types.ts'

interface PoolSettings {
  readonly cpu?: number | string
  readonly memory?: string
  readonly arch?: string
  readonly zones?: readonly string[]
  readonly instances?: readonly string[]
  readonly capacity?: readonly ('spot' | 'on-demand')[]
  readonly gpu?: {
    readonly models?: readonly string[]
    readonly memory?: string
    readonly count?: number
    readonly mig?: string
  }
}

const valueOr = (parsed: Parsed<number>, other: number): number => (parsed.ok ? parsed.value : other)

export const poolNeed = (pool: Pool): PoolNeed => {
  const settings: PoolSettings = pool.settings
  return {
    pool: pool.name,
    nominal: {
      cpuMillis: settings.cpu === undefined ? 0 : valueOr(parseCpus(settings.cpu), 0),
      memoryBytes: settings.memory === undefined ? 0 : valueOr(parseSize(settings.memory), 0),
    },
    arch: settings.arch ?? 'amd64',
    gpu: gpuNeed(settings.gpu),
    capacity: settings.capacity ?? ['on-demand'],
    instances: settings.instances ?? [],
    zones: settings.zones ?? [],
  }
}

const gpuNeed = (gpu: PoolSettings['gpu']): PoolNeed['gpu'] =>
  gpu === undefined
    ? null
    : {
        models: [...new Set((gpu.models ?? []).flatMap(gpuModels))],
        minMemoryBytes: gpu.memory === undefined ? 0 : valueOr(parseAtLeast(gpu.memory), 0),
        count: gpu.count ?? 1,
        mig: gpu.mig ?? null,
      }
