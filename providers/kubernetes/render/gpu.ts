// GPUs: which extended resource, on which nodes, tolerating what (classic device plugins), or a ResourceClaim on request.
import { gpuModels } from '../../../core/model/gpu.ts'
import type { NativeObject, ServiceSpec } from '../../../core/model/native-object.ts'
import { GIBIBYTE, MEBIBYTE } from '../../../core/model/quantity.ts'
import type { GpuRequest } from '../../../core/model/resources.ts'
import type { GpuNodeFacts } from '../facts.ts'
import { nameOf, type RenderContext } from './context.ts'
import { type Json, nativeObject, STAGE } from './object.ts'

const NVIDIA = 'nvidia.com/gpu'

/** Kinds of GPU nodes here that the request can use; empty also where nothing is known of the nodes. */
export const gpuCandidates = (gpu: GpuRequest, context: RenderContext): readonly GpuNodeFacts[] =>
  context.facts.gpus.filter(
    (node) => (gpu.models.length === 0 || gpu.models.includes(node.model)) && node.memoryBytes >= gpu.minMemoryBytes,
  )

export const gpuResource = (gpu: GpuRequest, context: RenderContext): string => {
  const [first] = gpuCandidates(gpu, context)
  if (first !== undefined) return first.resource
  return gpu.models.length > 0 && gpu.models.every((model) => model.startsWith('mi')) ? 'amd.com/gpu' : NVIDIA
}

export interface NodeExpression {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Gt'
  readonly values: readonly string[]
}

/** Alternatives of node requirements; one empty alternative = any node. */
export const gpuNodeTerms = (gpu: GpuRequest, context: RenderContext): readonly (readonly NodeExpression[])[] => {
  const unshared: readonly NodeExpression[] =
    gpu.sharing === 'refuse' && gpuResource(gpu, context) === NVIDIA
      ? [{ key: 'nvidia.com/gpu.sharing-strategy', operator: 'NotIn', values: ['mps', 'time-slicing'] }]
      : []
  const asked = gpu.models.length > 0 || gpu.minMemoryBytes > 0
  if (!asked) return [unshared]
  const candidates = gpuCandidates(gpu, context)
  const terms = candidates.length > 0 ? labelTerms(candidates) : [guessed(gpu)]
  return terms.map((term) => [...term, ...unshared])
}

/** Nodes that one label tells apart make one requirement with several values. */
const labelTerms = (candidates: readonly GpuNodeFacts[]): readonly (readonly NodeExpression[])[] => {
  const keys = new Set(candidates.map((c) => Object.keys(c.labels).join()))
  const [key] = keys
  if (keys.size === 1 && key !== undefined && key !== '' && !key.includes(',')) {
    const values = [...new Set(candidates.flatMap((c) => Object.values(c.labels)))].sort()
    return [[{ key, operator: 'In', values }]]
  }
  return candidates.map((c) =>
    Object.entries(c.labels).map(([label, value]) => ({ key: label, operator: 'In' as const, values: [value] })),
  )
}

/** Boards show a little less than their nominal memory. */
const SHOWN = 0.9

/** By the labels of NVIDIA's feature discovery, where no node has been seen. */
const guessed = (gpu: GpuRequest): readonly NodeExpression[] => {
  const products = [...new Set(gpu.models.flatMap(productNames))].sort()
  return [
    ...(products.length === 0 ? [] : [{ key: 'nvidia.com/gpu.product', operator: 'In' as const, values: products }]),
    ...(gpu.minMemoryBytes === 0
      ? []
      : [
          {
            key: 'nvidia.com/gpu.memory',
            operator: 'Gt' as const,
            values: [String(Math.floor((gpu.minMemoryBytes * SHOWN) / MEBIBYTE))],
          },
        ]),
  ]
}

const PRODUCTS: Readonly<Record<string, readonly string[]>> = {
  t4: ['Tesla-T4', 'NVIDIA-T4'],
  p4: ['Tesla-P4'],
  p40: ['Tesla-P40'],
  p100: ['Tesla-P100-PCIE-16GB', 'Tesla-P100-SXM2-16GB'],
  k80: ['Tesla-K80'],
  m60: ['Tesla-M60'],
  'v100-16gb': ['Tesla-V100-PCIE-16GB', 'Tesla-V100-SXM2-16GB'],
  'v100-32gb': ['Tesla-V100-PCIE-32GB', 'Tesla-V100-SXM2-32GB'],
  'a100-40gb': ['NVIDIA-A100-PCIE-40GB', 'NVIDIA-A100-SXM4-40GB'],
  'a100-80gb': ['NVIDIA-A100-80GB-PCIe', 'NVIDIA-A100-SXM4-80GB'],
  h100: ['NVIDIA-H100-80GB-HBM3', 'NVIDIA-H100-PCIe'],
}

const productNames = (model: string): readonly string[] => {
  if (model.startsWith('mi')) return []
  if (/^rtx-\d/.test(model)) return [`NVIDIA-GeForce-${model.toUpperCase()}`]
  return PRODUCTS[model] ?? [`NVIDIA-${model.toUpperCase()}`]
}

export interface Toleration {
  readonly key: string
  readonly operator: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect: string
}

/** The taint that device plugins and clouds set, and those of the very nodes that are meant; never a blanket one. */
export const gpuTolerations = (gpu: GpuRequest, context: RenderContext): readonly Toleration[] => {
  const pools = context.target.pools.filter((pool) => isGpuPool(pool.settings, gpu))
  const written = pools.flatMap((pool) => (Array.isArray(pool.settings['taints']) ? pool.settings['taints'] : []))
  const taints = [
    ...gpuCandidates(gpu, context).flatMap((c) => c.taints),
    ...written.map(String),
    ...(context.target.provider === 'aks' ? ['sku=gpu:NoSchedule'] : []),
  ]
  const resource = gpuResource(gpu, context)
  const first: Toleration = { key: resource, operator: 'Exists', effect: 'NoSchedule' }
  const others = [...new Set(taints)].sort().map(tolerationOf)
  return [first, ...others.filter((t) => t.key !== resource)]
}

const isGpuPool = (settings: Readonly<Record<string, unknown>>, gpu: GpuRequest): boolean => {
  const own = settings['gpu']
  if (typeof own !== 'object' || own === null) return false
  const models = 'models' in own && Array.isArray(own.models) ? own.models.map(String).flatMap(gpuModels) : []
  return gpu.models.length === 0 || models.length === 0 || models.some((model) => gpu.models.includes(model))
}

const tolerationOf = (taint: string): Toleration => {
  const match = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(taint)
  const [, key = taint, value, effect = 'NoSchedule'] = match ?? []
  return value === undefined || value === ''
    ? { key, operator: 'Exists', effect }
    : { key, operator: 'Equal', value, effect }
}

/** Dynamic resource allocation: the claim says what the card must be, and the scheduler finds it. */
export const claimTemplate = (context: RenderContext, s: ServiceSpec): readonly NativeObject[] => {
  const gpu = s.service.gpu
  if (gpu?.dra !== true) return []
  const selectors = celOf(gpu).map((expression) => ({ cel: { expression } }))
  return [
    nativeObject(context, {
      apiVersion: context.minor >= 34 ? 'resource.k8s.io/v1' : 'resource.k8s.io/v1beta1',
      kind: 'ResourceClaimTemplate',
      name: claimTemplateName(s),
      service: s.service.name,
      stage: STAGE.passive,
      fields: { spec: { spec: { devices: { requests: [deviceRequest(gpu, selectors, context.minor)] } } } },
    }),
  ]
}

export const claimTemplateName = (s: ServiceSpec): string => `${nameOf(s.service)}-gpu`

const deviceRequest = (gpu: GpuRequest, selectors: readonly Json[], minor: number): Json => {
  const exact = {
    deviceClassName: 'gpu.nvidia.com',
    ...(selectors.length === 0 ? {} : { selectors }),
    ...(gpu.all === true ? { allocationMode: 'All' } : { allocationMode: 'ExactCount', count: gpu.count }),
  }
  return minor >= 34 ? { name: 'gpu', exactly: exact } : { name: 'gpu', ...exact }
}

const celOf = (gpu: GpuRequest): readonly string[] => {
  const products = gpu.models.flatMap(productNames).map((name) => name.replaceAll('-', ' '))
  const device = 'device.attributes["gpu.nvidia.com"].productName'
  return [
    ...(products.length === 0 ? [] : [`${device} in [${products.map((p) => JSON.stringify(p)).join(', ')}]`]),
    ...(gpu.minMemoryBytes === 0
      ? []
      : [
          `device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("${Math.floor((gpu.minMemoryBytes * SHOWN) / GIBIBYTE)}Gi")) >= 0`,
        ]),
  ]
}
