// CPU and memory that are free on the node.
import type { Resources } from '../../model/resources.ts'
import type { NodeTable } from '../table.ts'
import { cpus, gib } from '../words.ts'
import type { Filter } from './filter.ts'

export const resources: Filter = {
  name: 'resources',
  reads: 'state',
  prepare: (table, cls) => {
    const { cpuMillis, memoryBytes } = cls.requests
    const { freeCpu, freeMemory } = table
    return {
      fits: (row) => (freeCpu[row] ?? 0) >= cpuMillis && (freeMemory[row] ?? 0) >= memoryBytes,
      narrow: (rows, size) => keepWithRoom(table, cls.requests, { rows, size }),
      explain: (row) => {
        const total = table.nodes[row]?.total
        return (freeCpu[row] ?? 0) < cpuMillis
          ? {
              reason: `not enough CPU; needs ${cpus(cpuMillis)}`,
              detail: `${cpus(freeCpu[row] ?? 0)} free of ${cpus(total?.cpuMillis ?? 0)}`,
            }
          : {
              reason: `not enough memory; needs ${gib(memoryBytes)}`,
              detail: `${gib(freeMemory[row] ?? 0)} free of ${gib(total?.memoryBytes ?? 0)}`,
            }
      },
    }
  },
}

const keepWithRoom = (
  { freeCpu, freeMemory }: NodeTable,
  { cpuMillis, memoryBytes }: Resources,
  { rows, size }: { readonly rows: Int32Array; readonly size: number },
): number => {
  let kept = 0
  for (let i = 0; i < size; i++) {
    const row = rows[i] ?? 0
    if ((freeCpu[row] ?? 0) >= cpuMillis && (freeMemory[row] ?? 0) >= memoryBytes) rows[kept++] = row
  }
  return kept
}
