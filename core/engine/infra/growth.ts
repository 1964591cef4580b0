// What place may count on where pools can grow: the nodes that stand, and after them those that the pools may still get.
import { growthNodes } from '../../catalog/growth.ts'
import type { Capacity } from '../../model/resources.ts'
import type { Observed } from '../observe.ts'

export const withGrowth = ({ capacity, infra }: Pick<Observed, 'capacity' | 'infra'>): Capacity => {
  if (infra === undefined) return capacity
  const nodes = growthNodes(infra.pools, infra.state.pools)
  // Of a cluster that is not there yet nothing stands, and all that it can get is known.
  if (capacity.kind === 'known') return { kind: 'known', nodes: [...capacity.nodes, ...nodes] }
  return nodes.length > 0 && infra.state.cluster !== 'ready' ? { kind: 'known', nodes } : capacity
}
