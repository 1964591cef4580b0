// Nodes with fewer replicas of the same service first: losing a node should cost as few of them as possible.
import { replicasOf } from '../table.ts'
import { MAX_SCORE, type Score } from './score.ts'

export const replicaSpread: Score = {
  name: 'replicaSpread',
  prepare: (table, cls) => {
    const replicas = replicasOf(table, cls.key)
    return (row) => (replicas.size === 0 ? MAX_SCORE : MAX_SCORE - Math.min(MAX_SCORE, replicas.get(row) ?? 0))
  },
}
