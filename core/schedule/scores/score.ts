// What a score is: a wish about one class, asked of each node that passed the filters. Scores are coarse on purpose: small
// differences would scatter work over half-used nodes, and the fixed order of ties keeps whole nodes free.

import type { NodeTable } from '../table.ts'
import type { ReplicaClass } from '../types.ts'
import type { Workload } from '../workload.ts'

export const SCORE_STEPS = 1024
export const MAX_SCORE = SCORE_STEPS - 1

/** 0 … MAX_SCORE, whole numbers; higher is better. */
export interface NodeScore {
  (row: number): number
  /** The same wish about many: keeps the best at the front, in order, and says how many. Only where speed asks for it. */
  readonly keepBest?: (rows: Int32Array, size: number) => number
}

export interface Score {
  readonly name: string
  /** null: it has no opinion about this class. */
  prepare(table: NodeTable, cls: ReplicaClass, workload: Workload): NodeScore | null
}

/** 0 … 1 as steps. */
export const steps = (fraction: number): number => Math.min(MAX_SCORE, Math.max(0, Math.floor(fraction * SCORE_STEPS)))

/** Keeps the rows of the highest score at the front and says how many. */
export const keepHighest = (score: NodeScore, rows: Int32Array, size: number): number => {
  let highest = Number.NEGATIVE_INFINITY
  let kept = 0
  for (let i = 0; i < size; i++) {
    const row = rows[i] ?? 0
    const value = score(row)
    if (value > highest) {
      highest = value
      kept = 0
    }
    if (value === highest) rows[kept++] = row
  }
  return kept
}
