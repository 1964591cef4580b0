// Nodes with fewer replicas of the same service first: losing a node should cost as few of them as possible.
import { replicasOf } from '../table.ts'
import { keepHighest, MAX_SCORE, type Score } from './score.ts'

export const replicaSpread: Score = {
  name: 'replicaSpread',
  prepare: (table, cls) => {
    const replicas = replicasOf(table, cls.key)
    const score = (row: number): number =>
      replicas.size === 0 ? MAX_SCORE : MAX_SCORE - Math.min(MAX_SCORE, replicas.get(row) ?? 0)
    return Object.assign(score, {
      keepBest: (rows: Int32Array, size: number) => (replicas.size === 0 ? size : keepHighest(score, rows, size)),
    })
  },
}
