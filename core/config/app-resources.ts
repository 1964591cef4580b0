// What a replica asks for and may use at most. Requests that the file leaves open are the fleet's defaults, never above
// the service's own limit; limits are never invented.
import type { Service } from '../model/app.ts'
import type { ComposeDevice, ComposeService } from '../model/compose.ts'
import { gpuModels } from '../model/gpu.ts'
import { parseAtLeast, parseComposeBytes, parseCpus } from '../model/quantity.ts'
import type { GpuRequest, Resources } from '../model/resources.ts'
import type { ServiceExtensionInput } from './extension-schema.ts'

export const resourcesOf = (
  compose: ComposeService,
  defaults: Resources,
): Pick<Service, 'requests' | 'stated' | 'limits'> => {
  const { reservations, limits } = compose.deploy?.resources ?? {}
  const cpuLimit = millis(limits?.cpus) ?? millis(compose.cpus)
  const memoryLimit = bytes(limits?.memory) ?? bytes(compose.mem_limit)
  const cpu = millis(reservations?.cpus)
  const memory = bytes(reservations?.memory) ?? bytes(compose.mem_reservation)
  return {
    requests: {
      cpuMillis: cpu ?? Math.min(defaults.cpuMillis, cpuLimit ?? Infinity),
      memoryBytes: memory ?? Math.min(defaults.memoryBytes, memoryLimit ?? Infinity),
    },
    stated: { cpu: cpu !== null, memory: memory !== null },
    limits: {
      cpuMillis: cpuLimit,
      memoryBytes: memoryLimit,
      pids: positive(limits?.pids) ?? positive(compose.pids_limit),
    },
  }
}

/** Compose writes 0 where nothing is reserved or limited. */
const millis = (value: number | string | undefined): number | null => {
  const parsed = value === undefined ? null : parseCpus(value)
  return parsed?.ok === true && parsed.value > 0 ? parsed.value : null
}

const bytes = (value: string | number | undefined): number | null => {
  const parsed = value === undefined ? null : parseComposeBytes(value)
  return parsed === 0 ? null : parsed
}

const positive = (value: number | undefined): number | null => (value !== undefined && value > 0 ? value : null)

/** Devices of Compose (`gpus`, reservations.devices) joined with x-stormport.gpu, which says what Compose cannot. */
export const gpuOf = (compose: ComposeService, input: ServiceExtensionInput['gpu']): GpuRequest | null => {
  const devices = [...(compose.gpus ?? []), ...(compose.deploy?.resources?.reservations?.devices ?? []).filter(isGpu)]
  if (devices.length === 0 && input === undefined) return null
  const deviceIds = devices.flatMap((device) => device.device_ids ?? [])
  const counts = devices.filter((device) => device.device_ids === undefined).map(countOf)
  const all = counts.includes('all')
  const written = counts.reduce<number>((sum, count) => sum + (count === 'all' ? 0 : count), deviceIds.length)
  const memory = input?.memory === undefined ? null : parseAtLeast(input.memory)
  return {
    models: [...new Set((input?.models ?? []).flatMap(gpuModels))],
    minMemoryBytes: memory?.ok === true ? memory.value : 0,
    count: input?.count ?? Math.max(1, written),
    deviceIds,
    sharing: input?.sharing ?? 'refuse',
    share: input?.share ?? 1,
    ...(all && input?.count === undefined ? { all: true } : {}),
    ...(input?.dra === true ? { dra: true } : {}),
  }
}

const isGpu = (device: ComposeDevice): boolean => (device.capabilities ?? []).flat().includes('gpu')

/** Without count and ids Compose takes every card. */
const countOf = (device: ComposeDevice): number | 'all' => {
  const { count } = device
  if (count === undefined || count === 'all' || count === -1) return 'all'
  return Number(count)
}
