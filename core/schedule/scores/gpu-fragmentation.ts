// Takes the node where the least free GPU turns into fragments: packs GPU work, and keeps CPU-only work off the nodes whose
// cards it would strand.
import { fragmentationGrowth } from '../fragmentation.ts'
import { keepHighest, MAX_SCORE, SCORE_STEPS, type Score } from './score.ts'

/** One step is a tenth of a card: finer differences are noise of the estimate. */
const UNITS_PER_STEP = 100

/** Nothing gained, nothing lost. */
const NEUTRAL = SCORE_STEPS / 2

export const gpuFragmentation: Score = {
  name: 'gpuFragmentation',
  prepare: (table, cls, workload) => {
    if (table.deviceFree.length === 0) return null
    const growth = fragmentationGrowth(table, cls, workload)
    const { deviceStart } = table
    const score = (row: number): number => {
      if (deviceStart[row] === deviceStart[row + 1]) return NEUTRAL
      return Math.min(MAX_SCORE, Math.max(0, NEUTRAL - Math.round(growth(row) / UNITS_PER_STEP)))
    }
    return Object.assign(score, {
      keepBest: (rows: Int32Array, size: number) =>
        haveNoDevices(deviceStart, rows, size) ? size : keepHighest(score, rows, size),
    })
  },
}

const haveNoDevices = (deviceStart: Int32Array, rows: Int32Array, size: number): boolean => {
  for (let i = 0; i < size; i++) {
    const row = rows[i] ?? 0
    if (deviceStart[row] !== deviceStart[row + 1]) return false
  }
  return true
}
