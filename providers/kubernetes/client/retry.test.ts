// When a request is repeated.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ONCE, REQUEST, retryAfterOf, waitBefore } from './retry.ts'

const failure = { status: 503, retryAfterMs: null, attempt: 1, elapsedMs: 0 }

describe('repeating a request', () => {
  it.each([429, 502, 503, 504, null])('repeats after %s', (status) => {
    expect(waitBefore({ ...failure, status }, REQUEST, 0)).toBeGreaterThan(0)
  })
  it.each([400, 401, 403, 404, 409, 422])('takes %i as the last word', (status) => {
    expect(waitBefore({ ...failure, status }, REQUEST, 0)).toBeNull()
  })
  it('waits at least as long as the server asks', () => {
    expect(waitBefore({ ...failure, status: 429, retryAfterMs: 3_000 }, REQUEST, 0)).toBe(3_000)
  })
  it('gives up rather than wait past the deadline', () => {
    expect(waitBefore({ ...failure, retryAfterMs: 30_000 }, REQUEST, 0)).toBeNull()
  })
  it('tries a fault of the server twice and no more', () => {
    expect(waitBefore({ ...failure, status: 500 }, REQUEST, 0)).not.toBeNull()
    expect(waitBefore({ ...failure, status: 500, attempt: 2 }, REQUEST, 0)).toBeNull()
  })
  it.each([500, 502, 503, 504, null])('does not repeat after %s what may be done once only', (status) => {
    expect(waitBefore({ ...failure, status }, ONCE, 0)).toBeNull()
  })
  it('repeats what may be done once only when the server has not begun it', () => {
    expect(waitBefore({ ...failure, status: 429 }, ONCE, 0)).toBeGreaterThan(0)
  })
  it('ends, whatever the server says', () => {
    const answers = fc.array(fc.constantFrom(429, 500, 503), { minLength: 20, maxLength: 20 })
    fc.assert(
      fc.property(answers, fc.double({ min: 0, max: 1, noNaN: true }), (statuses, chance) => {
        const waits = statuses.map((status, i) => waitBefore({ ...failure, status, attempt: i + 1 }, REQUEST, chance))
        return waits.includes(null)
      }),
    )
  })
  it('reads seconds and dates', () => {
    expect(retryAfterOf('2', 0)).toBe(2_000)
    expect(retryAfterOf('Thu, 01 Jan 1970 00:00:05 GMT', 1_000)).toBe(4_000)
    expect(retryAfterOf('soon', 0)).toBeNull()
    expect(retryAfterOf(undefined, 0)).toBeNull()
  })
})
