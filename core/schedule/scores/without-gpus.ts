// Work that needs no GPU prefers nodes that have none.
import { MAX_SCORE, type Score } from './score.ts'

export const withoutGpus: Score = {
  name: 'withoutGpus',
  prepare: (table, cls) =>
    cls.gpu !== null || table.deviceFree.length === 0
      ? null
      : (row) => (table.deviceStart[row] === table.deviceStart[row + 1] ? MAX_SCORE : 0),
}
