// Replicas that must not share a node, whichever of the two said so.
import type { Filter } from './filter.ts'

export const antiAffinity: Filter = {
  name: 'antiAffinity',
  reads: 'state',
  prepare: (table, cls, context) => {
    const avoid = context.avoid.get(cls.key) ?? cls.antiAffinity
    if (avoid.length === 0) return null
    const present = (row: number): string | undefined =>
      avoid.find((key) => (table.replicas.get(key)?.get(row) ?? 0) > 0)
    return {
      fits: (row) => present(row) === undefined,
      explain: (row) => ({ reason: `must not share a node with ${present(row)}`, detail: '' }),
    }
  },
}
