// Compare-and-set over a line that may break: an answer that got lost is looked up, so that our own write is never taken for
// that of somebody else, and what did not happen is tried again.
import { isStormportError } from '../../core/errors.ts'
import type { ApiRequest, Outcome } from './client/api.ts'
import { ONCE } from './client/retry.ts'
import type { Cluster } from './cluster.ts'
import { asObject, type RawObject } from './raw.ts'

export interface Write {
  readonly request: ApiRequest
  /** Where the object is read. */
  readonly path: string
  /** What is there is what this write would have put there. */
  readonly isDone: (live: RawObject) => boolean
}

const ATTEMPTS = 3

export const askOnce = async (cluster: Cluster, write: Write, signal: AbortSignal): Promise<Outcome> => {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await tried(cluster, write, signal)
    if (answer.kind === 'answered' && isClear(answer.outcome, attempt)) return answer.outcome
    const seen = await cluster.api.ask({ method: 'GET', path: write.path }, signal)
    if (seen.ok && write.isDone(asObject(seen.body))) return seen
    const isLast = attempt >= ATTEMPTS
    if (answer.kind === 'broken' && isLast) throw answer.cause
    if (answer.kind === 'answered' && (isLast || !isFault(answer.outcome))) return answer.outcome
  }
}

type Tried =
  | { readonly kind: 'answered'; readonly outcome: Outcome }
  | { readonly kind: 'broken'; readonly cause: unknown }

const tried = async (cluster: Cluster, { request }: Write, signal: AbortSignal): Promise<Tried> => {
  try {
    return { kind: 'answered', outcome: await cluster.api.ask({ ...request, retry: ONCE }, signal) }
  } catch (cause) {
    if (signal.aborted || !isStormportError(cause) || cause.code !== 'Unreachable') throw cause
    return { kind: 'broken', cause }
  }
}

/** "Already there" after a try whose answer was lost may be our own. */
const isClear = (outcome: Outcome, attempt: number): boolean =>
  outcome.ok || (!isFault(outcome) && (attempt === 1 || outcome.refusal.status !== 409))

const isFault = (outcome: Outcome): boolean => !outcome.ok && outcome.refusal.status >= 500
