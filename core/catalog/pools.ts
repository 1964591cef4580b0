// What each pool of a target is made of. A group that stands and still fits is kept, whatever prices did meanwhile: nodes
// are not replaced for a cheaper type unless the user changes the pool.
import type { Pool } from '../model/fleet.ts'
import type { LivePool, PoolGroup, PoolPlan } from '../model/infra.ts'
import type { Refusal } from '../model/placement.ts'
import type { Offering } from '../model/resources.ts'
import { choosePool } from './choose.ts'
import { misfit } from './fit.ts'
import { poolNeed } from './need.ts'
import type { PoolNeed } from './types.ts'

export interface PoolsInput {
  readonly target: string
  readonly pools: readonly Pool[]
  readonly offers: readonly Offering[]
  readonly live: readonly LivePool[]
  /** Groups of a pool that could not get machines of the type in this run. */
  readonly failed?: (pool: string, instanceType: string, capacityType: PoolGroup['capacityType']) => boolean
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
    const kept = standing(need, capacityType, input)
    if (kept.length > 0) return { capacityType, types: kept, because: `${kept[0]?.instanceType} stands and still fits` }
    return (
      newGroup(
        capacityType,
        candidates.filter((offer) => offer.capacityType === capacityType),
      ) ?? []
    )
  })
  return { pool, groups, refusals }
}

const newGroup = (capacityType: PoolGroup['capacityType'], fitting: readonly Offering[]): PoolGroup | null => {
  const [first] = fitting
  if (first === undefined) return null
  const types = capacityType === 'spot' ? spread(fitting, first) : [first]
  return { capacityType, types, because: priceWords(first) }
}

/**
 * The types of a group that stands, when all of them still fit the pool. Whether they could be bought today does not count:
 * nobody's nodes are taken away because a price list or a quota has changed. Only a group that could not get its machines
 * gives way.
 */
const standing = (
  need: PoolNeed,
  capacityType: PoolGroup['capacityType'],
  { live, offers, target, failed }: PoolsInput,
): readonly Offering[] => {
  const group = live.find((each) => each.pool === need.pool && each.capacityType === capacityType)
  const types = (group?.instanceTypes ?? []).map((instanceType) => {
    if (failed?.(need.pool, instanceType, capacityType) === true) return null
    const known = offers.find((offer) => offer.instanceType === instanceType && offer.capacityType === capacityType)
    if (known === undefined) return unknownType(need, { instanceType, capacityType, target })
    return misfit(need, known) === null ? known : null
  })
  return types.every((offer) => offer !== null) ? types : []
}

/** A type that no list knows (any more) is what it was asked to be. */
const unknownType = (
  need: PoolNeed,
  of: { readonly instanceType: string; readonly capacityType: PoolGroup['capacityType']; readonly target: string },
): Offering => ({
  ...of,
  pool: need.pool,
  region: '',
  zone: null,
  resources: need.nominal,
  arch: need.arch,
  gpus:
    need.gpu === null
      ? null
      : { model: need.gpu.models[0] ?? '', count: need.gpu.count, memoryBytes: need.gpu.minMemoryBytes },
  priceUsdPerHour: null,
  available: true,
  because: 'it stands; no list knows it',
  asOf: '',
  source: 'observed',
})

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
