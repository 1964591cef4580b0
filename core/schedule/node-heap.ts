// A heap of table rows by score, highest first; equal scores by row, lowest first.
import type { NodeScore } from './scores/score.ts'

export interface NodeHeap {
  size(): number
  top(): number
  topScore(): number
  replaceTop(score: number): void
  pop(): void
}

export const createNodeHeap = (members: readonly number[], score: NodeScore): NodeHeap => {
  const rows = Int32Array.from(members)
  const scores = Float64Array.from(members, score)
  let size = rows.length
  const before = (a: number, b: number): boolean => {
    const difference = (scores[a] ?? 0) - (scores[b] ?? 0)
    return difference !== 0 ? difference > 0 : (rows[a] ?? 0) < (rows[b] ?? 0)
  }
  const swap = (a: number, b: number): void => {
    const row = rows[a] ?? 0
    const kept = scores[a] ?? 0
    rows[a] = rows[b] ?? 0
    scores[a] = scores[b] ?? 0
    rows[b] = row
    scores[b] = kept
  }
  const siftDown = (from: number): void => {
    for (let parent = from; ; ) {
      let first = parent
      for (let child = 2 * parent + 1; child <= 2 * parent + 2; child++)
        if (child < size && before(child, first)) first = child
      if (first === parent) return
      swap(parent, first)
      parent = first
    }
  }
  for (let parent = (size >> 1) - 1; parent >= 0; parent--) siftDown(parent)
  return {
    size: () => size,
    top: () => rows[0] ?? -1,
    topScore: () => scores[0] ?? 0,
    replaceTop: (next) => {
      scores[0] = next
      siftDown(0)
    },
    pop: () => {
      size--
      swap(0, size)
      siftDown(0)
    },
  }
}
