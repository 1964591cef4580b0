// What each pool of a target is made of. A group that stands and still fits is kept, whatever prices did meanwhile: nodes
// are not replaced for a cheaper type unless the user changes the pool.
import type { Pool } from '../model/fleet.ts'
import type { LivePool, PoolGroup, PoolPlan } from '../model/infra.ts'
import type { Refusal } from '../model/placement.ts'
import type { Offering } from '../model/resources.ts'
import { choosePool } from './choose.ts'
import { poolNeed } from './need.ts'

export interface PoolsInput {
  readonly target: string
  readonly pools: readonly Pool[]
  readonly offers: readonly Offering[]
  readonly live: readonly LivePool[]
}

export interface PlannedPool extends PoolPlan {
  /** Why types are out; with groups: what was passed over because the cloud is short of it. */
  readonly refusals: readonly Refusal[]
}

/** Types that one spot group may draw from; an on-demand group takes the first alone. */
const SPOT_TYPES = 4
/** A spot group's further types may cost so many times the first. */
const SPOT_SPREAD = 1.5

export const planPools = (input: PoolsInput): readonly PlannedPool[] =>
  input.pools.filter((pool) => pool.settings['existing'] === undefined).map((pool) => planPool(pool, input))

const planPool = (pool: Pool, input: PoolsInput): PlannedPool => {
  if (pool.kind === 'serverless') return { pool, groups: [], refusals: [] }
  const need = poolNeed(pool)
  const { candidates, refusals } = choosePool(need, input.target, input.offers)
  const groups = need.capacity.flatMap((capacityType) => {
    const fitting = candidates.filter((offer) => offer.capacityType === capacityType)
    const live = input.live.find((each) => each.pool === pool.name && each.capacityType === capacityType)
    return groupOf(capacityType, fitting, live) ?? []
  })
  return { pool, groups, refusals }
}

const groupOf = (
  capacityType: PoolGroup['capacityType'],
  fitting: readonly Offering[],
  live: LivePool | undefined,
): PoolGroup | null => {
  const [first] = fitting
  if (first === undefined) return null
  const kept = standing(fitting, live)
  if (kept.length > 0) return { capacityType, types: kept, because: `${kept[0]?.instanceType} stands and still fits` }
  const types = capacityType === 'spot' ? spread(fitting, first) : [first]
  return { capacityType, types, because: priceWords(first) }
}

/** The types of a group that stands, when all of them still fit. */
const standing = (fitting: readonly Offering[], live: LivePool | undefined): readonly Offering[] => {
  const types = (live?.instanceTypes ?? []).map((name) => fitting.find((offer) => offer.instanceType === name))
  return types.every((offer) => offer !== undefined) ? types : []
}

/** Near in price and not smaller, so that replicas that fit the first fit them all. */
const spread = (fitting: readonly Offering[], first: Offering): readonly Offering[] =>
  fitting
    .filter(
      (offer) =>
        (offer.priceUsdPerHour ?? Number.MAX_VALUE) <= (first.priceUsdPerHour ?? 0) * SPOT_SPREAD &&
        offer.resources.cpuMillis >= first.resources.cpuMillis &&
        offer.resources.memoryBytes >= first.resources.memoryBytes &&
        offer.gpus?.model === first.gpus?.model &&
        offer.gpus?.count === first.gpus?.count,
    )
    .concat(first)
    .filter((offer, i, all) => all.findIndex((other) => other.instanceType === offer.instanceType) === i)
    .sort((a, b) => Number(b === first) - Number(a === first))
    .slice(0, SPOT_TYPES)

const priceWords = (offer: Offering): string =>
  offer.priceUsdPerHour === null
    ? `${offer.instanceType} fits, its price is not known`
    : `${offer.instanceType} is the cheapest that fits: $${offer.priceUsdPerHour} an hour ${offer.capacityType}`
