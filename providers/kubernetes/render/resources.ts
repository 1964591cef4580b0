// Requests and limits of a container. Requests are what placing counted; limits are only those that the file states.
import type { Service } from '../../../core/model/app.ts'
import type { RenderContext } from './context.ts'
import { gpuResource } from './gpu.ts'
import { defined, type Json, orNothing } from './object.ts'
import { bytesQuantity, cpuQuantity } from './quantity.ts'

export const resourcesOf = (service: Service, context: RenderContext): Json => {
  const { gpu } = service
  const cpuLimit = cpuLimitOf(service)
  const memoryLimit = service.limits.memoryBytes
  // A request above its limit would be refused by the API.
  const cpu = Math.min(cpuRequestOf(service), cpuLimit ?? Infinity)
  const memory = Math.min(service.requests.memoryBytes, memoryLimit ?? Infinity)
  const cards = gpu === null || gpu.dra === true ? {} : { [gpuResource(gpu, context)]: String(gpu.count) }
  return defined({
    requests: { cpu: cpuQuantity(cpu), memory: bytesQuantity(memory) },
    limits: orNothing({
      ...(cpuLimit === null ? {} : { cpu: cpuQuantity(cpuLimit) }),
      ...(memoryLimit === null ? {} : { memory: bytesQuantity(memoryLimit) }),
      ...cards,
    }),
    claims: gpu?.dra === true ? [{ name: 'gpu' }] : undefined,
  })
}

/** 1024 shares are the weight of one CPU. */
const cpuRequestOf = ({ requests, stated, compose }: Service): number =>
  !stated.cpu && compose.cpu_shares !== undefined && compose.cpu_shares > 0
    ? Math.max(1, Math.round((compose.cpu_shares / 1024) * 1000))
    : requests.cpuMillis

const DEFAULT_PERIOD_US = 100_000

const cpuLimitOf = ({ limits, compose }: Service): number | null => {
  if (limits.cpuMillis !== null) return limits.cpuMillis
  const quota = Number(compose['cpu_quota'] ?? 0)
  if (!(quota > 0)) return null
  return Math.max(1, Math.round((quota / (Number(compose['cpu_period'] ?? 0) || DEFAULT_PERIOD_US)) * 1000))
}
