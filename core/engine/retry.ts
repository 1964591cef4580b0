// Repeats a step that may be repeated: bounded attempts, doubling waits, and the wait that the target asked for.
import { isStormportError } from '../errors.ts'
import type { Clock } from '../ports.ts'

const ATTEMPTS = 5
const FIRST_WAIT_MS = 200
/** Tries that take long, because nobody answers, end sooner. */
const GIVE_UP_MS = 15_000

export const withRetry = async <T>(step: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> => {
  const startedMs = clock.now()
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await step()
    } catch (error) {
      signal.throwIfAborted()
      const waitMs = waitBefore(error, attempt)
      if (waitMs === null || clock.now() + waitMs - startedMs > GIVE_UP_MS) throw error
      await clock.sleep(waitMs, signal)
    }
  }
}

const waitBefore = (error: unknown, attempt: number): number | null => {
  if (!isStormportError(error) || attempt >= ATTEMPTS) return null
  if (error.code !== 'Throttled' && error.details.retry !== 'later') return null
  return error.details.retryAfterMs ?? FIRST_WAIT_MS * 2 ** (attempt - 1)
}
