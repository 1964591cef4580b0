// Free capacity of a cluster: what nodes can give, less what the pods on them ask for. Who may not read nodes and pods of
// the whole cluster does not know, and says so.
import { gpuMemoryBytes, gpuModel } from '../../core/model/gpu.ts'
import type { Capacity, GpuDevice, NodeCapacity, Resources } from '../../core/model/resources.ts'
import { labelOf, nameIn } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { readNodes, taintsOf, zoneOf } from './cluster-facts.ts'
import { isForbidden } from './errors.ts'
import { gpuResources } from './gpu-nodes.ts'
import { APP_LABEL, SERVICE_LABEL } from './names.ts'
import { amountOf } from './quantity-text.ts'
import { asObject, conditionOf, field, listAt, numberAt, type RawObject, textAt } from './raw.ts'

const UNKNOWN: Capacity = {
  kind: 'unknown',
  because: 'not allowed to read nodes and pods of the cluster; `stormport render --rbac` prints the ClusterRole for it',
}

export const readCapacity = async (cluster: Cluster, signal: AbortSignal): Promise<Capacity> => {
  const [nodes, pods] = await Promise.all([readNodes(cluster, signal), activePods(cluster, signal)])
  if (nodes === null || pods === null) return UNKNOWN
  const byNode = Map.groupBy(pods, (pod) => textAt(pod, 'spec.nodeName') ?? '')
  return {
    kind: 'known',
    nodes: nodes.filter(isReady).map((node) => nodeCapacity(node, byNode.get(nameIn(node)) ?? [])),
  }
}

const activePods = async (cluster: Cluster, signal: AbortSignal): Promise<readonly RawObject[] | null> => {
  try {
    const query = { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed,spec.nodeName!=' }
    return (await cluster.api.list('/api/v1/pods', query, signal)).items
  } catch (error) {
    if (isForbidden(error)) return null
    throw error
  }
}

const isReady = (node: RawObject): boolean => conditionOf(node, 'Ready')?.status === 'True'

const nodeCapacity = (node: RawObject, pods: readonly RawObject[]): NodeCapacity => {
  const total = {
    cpuMillis: millis(node, 'status.allocatable.cpu'),
    memoryBytes: bytes(node, 'status.allocatable.memory'),
  }
  const used = pods.map(requestsOf)
  // A node that is full of pods takes none, whatever else is free.
  const full = pods.length >= Number(textAt(node, 'status.allocatable.pods') ?? Number.POSITIVE_INFINITY)
  return {
    name: nameIn(node),
    pool: POOL_LABELS.map((label) => labelOf(node, label)).find((pool) => pool !== null) ?? null,
    zone: zoneOf(node),
    arch: textAt(node, 'status.nodeInfo.architecture') ?? 'amd64',
    os: textAt(node, 'status.nodeInfo.operatingSystem') ?? 'linux',
    labels: Object.fromEntries(
      Object.entries(asObject(field(node, 'metadata.labels'))).map(([k, v]) => [k, String(v)]),
    ),
    taints: taintsOf(node),
    cordoned: full || field(node, 'spec.unschedulable') === true,
    total,
    free: {
      cpuMillis: Math.max(0, total.cpuMillis - sum(used, 'cpuMillis')),
      memoryBytes: Math.max(0, total.memoryBytes - sum(used, 'memoryBytes')),
    },
    gpus: gpuDevices(node, pods),
    hostPorts: pods.flatMap(hostPorts).sort(),
    volumes: [],
    replicas: replicasOn(pods),
    priceUsdPerHour: 0,
  }
}

const POOL_LABELS = [
  'karpenter.sh/nodepool',
  'eks.amazonaws.com/nodegroup',
  'kubernetes.azure.com/agentpool',
  'cloud.google.com/gke-nodepool',
  'stormport.dev/pool',
]

const millis = (object: RawObject, path: string): number => Math.floor(amountOf(textAt(object, path)) * 1000)

const bytes = (object: RawObject, path: string): number => Math.floor(amountOf(textAt(object, path)))

const sum = (all: readonly Resources[], key: keyof Resources): number => all.reduce((total, r) => total + r[key], 0)

/** As the scheduler counts: containers together with sidecars, or the largest init container, plus the overhead. */
const requestsOf = (pod: RawObject): Resources => ({
  cpuMillis: Math.ceil(podRequest(pod, 'cpu') * 1000),
  memoryBytes: Math.ceil(podRequest(pod, 'memory')),
})

const podRequest = (pod: RawObject, resource: string): number => {
  const of = (container: RawObject): number => amountOf(amountText(container, resource))
  const init = listAt(pod, 'spec.initContainers')
  const sidecars = init.filter((c) => c['restartPolicy'] === 'Always').reduce((total, c) => total + of(c), 0)
  const largest = Math.max(0, ...init.filter((c) => c['restartPolicy'] !== 'Always').map(of))
  const main = listAt(pod, 'spec.containers').reduce((total, c) => total + of(c), 0)
  const overhead = asObject(field(pod, 'spec.overhead'))[resource]
  return Math.max(main, largest) + sidecars + amountOf(typeof overhead === 'string' ? overhead : null)
}

/** Extended resources have dots in their names, so that they are no path. */
const amountText = (container: RawObject, resource: string): string | null => {
  const value = asObject(field(container, 'resources.requests'))[resource]
  return typeof value === 'string' ? value : null
}

const gpuDevices = (node: RawObject, pods: readonly RawObject[]): readonly GpuDevice[] =>
  gpuResources(node).flatMap(({ resource, count, product, memoryBytes }) => {
    const used = pods.reduce((total, pod) => total + podRequest(pod, resource), 0)
    const model = gpuModel(product)
    return Array.from({ length: count }, (_, i) => ({
      id: `${resource}/${i}`,
      model,
      memoryBytes: gpuMemoryBytes(model) ?? memoryBytes,
      freeShare: i < used ? 0 : 1,
    }))
  })

const hostPorts = (pod: RawObject): readonly string[] =>
  listAt(pod, 'spec.containers').flatMap((container) =>
    listAt(container, 'ports').flatMap((port) => {
      const number = numberAt(port, 'hostPort')
      return number === null ? [] : [`${(textAt(port, 'protocol') ?? 'TCP').toLowerCase()}/${number}`]
    }),
  )

const replicasOn = (pods: readonly RawObject[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const pod of pods) {
    const [app, service] = [labelOf(pod, APP_LABEL), labelOf(pod, SERVICE_LABEL)]
    if (app !== null && service !== null) counts[`${app}/${service}`] = (counts[`${app}/${service}`] ?? 0) + 1
  }
  return counts
}
