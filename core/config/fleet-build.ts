// The checked text of stormport.yaml as a Fleet, defaults filled.
import type { SourceSpan } from '../model/diagnostic.ts'
import { parseDuration } from '../model/duration.ts'
import type { Failover, Fleet, Pool, Prices, Target } from '../model/fleet.ts'
import { gpuModels } from '../model/gpu.ts'
import { MEBIBYTE } from '../model/quantity.ts'
import type { Resources } from '../model/resources.ts'
import type { FleetInput, TargetInput } from './fleet-schema.ts'
import { isHere, localTargetOf, resourcesOf } from './local-target.ts'
import type { Path } from './types.ts'

/** Counted as request where a service states none and stormport.yaml says nothing. */
export const DEFAULT_REQUESTS: Resources = { cpuMillis: 100, memoryBytes: 128 * MEBIBYTE }

export interface FleetSource {
  /** null: there is no file. */
  readonly file: string | null
  /** Folder that paths in the file count from. */
  readonly folder: string
  readonly dockerHost: string | undefined
  readonly span: (path: Path) => SourceSpan | null
}

export const fleetOf = (input: FleetInput, source: FleetSource): Fleet => {
  const targets = Object.entries(input.targets ?? {}).map(([name, target]) => targetOf(name, target, source))
  const later = (['control', 'environments', 'failover'] as const).filter((key) => input[key] !== undefined)
  return {
    name: input.name ?? null,
    registry: input.registry ?? null,
    targets: targets.length > 0 ? targets : [targetOf('local', { provider: 'local' }, { ...source, span: () => null })],
    defaults: resourcesOf(input.defaults ?? {}, DEFAULT_REQUESTS),
    place: {
      strategy: input.place?.strategy ?? 'ordered',
      prefer: input.place?.prefer ?? [],
      weights: input.place?.weights ?? {},
    },
    rollout: { order: input.rollout?.order ?? 'parallel', onFailure: input.rollout?.onFailure ?? 'failed' },
    budget: input.budget ?? null,
    failover: failoverOf(input.failover),
    file: source.file,
    ...(later.length === 0 ? {} : { later: later.map((key) => ({ key, span: source.span([key]) })) }),
  }
}

const targetOf = (name: string, input: TargetInput, source: FleetSource): Target => {
  const local = input.provider === 'local' ? localTargetOf(input, source.folder) : null
  return {
    name,
    provider: input.provider,
    site: input.site ?? name,
    here: local !== null && isHere(local, source.dockerHost),
    publish: 'publish' in input ? (input.publish ?? 'none') : 'none',
    prices: pricesOf(input.prices),
    pools: 'pools' in input ? Object.entries(input.pools ?? {}).map(poolOf) : [],
    local,
    settings: input,
    span: source.span(['targets', name]),
  }
}

const poolOf = ([name, settings]: [string, { readonly kind?: 'nodes' | 'serverless' | undefined }]): Pool => ({
  name,
  kind: settings.kind ?? 'nodes',
  settings,
})

/** Prices by every model that a written name stands for. */
const pricesOf = (input: TargetInput['prices']): Prices | null => {
  if (input === undefined) return null
  const gpuHour = Object.entries(input.gpuHour ?? {}).flatMap(([name, price]) =>
    gpuModels(name).map((model) => [model, price] as const),
  )
  return { cpuHour: input.cpuHour ?? 0, memoryGiBHour: input.memoryGiBHour ?? 0, gpuHour: Object.fromEntries(gpuHour) }
}

const failoverOf = (input: FleetInput['failover']): Failover | null =>
  input === undefined
    ? null
    : {
        afterMs: parseDuration(input.after ?? '30s') ?? 30_000,
        failBack: input.failBack ?? 'auto',
        healthyForMs: parseDuration(input.healthyFor ?? '10m') ?? 600_000,
        standby: input.standby ?? 'pilot',
      }
