// Looks at all targets at once. A target that does not answer in time is unreachable, never empty; one that refuses us
// keeps the reason, so that the exit code can tell the two apart.
import { isStormportError, StormportError } from '../errors.ts'
import type { Target } from '../model/fleet.ts'
import { NOTHING_THERE, type TargetState } from '../model/replica.ts'
import type { Capacity } from '../model/resources.ts'
import type { Provider } from '../ports.ts'
import type { EngineDeps } from './api.ts'
import type { InfraLook } from './infra/look.ts'
import { askSignedIn, isAbort } from './silence.ts'

export interface Observed {
  readonly target: Target
  readonly provider: Provider
  readonly state: TargetState
  readonly capacity: Capacity
  /** Why it is not reachable, when the adapter could tell. */
  readonly error: StormportError | null
  /** What stands under the apps there, where that was looked at too. */
  readonly infra?: InfraLook
}

export const unreachableState = (provider: Provider, target: Target, because: string, now: number): TargetState => ({
  identity: '',
  reachable: false,
  complete: false,
  because,
  observedAt: new Date(now).toISOString(),
  facts: provider.assumedFacts(target),
  ...NOTHING_THERE,
})

/** State and what is free there, as placing needs them. */
export const observeTarget = (target: Target, app: string, deps: EngineDeps, signal: AbortSignal): Promise<Observed> =>
  look(target, { app, deps, withCapacity: true }, signal)

export const observeTargets = (
  targets: readonly Target[],
  app: string,
  deps: EngineDeps,
  signal: AbortSignal,
): Promise<readonly Observed[]> => Promise.all(targets.map((target) => observeTarget(target, app, deps, signal)))

/** State alone, for verbs that place nothing: quicker, and a control plane with nothing to tell is not started for it. */
export const observeStates = (
  targets: readonly Target[],
  app: string,
  deps: EngineDeps,
  signal: AbortSignal,
): Promise<readonly Observed[]> =>
  Promise.all(targets.map((target) => look(target, { app, deps, withCapacity: false }, signal)))

interface Look {
  readonly app: string
  readonly deps: EngineDeps
  readonly withCapacity: boolean
}

const look = async (target: Target, { app, deps, withCapacity }: Look, signal: AbortSignal): Promise<Observed> => {
  const provider = await deps.provider(target.provider)
  const seen = await askSignedIn(
    { provider, target },
    async (bounded) => {
      const state = await provider.observe(target, app, bounded)
      const capacity = await capacityFor(state, () =>
        withCapacity ? capacityOf(provider, target, bounded) : unknownCapacity('not asked'),
      )
      return { state, capacity }
    },
    deps,
    signal,
  )
  if (seen.kind === 'answer') return { target, provider, ...seen.value, error: null }
  const { because, error } = seen
  const state = unreachableState(provider, target, because, deps.clock.now())
  return { target, provider, state, capacity: unknownCapacity(because), error }
}

const capacityFor = async (state: TargetState, ask: () => Capacity | Promise<Capacity>): Promise<Capacity> =>
  state.reachable ? ask() : unknownCapacity('the target is not reachable')

const unknownCapacity = (because: string): Capacity => ({ kind: 'unknown', because })

const capacityOf = async (provider: Provider, target: Target, signal: AbortSignal): Promise<Capacity> => {
  try {
    return await provider.capacity(target, signal)
  } catch (error) {
    if (isStormportError(error) || isAbort(error))
      return unknownCapacity(error instanceof Error ? error.message : 'no answer')
    throw error
  }
}

/** `names`: those that are meant; null: all. */
export const throwIfNoneAnswers = (observed: readonly Observed[], names: readonly string[] | null): void => {
  const meant = observed.filter((o) => names === null || names.includes(o.target.name))
  if (meant.length === 0 || meant.some((o) => o.state.reachable)) return
  const first = meant.find((o) => o.error !== null)?.error
  if (first) throw first
  throw new StormportError(
    'Unreachable',
    `no target answers: ${meant.map((o) => `${o.target.name} (${o.state.because ?? 'no answer'})`).join(', ')}`,
    { diagnostic: 'SP3001', source: 'target', hint: 'stormport target check' },
  )
}
