// Whether an offering can be a node of a pool, and in words why not. Types that nobody wants by accident (bursting,
// bare metal, old generations, types with cards for work without) are taken only when the user names them.
import { formatBytes, formatCpus } from '../model/quantity.ts'
import type { OfferedGpus, Offering } from '../model/resources.ts'
import type { PoolNeed } from './types.ts'

/** null: it fits. */
export const misfit = (need: PoolNeed, offer: Offering): string | null =>
  notNamed(need, offer) ??
  (offer.arch === need.arch ? null : `architecture ${offer.arch}, not ${need.arch}`) ??
  tooSmall(need, offer) ??
  wrongCards(need, offer.gpus) ??
  wrongMarket(need, offer)

const notNamed = (need: PoolNeed, offer: Offering): string | null => {
  if (need.instances.length > 0) return need.instances.includes(offer.instanceType) ? null : 'not one of instances'
  return unwanted(offer.instanceType)
}

const tooSmall = (need: PoolNeed, offer: Offering): string | null => {
  const has = offer.nominal ?? offer.resources
  if (has.cpuMillis < need.nominal.cpuMillis) {
    return `${formatCpus(has.cpuMillis)} vCPU, ${formatCpus(need.nominal.cpuMillis)} asked`
  }
  if (has.memoryBytes < need.nominal.memoryBytes) {
    return `${formatBytes(has.memoryBytes)} memory, ${formatBytes(need.nominal.memoryBytes)} asked`
  }
  return null
}

const wrongCards = (need: PoolNeed, gpus: OfferedGpus | null): string | null => {
  if (need.gpu === null) return gpus === null || need.instances.length > 0 ? null : 'has GPUs that nobody asked for'
  if (gpus === null) return 'no GPU'
  if (need.gpu.models.length > 0 && !need.gpu.models.includes(gpus.model)) return `GPU ${gpus.model}`
  if ((gpus.share ?? 1) < 1) return 'a slice of a card only'
  if (gpus.memoryBytes < need.gpu.minMemoryBytes) return `GPU memory of ${formatBytes(gpus.memoryBytes)}`
  if (gpus.count < need.gpu.count) return `${gpus.count} GPU, ${need.gpu.count} asked`
  return need.gpu.mig === null || MIG_MODELS.has(gpus.model) ? null : `${gpus.model} cannot be cut into MIG slices`
}

/** NVIDIA cards that can be cut (MIG user guide): A30, A100, H100, H200 and B200. */
const MIG_MODELS = new Set(['a30', 'a100-40gb', 'a100-80gb', 'h100', 'h100-nvl', 'h200', 'b200'])

const wrongMarket = (need: PoolNeed, offer: Offering): string | null => {
  if (offer.capacityType !== 'owned' && !need.capacity.includes(offer.capacityType)) return `${offer.capacityType} only`
  if (offer.zone !== null && need.zones.length > 0 && !need.zones.includes(offer.zone)) return `zone ${offer.zone}`
  return null
}

/** Why a type is not taken unless it is named; by the vendors' naming schemes. */
const unwanted = (type: string): string | null => {
  if (/^t\d|^Standard_B\d/.test(type)) return 'bursting type: its CPU is throttled under load'
  if (/\.metal/.test(type)) return 'bare metal'
  const generation = /^[cmr](\d+)/.exec(type)?.[1] ?? /^Standard_[DEF]\d+[a-z]*_v(\d+)$/.exec(type)?.[1]
  const oldest = type.startsWith('Standard_') ? 3 : 5
  if (generation !== undefined) return Number(generation) < oldest ? 'old generation' : null
  return /^Standard_[DEF]\d+[a-z]*$/.test(type) ? 'old generation' : null
}
