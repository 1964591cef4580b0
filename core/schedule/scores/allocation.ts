// How full the node would be: leastAllocated levels the load, mostAllocated packs it.
import type { NodeTable } from '../table.ts'
import type { ReplicaClass } from '../types.ts'
import { MAX_SCORE, type NodeScore, type Score, steps } from './score.ts'

export const leastAllocated: Score = {
  name: 'leastAllocated',
  prepare: (table, cls) => freeAfter(table, cls),
}

export const mostAllocated: Score = {
  name: 'mostAllocated',
  prepare: (table, cls) => {
    const free = freeAfter(table, cls)
    return (row) => MAX_SCORE - free(row)
  },
}

/** Mean free fraction of CPU and memory once the replica is there. */
const freeAfter = (table: NodeTable, cls: ReplicaClass): NodeScore => {
  const { freeCpu, freeMemory, totalCpu, totalMemory } = table
  const { cpuMillis, memoryBytes } = cls.requests
  return (row) => {
    const cpu = ((freeCpu[row] ?? 0) - cpuMillis) / Math.max(1, totalCpu[row] ?? 0)
    const memory = ((freeMemory[row] ?? 0) - memoryBytes) / Math.max(1, totalMemory[row] ?? 0)
    return steps((cpu + memory) / 2)
  }
}
