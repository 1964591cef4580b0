// Who holds an app's lock on each target, told by the one thing that every target knows: whether the lease can be taken.
import { isStormportError } from '../errors.ts'
import type { EngineDeps, LockState, LocksReport, Subject } from './api.ts'
import { type Observed, observeStates } from './observe.ts'

/** Long enough to be given back, short enough to be harmless when we die in between. */
const TTL_MS = 5_000

/** Takes and gives back each lease, which also takes it from a holder that is gone; a target without the app has none. */
export const locksOf = async (
  subject: Subject,
  targets: readonly string[] | null,
  run: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<LocksReport> => {
  const asked = subject.fleet.targets.filter((target) => targets === null || targets.includes(target.name))
  const observed = await observeStates(asked, subject.app, run.deps, run.signal)
  return { locks: await Promise.all(observed.map((o) => lockState(o, subject.app, run.deps))) }
}

const lockState = async ({ target, provider, state }: Observed, app: string, deps: EngineDeps): Promise<LockState> => {
  if (!state.reachable) return { target: target.name, reachable: false, held: null, because: state.because }
  if (state.head === null && state.objects.length === 0)
    return { target: target.name, reachable: true, held: false, because: null }
  try {
    const lease = await provider.lease(target, app, deps.holder, TTL_MS)
    await lease.release()
    return { target: target.name, reachable: true, held: false, because: null }
  } catch (error) {
    if (!isStormportError(error) || error.code !== 'Conflict') throw error
    return { target: target.name, reachable: true, held: true, because: error.message }
  }
}
