// A host port is bound once on a node.
import type { Filter } from './filter.ts'

export const hostPorts: Filter = {
  name: 'hostPorts',
  reads: 'state',
  prepare: (table, cls) => {
    if (cls.hostPorts.length === 0) return null
    const taken = (row: number): string | undefined => cls.hostPorts.find((port) => table.hostPorts[row]?.has(port))
    return {
      fits: (row) => taken(row) === undefined,
      explain: (row) => ({ reason: `host port ${taken(row)} is taken`, detail: '' }),
    }
  },
}
