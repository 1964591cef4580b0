import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMark, minMarkGapMs, parseMarks, timeOf } from './log-times.ts'

describe('times of log lines', () => {
  it('are those of the first mark that covers the line', () => {
    const marks = [
      { offset: 10, atMs: 100 },
      { offset: 20, atMs: 200 },
    ]
    expect([1, 10, 11, 20, 21].map((end) => timeOf(marks, end, 300))).toEqual([100, 100, 200, 200, 300])
    expect(timeOf(marks, 21, 50)).toBe(200)
    expect(timeOf([], 5, 300)).toBe(300)
  })

  it('survive a torn write and a clock that went back', () => {
    expect(parseMarks('10 100\n20 90\n30 120\n40')).toEqual([
      { offset: 10, atMs: 100 },
      { offset: 30, atMs: 120 },
    ])
  })

  it('never go backwards along the file', () => {
    const step = fc.record({ offset: fc.integer({ min: 0, max: 1000 }), atMs: fc.integer({ min: 0, max: 1000 }) })
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 0, max: 2000 }), (steps, fallback) => {
        const marks = parseMarks(steps.map(formatMark).join(''))
        const times = Array.from({ length: 1001 }, (_, end) => timeOf(marks, end, fallback))
        for (let end = 1; end < times.length; end += 1) expect(times[end]).toBeGreaterThanOrEqual(times[end - 1] ?? 0)
      }),
      { numRuns: 50 },
    )
  })

  it('are coarser in a log that grows all the time', () => {
    expect(minMarkGapMs(0)).toBeLessThan(minMarkGapMs(5000))
    expect(minMarkGapMs(5000)).toBeLessThan(minMarkGapMs(20_000))
  })
})
