// When a request is sent again: what the server asks to repeat, what it could not do right now, and broken lines. All our
// requests may be repeated (reads, server-side apply, deletes by uid); those that may not say so.

export interface RetryRule {
  readonly attempts: number
  /** From the first try on. */
  readonly deadlineMs: number
  /** 'refused': only what the server has certainly not begun. */
  readonly repeats: 'all' | 'refused'
}

export const REQUEST: RetryRule = { attempts: 8, deadlineMs: 20_000, repeats: 'all' }
/** Creating what must not exist yet, and compare-and-set: a lost answer must not look like a lost race. */
export const ONCE: RetryRule = { ...REQUEST, repeats: 'refused' }

const FIRST_MS = 100
const LONGEST_MS = 5_000
const REPEATABLE: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])

export interface Failure {
  /** null: the line broke. */
  readonly status: number | null
  readonly retryAfterMs: number | null
  /** 1 for the first try. */
  readonly attempt: number
  readonly elapsedMs: number
}

/** Milliseconds to wait before the next try, or null for none. `chance` is 0…1. */
export const waitBefore = (failure: Failure, rule: RetryRule, chance: number): number | null => {
  const { status, retryAfterMs, attempt, elapsedMs } = failure
  if (attempt >= rule.attempts) return null
  if (status !== null && !REPEATABLE.has(status)) return null
  if (rule.repeats === 'refused' && status !== 429) return null
  // A 500 without the server's own request to come back is a fault more often than a moment: two tries.
  if (status === 500 && retryAfterMs === null && attempt >= 2) return null
  const backOff = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1))
  const waitMs = (retryAfterMs ?? backOff / 2) + (backOff / 2) * chance
  return elapsedMs + waitMs > rule.deadlineMs ? null : waitMs
}

/** Seconds or an HTTP date. */
export const retryAfterOf = (header: string | undefined, nowMs: number): number | null => {
  if (header === undefined || header === '') return null
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}
