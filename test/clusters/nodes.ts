// Nodes as a cluster would report them: the objects that kwok brings to life.
import type { TestNode } from './types.ts'

/** kwok takes care of the nodes that carry this, and of no others. */
export const KWOK_ANNOTATION = 'kwok.x-k8s.io/node'

export const nodeObject = (node: TestNode): Record<string, unknown> => {
  const capacity = { cpu: node.cpu, memory: node.memory, pods: String(node.pods ?? 110), ...gpuCapacity(node) }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node.name, annotations: annotationsOf(node), labels: labelsOf(node) },
    spec: { ...(node.taints === undefined ? {} : { taints: node.taints }) },
    status: { capacity, allocatable: capacity, nodeInfo: { architecture: 'amd64', operatingSystem: 'linux' } },
  }
}

/** The second one tells metrics-server where kwok answers for this node. */
const annotationsOf = ({ name }: TestNode): Record<string, string> => ({
  [KWOK_ANNOTATION]: 'fake',
  'metrics.k8s.io/resource-metrics-path': `/metrics/nodes/${name}/metrics/resource`,
})

const labelsOf = (node: TestNode): Record<string, string> => ({
  'kubernetes.io/hostname': node.name,
  'kubernetes.io/os': 'linux',
  'kubernetes.io/arch': 'amd64',
  ...(node.zone === undefined ? {} : { 'topology.kubernetes.io/zone': node.zone }),
  ...gpuLabels(node),
  ...node.labels,
})

const DEFAULT_GPU = 'nvidia.com/gpu'

const gpuCapacity = ({ gpus }: TestNode): Record<string, string> =>
  gpus === undefined ? {} : { [gpus.resource ?? DEFAULT_GPU]: String(gpus.count) }

/** The labels of GPU feature discovery, which exist for NVIDIA's devices only. */
const gpuLabels = ({ gpus }: TestNode): Record<string, string> => {
  if (gpus === undefined || (gpus.resource ?? DEFAULT_GPU) !== DEFAULT_GPU) return {}
  return {
    'nvidia.com/gpu.present': 'true',
    'nvidia.com/gpu.count': String(gpus.count),
    ...(gpus.product === undefined ? {} : { 'nvidia.com/gpu.product': gpus.product }),
    ...(gpus.memoryMib === undefined ? {} : { 'nvidia.com/gpu.memory': String(gpus.memoryMib) }),
  }
}
