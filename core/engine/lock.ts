// One writer per app and target: leases taken in target name order, renewed while held, waited for up to --lock-wait.
import { isStormportError, StormportError } from '../errors.ts'
import type { Target } from '../model/fleet.ts'
import type { Lease } from '../ports.ts'
import type { EngineDeps } from './api.ts'
import type { Say } from './say.ts'

const TTL_MS = 15_000
const RENEW_MS = 5_000
const POLL_MS = 250

export interface LockInput {
  readonly app: string
  readonly targets: readonly Target[]
  readonly waitMs: number
}

/** Runs `work` while the app is locked on all targets. The work's signal ends when a lease is lost. */
export const withLocks = async <T>(
  input: LockInput,
  deps: EngineDeps,
  work: {
    readonly say: Say
    readonly signal: AbortSignal
    readonly run: (signal: AbortSignal, held: readonly Lease[]) => Promise<T>
  },
): Promise<T> => {
  const held: Lease[] = []
  const lost = new AbortController()
  const stop = new AbortController()
  try {
    for (const target of [...input.targets].sort((a, b) => (a.name < b.name ? -1 : 1)))
      held.push(await take(target, input, deps, work))
    const renewing = renewAll(held, deps, { stop: stop.signal, lost })
    const answer = await work.run(AbortSignal.any([work.signal, lost.signal]), held)
    stop.abort()
    await renewing
    return answer
  } finally {
    stop.abort()
    await Promise.allSettled(held.map((lease) => lease.release()))
  }
}

const take = async (
  target: Target,
  input: LockInput,
  deps: EngineDeps,
  work: { readonly say: Say; readonly signal: AbortSignal },
): Promise<Lease> => {
  const provider = await deps.provider(target.provider)
  const deadline = deps.clock.now() + input.waitMs
  let told = false
  for (;;) {
    try {
      return await provider.lease(target, input.app, deps.holder, TTL_MS)
    } catch (error) {
      if (!isStormportError(error) || error.code !== 'Conflict') throw error
      if (deps.clock.now() >= deadline) throw lockedError(input.app, target.name, error)
      if (!told)
        work.say('lock', 'SP-I3100', `waiting for the lock on ${target.name}: ${error.message}`, {
          target: target.name,
        })
      told = true
      await deps.clock.sleep(POLL_MS, work.signal)
    }
  }
}

const lockedError = (app: string, target: string, cause: StormportError): StormportError =>
  new StormportError('Locked', `${app} is locked on ${target}: ${cause.message}`, {
    diagnostic: 'SP3101',
    source: 'target',
    target,
    hint: 'wait for the other command, or pass a longer --lock-wait',
    cause,
  })

const renewAll = async (
  held: readonly Lease[],
  deps: EngineDeps,
  until: { readonly stop: AbortSignal; readonly lost: AbortController },
): Promise<void> => {
  while (!until.stop.aborted) {
    await deps.clock.sleep(RENEW_MS, until.stop).catch(() => undefined)
    if (until.stop.aborted) return
    const renewed = await Promise.allSettled(held.map((lease) => lease.renew()))
    if (renewed.some((r) => r.status === 'rejected' && isStormportError(r.reason) && r.reason.code === 'Conflict')) {
      until.lost.abort(
        new StormportError('Locked', 'the lock was taken over by another command', {
          diagnostic: 'SP3102',
          source: 'target',
          hint: 'run again',
        }),
      )
      return
    }
  }
}
