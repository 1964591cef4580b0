// Pools of each target: its nodes grouped by what tells pools apart there, with what is free in each.
import type { Fleet, Target } from '../model/fleet.ts'
import type { NodeCapacity, Resources } from '../model/resources.ts'
import type { EngineDeps } from './api.ts'
import { type Observed, observeTargets } from './observe.ts'
import type { PoolReport, PoolsReport } from './reports.ts'
import { chosenTargets } from './status.ts'

export const poolsOf = async (
  fleet: Fleet,
  names: readonly string[] | null,
  run: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<PoolsReport> => {
  const observed = await observeTargets(chosenTargets(fleet, names), '', run.deps, run.signal)
  return { targets: observed.map(targetPools) }
}

const targetPools = ({ target, state, capacity }: Observed): PoolsReport['targets'][number] => ({
  target: target.name,
  provider: target.provider,
  reachable: state.reachable,
  because: state.because ?? (capacity.kind === 'unknown' ? capacity.because : null),
  pools: capacity.kind === 'known' ? poolReports(target, capacity.nodes) : [],
})

/** Pure. Declared pools without nodes are pools all the same: an autoscaler may be at zero. */
export const poolReports = (target: Target, nodes: readonly NodeCapacity[]): readonly PoolReport[] => {
  const groups = Map.groupBy(nodes, (node) => placeOf(node).name)
  const declared = target.pools.filter((pool) => pool.kind === 'nodes').map((pool) => pool.name)
  return [...new Set([...groups.keys(), ...declared])]
    .sort()
    .map((name) => report(target, name, groups.get(name) ?? []))
}

/** The marks of the well-known makers of pools; the kind of machine where there is no other. */
const POOL_LABELS = [
  'karpenter.sh/nodepool',
  'eks.amazonaws.com/nodegroup',
  'kubernetes.azure.com/agentpool',
  'agentpool',
  'cloud.google.com/gke-nodepool',
  'stormport.dev/pool',
  'node.kubernetes.io/instance-type',
]

const placeOf = ({ labels, pool }: NodeCapacity): { readonly name: string; readonly label: string | null } => {
  const label = POOL_LABELS.find((key) => (labels[key] ?? '') !== '')
  if (pool !== null) return { name: pool, label: label !== undefined && labels[label] === pool ? label : null }
  return label === undefined ? { name: 'default', label: null } : { name: labels[label] ?? 'default', label }
}

const report = (target: Target, name: string, nodes: readonly NodeCapacity[]): PoolReport => {
  const settings = target.pools.find((pool) => pool.name === name)?.settings ?? {}
  const first = nodes[0]
  return {
    name,
    label: first === undefined ? null : placeOf(first).label,
    nodes: nodes.length,
    cordoned: nodes.filter((node) => node.cordoned).length,
    zones: [...new Set(nodes.flatMap((node) => node.zone ?? []))].sort(),
    total: sum(nodes.map((node) => node.total)),
    // A node that takes no work has nothing free for anybody.
    free: sum(nodes.filter((node) => !node.cordoned).map((node) => node.free)),
    gpus: gpusOf(nodes),
    priceUsdPerHour: priceOf(target, nodes),
    min: numberOr(settings['min']),
    max: numberOr(settings['max']),
  }
}

const sum = (all: readonly Resources[]): Resources => ({
  cpuMillis: all.reduce((total, r) => total + r.cpuMillis, 0),
  memoryBytes: all.reduce((total, r) => total + r.memoryBytes, 0),
})

const gpusOf = (nodes: readonly NodeCapacity[]): PoolReport['gpus'] => {
  const cards = nodes.flatMap(({ gpus, cordoned }) =>
    gpus.map((g) => ({ model: g.model, free: !cordoned && g.freeShare === 1 })),
  )
  return [...Map.groupBy(cards, (card) => card.model)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([model, of]) => ({ model, total: of.length, free: of.filter((card) => card.free).length }))
}

const GIB = 2 ** 30

/** The nodes' own price where it is known, else what the target's `prices:` make of their size. */
const priceOf = ({ prices }: Target, nodes: readonly NodeCapacity[]): number | null => {
  const own = nodes.reduce((total, node) => total + node.priceUsdPerHour, 0)
  if (own > 0) return rounded(own)
  if (prices === null) return null
  const cards = nodes.flatMap((node) => node.gpus)
  const { cpuMillis, memoryBytes } = sum(nodes.map((node) => node.total))
  return rounded(
    (cpuMillis / 1000) * prices.cpuHour +
      (memoryBytes / GIB) * prices.memoryGiBHour +
      cards.reduce((total, card) => total + (prices.gpuHour[card.model] ?? 0), 0),
  )
}

const rounded = (usd: number): number => Math.round(usd * 10_000) / 10_000

const numberOr = (value: unknown): number | null => (typeof value === 'number' ? value : null)
