// Looks at the infrastructure of the targets that declare any, and decides what it shall be: pools from offerings, objects
// from the adapter. A used cluster without pools is never asked about.
import { type PlannedPool, planPools } from '../../catalog/pools.ts'
import type { Diagnostic } from '../../model/diagnostic.ts'
import type { Fleet, Target } from '../../model/fleet.ts'
import type { InfraState } from '../../model/infra.ts'
import type { NativeObject } from '../../model/native-object.ts'
import type { Infrastructure, Provider } from '../../ports.ts'
import type { EngineDeps } from '../api.ts'
import { askTarget } from '../silence.ts'
import { offersOf, poolShortageKey, type Shortages } from './offers.ts'

export interface InfraLook {
  readonly target: Target
  readonly provider: Provider
  readonly infrastructure: Infrastructure
  readonly state: InfraState
  readonly pools: readonly PlannedPool[]
  readonly rendered: readonly NativeObject[]
  readonly diagnostics: readonly Diagnostic[]
}

export type InfraLooks = ReadonlyMap<string, InfraLook>

/** What the user's file declares for it; pools that only name a group that exists declare nothing. */
export const declaresInfra = (target: Target): boolean =>
  target.settings['create'] !== undefined || target.pools.some((pool) => pool.settings['existing'] === undefined)

export interface InfraAsked {
  readonly fleet: Fleet
  readonly targets: readonly Target[]
  readonly shortages: Shortages
}

/** Targets that declared something once and no longer do are looked at too: what is ours there has to go. */
export const lookAtInfra = async (asked: InfraAsked, deps: EngineDeps, signal: AbortSignal): Promise<InfraLooks> => {
  const looks = await Promise.all(asked.targets.map((target) => lookAtOne(target, asked, { deps, signal })))
  return new Map(looks.flatMap((look) => (look === null ? [] : [[look.target.name, look] as const])))
}

const lookAtOne = async (
  target: Target,
  asked: InfraAsked,
  run: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<InfraLook | null> => {
  const provider = await run.deps.provider(target.provider)
  const { infrastructure } = provider
  // Without a fleet's name nothing can carry our tag, so nothing there can be ours.
  if (infrastructure === undefined || (asked.fleet.name === null && !declaresInfra(target))) return null
  const state = await seen(target, () => infrastructure.observe(target, asked.fleet, run.signal), run)
  const needsOffers = state.reachable && target.pools.some((pool) => pool.kind === 'nodes')
  const offers = needsOffers
    ? await offersOf({ target, provider, shortages: asked.shortages }, run.deps, run.signal)
    : []
  const pools = planPools({
    target: target.name,
    pools: target.pools,
    offers,
    live: state.pools,
    failed: (pool, instanceType, way) =>
      asked.shortages.has(poolShortageKey(target.name, pool, { instanceType, capacityType: way })),
  })
  const rendered =
    state.reachable && declaresInfra(target)
      ? infrastructure.render({ fleet: asked.fleet, target, pools, live: state })
      : []
  const diagnostics = [...state.diagnostics, ...(needsOffers ? emptyPools(target, pools) : [])]
  return { target, provider, infrastructure, state, pools, rendered, diagnostics }
}

/** A refusal of the cloud is said as it is: it must not look like a cluster that is not there. */
const seen = async (
  target: Target,
  ask: () => Promise<InfraState>,
  run: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<InfraState> => {
  const answer = await askTarget(target, ask, run.deps, run.signal)
  if (answer.kind === 'answer') return answer.value
  return {
    reachable: false,
    complete: false,
    because: answer.because,
    observedAt: new Date(run.deps.clock.now()).toISOString(),
    account: null,
    cluster: 'absent',
    objects: [],
    pools: [],
    diagnostics: [],
  }
}

const emptyPools = (target: Target, pools: readonly PlannedPool[]): readonly Diagnostic[] =>
  pools
    .filter((each) => each.pool.kind === 'nodes' && each.groups.length === 0)
    .map(
      (each): Diagnostic => ({
        code: 'SP2302',
        severity: 'error',
        message: `pool ${each.pool.name} of ${target.name}: no instance type fits: ${each.refusals
          .slice(0, 3)
          .map((r) => `${r.count} × ${r.reason}`)
          .join('; ')}`,
        hint: 'loosen the pool, allow on-demand, or name types with instances:',
        target: target.name,
        ...(target.span === null ? {} : { span: target.span }),
      }),
    )
