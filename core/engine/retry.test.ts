// Repeating a step: as often as the target may need, never for long.
import { describe, expect, it } from 'vitest'
import { StormportError } from '../errors.ts'
import type { Clock } from '../ports.ts'
import { withRetry } from './retry.ts'

const never = new AbortController().signal

/** Time passes by waiting, and by each try. */
const virtual = (tryMs: number) => {
  let nowMs = 0
  let tries = 0
  const waits: number[] = []
  const clock: Clock = {
    now: () => nowMs,
    sleep: async (ms) => {
      waits.push(ms)
      nowMs += ms
    },
  }
  const failing = (error: Error) => async (): Promise<never> => {
    tries += 1
    nowMs += tryMs
    throw error
  }
  return { clock, waits, failing, tries: () => tries, now: () => nowMs }
}

const later = new StormportError('Unreachable', 'it does not answer', { retry: 'later' })

describe('a step that fails', () => {
  it('for a moment is tried five times with doubling waits', async () => {
    const v = virtual(0)
    await expect(withRetry(v.failing(later), v.clock, never)).rejects.toBe(later)
    expect(v.waits).toEqual([200, 400, 800, 1600])
  })
  it('because nobody answers is not tried until the patience of the user ends', async () => {
    const v = virtual(6_000)
    await expect(withRetry(v.failing(later), v.clock, never)).rejects.toBe(later)
    expect(v.tries()).toBe(3)
    expect(v.now()).toBeLessThan(20_000)
  })
  it('for good is tried once', async () => {
    const v = virtual(0)
    const foreign = new StormportError('Foreign', 'it belongs to somebody else')
    await expect(withRetry(v.failing(foreign), v.clock, never)).rejects.toBe(foreign)
    expect(v.tries()).toBe(1)
  })
  it('waits as long as the target asks', async () => {
    const v = virtual(0)
    const busy = new StormportError('Throttled', 'too many requests', { retryAfterMs: 3_000 })
    await expect(withRetry(v.failing(busy), v.clock, never)).rejects.toBe(busy)
    expect(v.waits).toEqual([3_000, 3_000, 3_000, 3_000])
  })
})
