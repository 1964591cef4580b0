// Picks the best node for each replica of one class, exact over all nodes: the nodes stand in one heap per spread domain,
// and after a placement only the node that took the replica is judged again, for nothing else changed for this class.
import { type Binding, take } from './bind.ts'
import type { FilterContext } from './filters/filter.ts'
import { type Eligibility, eligibility } from './filters/registry.ts'
import { createNodeHeap, type NodeHeap } from './node-heap.ts'
import { levelsZones, type RankedScore, rankedScore, type ScoreContext } from './scores/registry.ts'
import { keepHighest } from './scores/score.ts'
import { type SpreadLevels, spreadLevels } from './spread.ts'
import { type NodeTable, replicasOf } from './table.ts'
import type { ReplicaClass } from './types.ts'

export interface RunContext extends FilterContext, ScoreContext {}

interface Search {
  readonly table: NodeTable
  readonly eligible: Eligibility
  readonly score: RankedScore
  readonly levels: SpreadLevels
}

/** Binds up to `count` replicas; fewer when no further node fits. The table holds them afterwards. */
export const selectNodes = (table: NodeTable, cls: ReplicaClass, count: number, context: RunContext): Binding[] => {
  const search: Search = {
    table,
    eligible: eligibility(table, cls, context),
    score: rankedScore(table, cls, context),
    levels: spreadLevels(table, cls, {
      zones: levelsZones(context.policy, cls),
      alone: count === 1 && replicasOf(table, cls.key).size === 0,
    }),
  }
  return count === 1 ? selectOne(search, cls) : selectMany(search, cls, count)
}

/** One replica: instead of building heaps, the rows are narrowed down to the best, one column after the other. */
const selectOne = ({ table, eligible, score, levels }: Search, cls: ReplicaClass): Binding[] => {
  const rows = table.candidates
  let size = levels.narrow(rows, eligible.collect(rows))
  for (const digit of score.digits) if (size > 1) size = digit.keepBest?.(rows, size) ?? keepHighest(digit, rows, size)
  return size === 0 ? [] : [take(table, cls, rows[0] ?? 0)]
}

const selectMany = (search: Search, cls: ReplicaClass, count: number): Binding[] => {
  const { table, levels } = search
  const bindings: Binding[] = []
  let heaps = buildHeaps(search)
  while (bindings.length < count) {
    const heap = bestHeap(heaps, levels)
    if (heap === undefined) break
    const binding = take(table, cls, heap.top())
    bindings.push(binding)
    levels.count(binding.row, 1)
    // The first replica of a new volume pins the rest: every other node is out.
    if (binding.pins.length > 0) heaps = buildHeaps(search)
    else if (search.eligible.fits(binding.row)) heap.replaceTop(search.score.of(binding.row))
    else heap.pop()
  }
  return bindings
}

const buildHeaps = ({ table, eligible, score, levels }: Search): NodeHeap[] => {
  const fitting = table.candidates.subarray(0, eligible.collect(table.candidates))
  const rows: number[][] = Array.from({ length: levels.leaves }, () => [])
  for (const row of fitting) rows[levels.leafOf[row] ?? 0]?.push(row)
  return rows.map((of) => createNodeHeap(of, score.of))
}

const bestHeap = (heaps: readonly NodeHeap[], levels: SpreadLevels): NodeHeap | undefined => {
  let best: NodeHeap | undefined
  for (const heap of heaps) {
    if (heap.size() === 0) continue
    const order =
      best === undefined
        ? -1
        : levels.compare(heap.top(), best.top()) || best.topScore() - heap.topScore() || heap.top() - best.top()
    if (order < 0) best = heap
  }
  return best
}
