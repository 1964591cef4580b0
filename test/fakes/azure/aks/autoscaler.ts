// One round of the cluster autoscaler that AKS runs beside a cluster: pending pods grow a pool that takes them, chosen by the
// expander (cluster-autoscaler-overview; the FAQ of kubernetes/autoscaler on expanders and back-off). A pool whose machines do
// not come is waited for as long as max-node-provision-time says, then left alone for half an hour. It never shrinks a pool, and
// leaves room on standing nodes to the scheduler: a round is asked for when that has had its turn.
import { parse } from 'yaml'
import type { ClusterRecord, PoolRecord } from '../state.ts'
import type { Aks } from './aks.ts'
import type { Behind } from './behind.ts'
import { aksNode, gpusOf } from './nodes.ts'
import {
  type Amounts,
  accepts,
  amountOf,
  minus,
  type PendingPod,
  pendingPods,
  requestsOf,
  type Template,
} from './pending.ts'
import { scaleByItself } from './pools.ts'
import { shortage } from './shortage.ts'

export interface Autoscaler {
  /** Pools that grew, and those whose machines did not come. */
  round(): Promise<readonly Scaled[]>
}

export interface Scaled {
  readonly cluster: string
  readonly pool: string
  readonly added: number
  /** Why none came; null: they did. */
  readonly failed: string | null
}

interface Group {
  readonly pool: PoolRecord
  readonly template: Template
  readonly capacity: Amounts
}

interface Round {
  readonly aks: Aks
  readonly cluster: ClusterRecord
  readonly groups: readonly Group[]
  readonly prefer: (groups: readonly Group[]) => Group | undefined
  /** Pool id → when its machines were first asked for in vain. */
  readonly failing: Map<string, number>
  readonly planned: { readonly group: Group; left: Amounts }[]
}

export const createAutoscaler = (aks: Aks): Autoscaler => {
  const failing = new Map<string, number>()
  return {
    round: async () => {
      const all: Scaled[] = []
      for (const cluster of aks.state.clusters.values()) {
        const behind = aks.behind(cluster.name)
        if (behind === null || cluster.props.powerState?.code !== 'Running') continue
        const groups = [...cluster.pools.values()].filter(scales).map((pool) => groupOf(aks, cluster, pool))
        const prefer = await expander(cluster, behind)
        const round: Round = { aks, cluster, groups, prefer, failing, planned: [] }
        const failed = (await pendingPods(behind)).flatMap((pod) => place(round, pod))
        all.push(...failed, ...grown(round))
      }
      return all
    },
  }
}

const scales = ({ props }: PoolRecord): boolean =>
  props.enableAutoScaling === true && props.provisioningState === 'Succeeded' && props.powerState?.code === 'Running'

const groupOf = (aks: Aks, cluster: ClusterRecord, pool: PoolRecord): Group => {
  const size = aks.sizes.get((pool.props.vmSize ?? '').toLowerCase())
  const { metadata, spec, status } = Object(aksNode(cluster, { name: pool.name, pool, i: 0, size }))
  const amounts = Object.entries(status.allocatable).map(([name, text]) => [name, amountOf(String(text))] as const)
  const capacity = { ...Object.fromEntries(amounts), 'nvidia.com/gpu': gpusOf(pool, size) }
  return { pool, template: { labels: metadata.labels, taints: spec.taints ?? [] }, capacity }
}

const MINUTE_MS = 60_000
const BACK_OFF_MS = 30 * MINUTE_MS

/** Finds a place for the pod; answers with a failure when its pool's machines do not come. */
const place = (round: Round, pod: PendingPod): readonly Scaled[] => {
  const { aks, cluster, failing } = round
  const asked = requestsOf(pod)
  for (const node of round.planned) {
    const left = accepts(node.group.template, pod) ? minus(node.left, asked) : null
    if (left === null) continue
    node.left = left
    return []
  }
  const now = aks.state.clock.now()
  const fitting = round.groups.filter((group) => accepts(group.template, pod) && minus(group.capacity, asked) !== null)
  const since = ({ pool }: Group): number => now - (failing.get(pool.id) ?? Number.NEGATIVE_INFINITY)
  // Machines were asked for: nothing else is tried before their time is over.
  if (fitting.some((group) => since(group) < provisionMs(cluster))) return []
  const open = fitting.filter((group) => since(group) >= provisionMs(cluster) + BACK_OFF_MS && hasRoom(round, group))
  const chosen = round.prefer(open)
  if (chosen === undefined) return []
  const short = shortage(aks, cluster, { ...chosen.pool.props, count: 1 })
  if (short?.kind === 'failed') {
    failing.set(chosen.pool.id, now)
    return [{ cluster: cluster.name, pool: chosen.pool.name, added: 0, failed: short.error.code }]
  }
  failing.delete(chosen.pool.id)
  round.planned.push({ group: chosen, left: minus(chosen.capacity, asked) ?? {} })
  return []
}

const hasRoom = ({ planned }: Round, { pool }: Group): boolean =>
  (pool.props.count ?? 0) + planned.filter(({ group }) => group.pool === pool).length < (pool.props.maxCount ?? 0)

const provisionMs = ({ props }: ClusterRecord): number => {
  const text = String(Object(props.autoScalerProfile)['max-node-provision-time'] ?? '15m')
  const [, number = '15', unit = 'm'] = /^(\d+)([smh])$/.exec(text) ?? []
  return Number(number) * ({ s: 1000, m: MINUTE_MS, h: 60 * MINUTE_MS }[unit] ?? MINUTE_MS)
}

const grown = ({ cluster, groups, planned }: Round): readonly Scaled[] =>
  groups.flatMap(({ pool }) => {
    const added = planned.filter(({ group }) => group.pool === pool).length
    if (added === 0) return []
    scaleByItself(pool, (pool.props.count ?? 0) + added)
    return [{ cluster: cluster.name, pool: pool.name, added, failed: null }]
  })

interface ConfigMap {
  readonly data?: { readonly priorities?: string }
}

const PRIORITIES = '/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-priority-expander'

/** 'random' takes the first here, so that tests can say which; 'priority' reads its ConfigMap: the higher number wins. */
const expander = async ({ props }: ClusterRecord, { api }: Behind): Promise<Round['prefer']> => {
  const first: Round['prefer'] = (groups) => groups[0]
  if (Object(props.autoScalerProfile).expander !== 'priority') return first
  const found = await api.request<ConfigMap>('GET', PRIORITIES).catch((): ConfigMap => ({}))
  const priorities = Object.entries(Object(parse(found.data?.priorities ?? '')) as Record<string, readonly string[]>)
    .map(([number, patterns]) => ({ number: Number(number), patterns: patterns.map((each) => new RegExp(each)) }))
    .sort((a, b) => b.number - a.number)
  return (groups) => {
    for (const { patterns } of priorities) {
      const group = groups.find(({ pool }) => patterns.some((each) => each.test(`aks-${pool.name}-12345678-vmss`)))
      if (group !== undefined) return group
    }
    return groups[0]
  }
}
