// Work that needs no GPU prefers nodes that have none.
import { MAX_SCORE, type Score } from './score.ts'

export const withoutGpus: Score = {
  name: 'withoutGpus',
  prepare: (table, cls) => {
    const { deviceStart, deviceFree } = table
    if (cls.gpu !== null || deviceFree.length === 0) return null
    return Object.assign((row: number) => (deviceStart[row] === deviceStart[row + 1] ? MAX_SCORE : 0), {
      keepBest: (rows: Int32Array, size: number) => {
        let kept = 0
        for (let i = 0; i < size; i++) {
          const row = rows[i] ?? 0
          if (deviceStart[row] === deviceStart[row + 1]) rows[kept++] = row
        }
        return kept === 0 ? size : kept
      },
    })
  },
}
