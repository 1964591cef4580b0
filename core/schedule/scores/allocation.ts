// How full the node would be: leastAllocated levels the load, mostAllocated packs it.
import type { Resources } from '../../model/resources.ts'
import type { NodeTable } from '../table.ts'
import type { ReplicaClass } from '../types.ts'
import { MAX_SCORE, SCORE_STEPS, type Score, steps } from './score.ts'

export const leastAllocated: Score = {
  name: 'leastAllocated',
  prepare: (table, cls) =>
    Object.assign(freeAfter(table, cls), {
      keepBest: (rows: Int32Array, size: number) => keepEmptiest(table, cls.requests, { rows, size }),
    }),
}

export const mostAllocated: Score = {
  name: 'mostAllocated',
  prepare: (table, cls) => {
    const free = freeAfter(table, cls)
    return (row) => MAX_SCORE - free(row)
  },
}

/** Mean free fraction of CPU and memory once the replica is there. */
const freeAfter = (table: NodeTable, cls: ReplicaClass): ((row: number) => number) => {
  const { freeCpu, freeMemory, totalCpu, totalMemory } = table
  const { cpuMillis, memoryBytes } = cls.requests
  return (row) => {
    const cpu = ((freeCpu[row] ?? 0) - cpuMillis) / Math.max(1, totalCpu[row] ?? 0)
    const memory = ((freeMemory[row] ?? 0) - memoryBytes) / Math.max(1, totalMemory[row] ?? 0)
    return steps((cpu + memory) / 2)
  }
}

/** The rows of the highest `freeAfter`, worked out in place: this is half of what a replica of its own kind costs. */
const keepEmptiest = (
  { freeCpu, freeMemory, totalCpu, totalMemory }: NodeTable,
  { cpuMillis, memoryBytes }: Resources,
  { rows, size }: { readonly rows: Int32Array; readonly size: number },
): number => {
  let best = 0
  let kept = 0
  for (let i = 0; i < size; i++) {
    const row = rows[i] ?? 0
    const cpu = ((freeCpu[row] ?? 0) - cpuMillis) / Math.max(1, totalCpu[row] ?? 0)
    const memory = ((freeMemory[row] ?? 0) - memoryBytes) / Math.max(1, totalMemory[row] ?? 0)
    const fraction = (cpu + memory) / 2
    // Most rows are out by this alone.
    if (best > 0 && fraction * SCORE_STEPS < best) continue
    const value = steps(fraction)
    if (value > best) kept = 0
    best = value
    rows[kept++] = row
  }
  return kept
}
