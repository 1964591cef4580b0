// Enough suitable cards with the share free: by model, nominal memory, id and count.
import type { GpuRequest } from '../../model/resources.ts'
import { deviceSuits, devicesFit, neededDevices } from '../devices.ts'
import type { NodeTable } from '../table.ts'
import { gib } from '../words.ts'
import type { Filter, Reason } from './filter.ts'

export const gpu: Filter = {
  name: 'gpu',
  reads: 'state',
  prepare: (table, cls) => {
    const request = cls.gpu
    if (request === null) return null
    return {
      fits: (row) => devicesFit(table, request, row),
      explain: (row) => explain(table, request, row),
    }
  },
}

const explain = (table: NodeTable, request: GpuRequest, row: number): Reason => {
  const devices = table.nodes[row]?.gpus.length ?? 0
  if (devices === 0) return { reason: `has no GPU; needs ${describe(request)}`, detail: '' }
  const start = table.deviceStart[row] ?? 0
  const suitable = Array.from({ length: devices }, (_, i) => start + i).filter((device) =>
    deviceSuits(table, request, device),
  )
  const models = [...new Set(table.nodes[row]?.gpus.map((device) => device.model))].join(', ')
  if (suitable.length < neededDevices(request))
    return { reason: `has not the GPUs; needs ${describe(request)}`, detail: `has ${devices} × ${models}` }
  return { reason: `GPUs are taken; needs ${describe(request)}`, detail: `${suitable.length} × ${models} not free` }
}

const describe = (request: GpuRequest): string => {
  const model = request.models.length === 0 ? 'GPU' : request.models.join(' or ')
  const memory = request.minMemoryBytes > 0 ? ` with at least ${gib(request.minMemoryBytes)}` : ''
  const ids = request.deviceIds.length > 0 ? ` of id ${request.deviceIds.join(', ')}` : ''
  const share = request.sharing === 'allow' && request.share < 1 ? ` (${request.share} of a card each)` : ''
  return `${neededDevices(request)} × ${model}${memory}${ids}${share}`
}
