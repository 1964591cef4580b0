// The GPUs that a node reports: extended resources of the device plugins, with the labels of GPU feature discovery.
import { labelOf } from './client/metadata.ts'
import { asObject, field, type RawObject } from './raw.ts'

export interface GpuResource {
  /** 'nvidia.com/gpu' */
  readonly resource: string
  readonly count: number
  /** 'NVIDIA-L4'; '' where no label tells. */
  readonly product: string
  /** Of one card, as the label says; 0: unknown. */
  readonly memoryBytes: number
  /** That tell these nodes from others. */
  readonly labels: Readonly<Record<string, string>>
}

const RESOURCE = /^(?:nvidia\.com\/(?:gpu(?:\.shared)?|mig-[\w.]+)|amd\.com\/gpu|gpu\.intel\.com\/(?:i915|xe))$/
const PRODUCT_LABELS = [
  'nvidia.com/gpu.product',
  'amd.com/gpu.product-name',
  'karpenter.k8s.aws/instance-gpu-name',
  'karpenter.azure.com/sku-gpu-name',
]
const MEMORY_LABELS = ['nvidia.com/gpu.memory', 'karpenter.k8s.aws/instance-gpu-memory']

export const gpuResources = (node: RawObject): readonly GpuResource[] => {
  const amounts = asObject(field(node, 'status.allocatable'))
  return Object.keys(amounts)
    .filter((name) => RESOURCE.test(name))
    .sort()
    .map((resource) => ({ resource, count: Number(amounts[resource]), ...labelled(node) }))
}

const labelled = (node: RawObject): Pick<GpuResource, 'product' | 'memoryBytes' | 'labels'> => {
  const key = PRODUCT_LABELS.find((label) => labelOf(node, label) !== null)
  const product = key === undefined ? '' : (labelOf(node, key) ?? '')
  const mebibytes = MEMORY_LABELS.map((label) => Number(labelOf(node, label) ?? Number.NaN)).find(Number.isFinite)
  return {
    product,
    memoryBytes: (mebibytes ?? 0) * 2 ** 20,
    labels: key === undefined ? {} : { [key]: product },
  }
}
