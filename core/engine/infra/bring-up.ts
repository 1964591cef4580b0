// Brings the infrastructure of one target to its plan: waves in order, each when what it stands on is ready. Where the
// cloud is short of an instance type, the next candidate is taken and the reason is said; every step may be repeated after
// a crash, since what exists under our tags counts as done.
import { isStormportError } from '../../errors.ts'
import type { Fleet } from '../../model/fleet.ts'
import type { Action, Plan, Wave } from '../../model/plan.ts'
import { NOTHING_THERE, type ObservedObject } from '../../model/replica.ts'
import { barePlan } from '../../plan/index.ts'
import { applyWaves } from '../apply.ts'
import type { Running } from '../change.ts'
import type { Observed } from '../observe.ts'
import type { Settled } from '../settle.ts'
import { awaitInfra, type InfraSettled } from './await.ts'
import { type InfraLook, lookAtInfra } from './look.ts'
import { poolShortageKey, type Shortages, shortageKey } from './offers.ts'

export interface BringUp {
  readonly fleet: Fleet
  /** Shared by all attempts and targets of a run. */
  readonly shortages: Shortages
  readonly deadlineMs: number
  readonly override: boolean
  /** [] = everything of ours goes. */
  readonly purpose: 'declared' | 'destroy'
}

/**
 * 'ready' when nothing is left to do, or why not; what a step throws is thrown on when no other candidate helps. What only
 * shows when a step is done (a second minor of an upgrade, objects inside a new cluster) is planned anew.
 */
export const bringUp = async (first: InfraLook, input: BringUp, run: Running): Promise<Settled> => {
  let look = first
  for (let round = 1; ; round += 1) {
    const tried = await attemptOnce(look, input, run)
    const next = await nextLook(look, tried, input, run)
    if (next === null) return tried.kind === 'thrown' ? rethrow(tried.error) : tried.settled
    if (round === ROUNDS) return unending(next, input)
    look = next
  }
}

/** Upgrades go one minor at a time, and every pool may have to try several types. */
const ROUNDS = 12

/** null: this is how it ends. */
const nextLook = async (look: InfraLook, tried: Tried, input: BringUp, run: Running): Promise<InfraLook | null> => {
  if (tried.kind === 'settled' && tried.settled.kind === 'ready') {
    const next = await lookAgain(look, input, run)
    return infraPlan(next, input).actions.length === 0 ? null : next
  }
  if (tried.kind === 'settled' && tried.settled.kind !== 'failed') return null
  if (!noteShortage(look, tried, input, run)) return null
  const next = await lookAgain(look, input, run)
  return leavesPoolEmpty(look, next) ? null : next
}

const unending = (look: InfraLook, input: BringUp): Settled => {
  const names = infraPlan(look, input).actions.map((a) => a.id)
  return { kind: 'late', waiting: names, unhealthy: false, reason: `${names.join(', ')} will not settle`, logs: [] }
}

const rethrow = (error: unknown): never => {
  throw error
}

/** No candidate is left for a pool that had one: going on would quietly take the pool away. */
const leavesPoolEmpty = (before: InfraLook, next: InfraLook): boolean =>
  before.pools.some(
    (each) =>
      each.groups.length > 0 &&
      next.pools.some((other) => other.pool.name === each.pool.name && other.groups.length === 0),
  )

type Tried =
  | { readonly kind: 'settled'; readonly settled: Settled; readonly objects: readonly ObservedObject[] }
  | { readonly kind: 'thrown'; readonly error: unknown; readonly action: Action | null }

const attemptOnce = async (look: InfraLook, input: BringUp, run: Running): Promise<Tried> => {
  const plan = infraPlan(look, input)
  let action: Action | null = null
  try {
    const outputs = new Map(look.state.objects.flatMap((o) => (o.outputs === undefined ? [] : [[o.id, o.outputs]])))
    for (const wave of plan.waves) {
      const before = await awaitWave(look, wave, input, run)
      if (before.settled.kind !== 'ready') return { kind: 'settled', ...before }
      for (const object of before.objects) if (object.outputs !== undefined) outputs.set(object.id, object.outputs)
      await applyWaves(
        asObserved(look, (failing) => {
          action = failing
        }),
        { app: '', release: 0, rollback: false, override: input.override, waves: [wave], outputs },
        run.deps,
        run,
      )
      const gone = await awaitGone(look, wave, input, run)
      if (gone.settled.kind !== 'ready') return { kind: 'settled', ...gone }
    }
    return { kind: 'settled', ...(await awaitAll(look, input, run)) }
  } catch (error) {
    return { kind: 'thrown', error, action }
  }
}

/** The one differ, asked about this scope alone. */
export const infraPlan = (look: InfraLook, input: Pick<BringUp, 'override' | 'purpose'>): Plan =>
  barePlan({
    app: '',
    targets: [
      {
        target: look.target,
        state: {
          identity: look.state.account ?? '',
          reachable: look.state.reachable,
          complete: look.state.complete,
          because: look.state.because,
          observedAt: look.state.observedAt,
          facts: look.provider.assumedFacts(look.target),
          ...NOTHING_THERE,
          objects: look.state.objects,
        },
        rendered: input.purpose === 'destroy' ? [] : look.rendered,
        replaces: look.infrastructure.replaces,
        maxInFlight: look.provider.capabilities.maxInFlight,
        untouched: false,
      },
    ],
    removing: 'surplus',
    allowOverride: input.override,
  })

/** Steps go to the infrastructure side of the adapter; the last one that failed is remembered. */
const asObserved = (look: InfraLook, failed: (action: Action) => void): Pick<Observed, 'target' | 'provider'> => ({
  target: look.target,
  provider: {
    ...look.provider,
    apply: async (target, action, context) => {
      try {
        return await look.infrastructure.apply(target, action, context)
      } catch (error) {
        failed(action)
        throw error
      }
    },
  },
})

const READY: InfraSettled = { settled: { kind: 'ready' }, objects: [] }

const awaitWave = (look: InfraLook, wave: Wave, input: BringUp, run: Running): Promise<InfraSettled> | InfraSettled => {
  const ids = new Set(wave.actions.flatMap((a) => a.object?.awaits ?? []))
  const want = new Map(look.rendered.filter((object) => ids.has(object.id)).map((o) => [o.id, o.hash]))
  return want.size === 0 ? READY : awaitInfra(look, { want, gone: new Set(), ...limits(input) }, run)
}

/** What stands on it must be gone before the next is removed: clouds refuse the other order. */
const awaitGone = (look: InfraLook, wave: Wave, input: BringUp, run: Running): Promise<InfraSettled> | InfraSettled => {
  const gone = new Set(wave.actions.filter((a) => a.kind === 'remove').map((a) => a.id))
  return gone.size === 0 ? READY : awaitInfra(look, { want: new Map(), gone, ...limits(input) }, run)
}

const awaitAll = (look: InfraLook, input: BringUp, run: Running): Promise<InfraSettled> | InfraSettled => {
  const want = input.purpose === 'destroy' ? new Map() : new Map(look.rendered.map((o) => [o.id, o.hash]))
  return want.size === 0 ? READY : awaitInfra(look, { want, gone: new Set(), ...limits(input) }, run)
}

const limits = (input: BringUp) => ({ deadlineMs: input.deadlineMs, fleet: input.fleet })

const SHORT = new Set(['InsufficientCapacity', 'QuotaExceeded'])

/** Remembers the types of the group that could not be had; false: the failure is about something else. */
const noteShortage = (look: InfraLook, tried: Tried, input: BringUp, run: Running): boolean => {
  const short = shortOf(tried)
  if (short === null) return false
  const group = look.pools
    .flatMap((pool) => pool.groups.map((each) => ({ pool: pool.pool.name, group: each })))
    .find(({ pool, group: each }) => short.pool === pool && short.capacityType === each.capacityType)
  if (group === undefined) return false
  for (const offer of group.group.types) {
    input.shortages.set(shortageKey(offer), short.because)
    input.shortages.set(poolShortageKey(look.target.name, group.pool, offer), short.because)
  }
  run.say(
    'health',
    'SP-I4071',
    `pool ${group.pool}: ${group.group.types[0]?.instanceType}: ${short.because}; the next candidate is taken`,
    {
      target: look.target.name,
    },
  )
  return true
}

interface Short {
  readonly pool: string
  readonly capacityType: string
  readonly because: string
}

/** Pool groups say in their summary which pool and which way to buy they are (`pool`, `capacityType`). */
const shortOf = (tried: Tried): Short | null => {
  if (tried.kind === 'thrown') {
    if (!isStormportError(tried.error) || !SHORT.has(tried.error.code)) return null
    return shortFrom(tried.action?.object?.body, tried.error.message)
  }
  const failed = tried.objects.find((o) => o.readiness.state === 'failed' && SHORT.has(o.readiness.reason ?? ''))
  return failed === undefined ? null : shortFrom(failed.summary, failed.readiness.message ?? 'no capacity')
}

const shortFrom = (facts: unknown, because: string): Short | null => {
  if (typeof facts !== 'object' || facts === null || !('pool' in facts) || !('capacityType' in facts)) return null
  return { pool: String(facts.pool), capacityType: String(facts.capacityType), because }
}

const lookAgain = async (look: InfraLook, input: BringUp, run: Running): Promise<InfraLook> => {
  const looks = await lookAtInfra(
    { fleet: input.fleet, targets: [look.target], shortages: input.shortages },
    run.deps,
    run.signal,
  )
  return looks.get(look.target.name) ?? look
}
