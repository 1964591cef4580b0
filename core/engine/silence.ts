// Which targets have just been waited for in vain. One command asks its targets several times; it waits for a dead one
// once, so that nobody stalls longer than the five seconds of DESIGN section 5.
import { isStormportError, type StormportError } from '../errors.ts'
import type { Target } from '../model/fleet.ts'
import type { Provider } from '../ports.ts'
import type { EngineDeps } from './api.ts'

/** Connect and first answer. */
export const ANSWER_MS = 5_000

export interface Silence {
  readonly because: string
  /** When the adapter could tell why. */
  readonly error: StormportError | null
}

export interface Silences {
  /** Of this target, as long as it is fresh. */
  of(target: Target, nowMs: number): Silence | null
  add(target: Target, nowMs: number, silence: Silence): void
}

/** A refusal comes at once and is asked for again each time; only what costs time is remembered. */
const SLOW_MS = 1_000
const FRESH_MS = 10_000

export const createSilences = (): Silences => {
  const known = new Map<string, { readonly atMs: number; readonly silence: Silence }>()
  const keyOf = ({ name, provider, settings }: Target): string => JSON.stringify([name, provider, settings])
  return {
    of: (target, nowMs) => {
      const found = known.get(keyOf(target))
      return found !== undefined && nowMs - found.atMs < FRESH_MS ? found.silence : null
    },
    add: (target, nowMs, silence) => void known.set(keyOf(target), { atMs: nowMs, silence }),
  }
}

export type Answer<T> = { readonly kind: 'answer'; readonly value: T } | ({ readonly kind: 'silent' } & Silence)

/** Signs in first: a person who is asked takes the time that he takes. */
export const askSignedIn = async <T>(
  { provider, target }: { readonly provider: Provider; readonly target: Target },
  ask: (signal: AbortSignal) => Promise<T>,
  deps: EngineDeps,
  signal: AbortSignal,
): Promise<Answer<T>> => {
  try {
    await provider.signIn?.(target, signal)
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'silent', ...silenceOf(error) }
  }
  return askTarget(target, ask, deps, signal)
}

/** What the target answers in time; its silence, and every fault that the adapter names, is an answer too. */
export const askTarget = async <T>(
  target: Target,
  ask: (signal: AbortSignal) => Promise<T>,
  deps: EngineDeps,
  signal: AbortSignal,
): Promise<Answer<T>> => {
  const startedMs = deps.clock.now()
  const known = deps.silences?.of(target, startedMs) ?? null
  if (known !== null) return { kind: 'silent', ...known }
  try {
    return { kind: 'answer', value: await ask(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])) }
  } catch (error) {
    signal.throwIfAborted()
    const silence = silenceOf(error)
    const nowMs = deps.clock.now()
    if (nowMs - startedMs >= SLOW_MS) deps.silences?.add(target, nowMs, silence)
    return { kind: 'silent', ...silence }
  }
}

const silenceOf = (error: unknown): Silence => {
  if (isStormportError(error)) return { because: error.message, error }
  if (isAbort(error)) return { because: `no answer in ${ANSWER_MS / 1000} s`, error: null }
  throw error
}

export const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')
