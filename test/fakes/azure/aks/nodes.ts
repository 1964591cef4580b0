// Machines of pools as Node objects of the real plane behind a cluster, with the labels, taints and resources that AKS gives
// them (use-labels, reserved list; node reservations). GPUs are offered only while a device plugin is in the cluster: AKS
// installs the driver, not the plugin (use-nvidia-gpu).
import { aksAllocatable } from '../../../../core/catalog/aks-reserve.ts'
import { nodeObject } from '../../../clusters/nodes.ts'
import type { NodeTaint } from '../../../clusters/types.ts'
import type { ClusterRecord, PoolRecord } from '../state.ts'
import type { Aks } from './aks.ts'
import type { Behind } from './behind.ts'
import type { Size } from './sizes.ts'
import { zoneOf } from './views.ts'

export interface Nodes {
  /** Makes the nodes of all planes follow the machines. */
  follow(): Promise<void>
}

interface Followed {
  readonly behind: Behind
  /** Node name → GPUs that it still has to offer. */
  readonly nodes: Map<string, number>
}

export const createNodes = (aks: Aks): Nodes => {
  const followed = new Map<string, Followed>()
  return {
    follow: async () => {
      for (const cluster of aks.state.clusters.values()) {
        const behind = aks.behind(cluster.name)
        if (behind === null) continue
        const at = followed.get(cluster.id) ?? { behind, nodes: new Map() }
        followed.set(cluster.id, at)
        await reach(aks, cluster, at)
      }
      for (const [id, at] of followed) {
        if ([...aks.state.clusters.values()].some((cluster) => cluster.id === id)) continue
        for (const name of at.nodes.keys()) await removeNode(at, name)
        followed.delete(id)
      }
    },
  }
}

const reach = async (aks: Aks, cluster: ClusterRecord, at: Followed): Promise<void> => {
  const wanted = new Map(
    [...cluster.pools.values()].flatMap((pool) => pool.machines.map((name, i) => [name, { pool, i }] as const)),
  )
  for (const name of at.nodes.keys()) if (!wanted.has(name)) await removeNode(at, name)
  for (const [name, place] of wanted) {
    if (at.nodes.has(name)) continue
    const size = aks.sizes.get((place.pool.props.vmSize ?? '').toLowerCase())
    await at.behind.api.request('POST', '/api/v1/nodes', aksNode(cluster, { name, size, ...place }))
    at.nodes.set(name, gpusOf(place.pool, size))
  }
  await offerGpus(aks, at)
}

const removeNode = async ({ behind, nodes }: Followed, name: string): Promise<void> => {
  await behind.api.request('DELETE', `/api/v1/nodes/${name}`).catch((error: unknown) => {
    if (!(error instanceof Error && 'status' in error && error.status === 404)) throw error
  })
  nodes.delete(name)
}

/** Slices of a card by profile, where the plugin shows them as whole cards (gpu-multi-instance, strategy single). */
const SLICES: Readonly<Record<string, number>> = { MIG1g: 7, MIG2g: 3, MIG3g: 2, MIG4g: 1, MIG7g: 1 }

export const gpusOf = ({ props }: PoolRecord, size: Size | undefined): number =>
  (size?.gpus ?? 0) * (SLICES[props.gpuInstanceProfile ?? ''] ?? 1)

const offerGpus = async (aks: Aks, { behind, nodes }: Followed): Promise<void> => {
  const waiting = [...nodes].filter(([, gpus]) => gpus > 0)
  if (waiting.length === 0 || (aks.state.rules.holds('devicePlugin') && !(await hasDevicePlugin(behind)))) return
  for (const [name, gpus] of waiting) {
    const offered = { 'nvidia.com/gpu': String(gpus) }
    const status = { capacity: offered, allocatable: offered }
    await behind.api.request('PATCH', `/api/v1/nodes/${name}/status`, { status })
    nodes.set(name, 0)
  }
}

interface DaemonSets {
  readonly items: readonly { readonly metadata: { readonly name: string } }[]
}

const hasDevicePlugin = async ({ api }: Behind): Promise<boolean> => {
  const { items } = await api.request<DaemonSets>('GET', '/apis/apps/v1/daemonsets')
  return items.some(({ metadata }) => /device-plugin|gpu-operator/.test(metadata.name))
}

export interface NodePlace {
  readonly name: string
  readonly pool: PoolRecord
  readonly i: number
  readonly size: Size | undefined
}

const GIB = 2 ** 30

export const aksNode = (cluster: ClusterRecord, place: NodePlace): Record<string, unknown> => {
  const { name, pool, size } = place
  const nominal = { cpuMillis: (size?.vcpus ?? 2) * 1000, memoryBytes: (size?.memoryGb ?? 4) * GIB }
  const pods = typeof pool.props.maxPods === 'number' ? pool.props.maxPods : 110
  const node = nodeObject({
    name,
    cpu: `${nominal.cpuMillis}m`,
    memory: String(nominal.memoryBytes),
    pods,
    labels: labelsOf(cluster, place),
    taints: (pool.props.nodeTaints ?? []).map(taintOf),
  })
  const left = aksAllocatable(nominal)
  const allocatable = { cpu: `${left.cpuMillis}m`, memory: String(left.memoryBytes), pods: String(pods) }
  const { nodeInfo, ...status } = Object(node.status)
  const kubeletVersion = `v${pool.props.currentOrchestratorVersion}`
  return { ...node, status: { ...status, allocatable, nodeInfo: { ...nodeInfo, kubeletVersion } } }
}

const labelsOf = (cluster: ClusterRecord, { pool, i, size }: NodePlace): Record<string, string> => {
  const { props } = pool
  const zone = zoneOf(pool, i)
  const mode = (props.mode ?? 'User').toLowerCase()
  return {
    agentpool: pool.name,
    'kubernetes.azure.com/agentpool': pool.name,
    'kubernetes.azure.com/cluster': String(cluster.props.nodeResourceGroup),
    'kubernetes.azure.com/mode': mode,
    'kubernetes.azure.com/role': 'agent',
    'kubernetes.azure.com/os-sku': props.osSKU ?? 'Ubuntu',
    'kubernetes.azure.com/node-image-version': props.nodeImageVersion ?? '',
    'node.kubernetes.io/instance-type': props.vmSize ?? '',
    'kubernetes.io/arch': size?.arch ?? 'amd64',
    'topology.kubernetes.io/region': cluster.location,
    'topology.kubernetes.io/zone': zone === null ? '0' : `${cluster.location}-${zone}`,
    ...(size !== undefined && size.gpus > 0 ? { 'kubernetes.azure.com/accelerator': 'nvidia' } : {}),
    ...(props.scaleSetPriority === 'Spot' ? { 'kubernetes.azure.com/priority': 'spot' } : {}),
    ...props.nodeLabels,
  }
}

/** 'sku=gpu:NoSchedule' */
const taintOf = (text: string): NodeTaint => {
  const [, key = '', value = '', effect = ''] = /^([^=:]+)(?:=([^:]*))?:(.+)$/.exec(text) ?? []
  return { key, ...(value === '' ? {} : { value }), effect: effect as NodeTaint['effect'] }
}
