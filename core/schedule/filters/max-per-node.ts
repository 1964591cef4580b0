// deploy.placement.max_replicas_per_node, counted over running and newly placed replicas.
import { replicasOf } from '../table.ts'
import type { Filter } from './filter.ts'

export const maxPerNode: Filter = {
  name: 'maxPerNode',
  reads: 'state',
  prepare: (table, cls) => {
    const max = cls.maxPerNode
    if (max === null || max <= 0) return null
    const replicas = replicasOf(table, cls.key)
    const count = (row: number): number => replicas.get(row) ?? 0
    return {
      fits: (row) => count(row) < max,
      explain: (row) => ({ reason: `max_replicas_per_node ${max} is reached`, detail: `runs ${count(row)}` }),
    }
  },
}
