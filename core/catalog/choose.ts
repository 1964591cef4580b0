// Which instance types a pool is made of: those that fit, in the order in which they are tried. First by the pool's own
// order of ways to buy, then by price, then by what would lie idle, then by name: same input, same list.
import type { Refusal } from '../model/placement.ts'
import type { Offering } from '../model/resources.ts'
import { misfit } from './fit.ts'
import type { PoolNeed } from './types.ts'

export interface PoolChoice {
  readonly pool: string
  /** In the order in which they are tried; empty: nothing fits. */
  readonly candidates: readonly Offering[]
  /** Why the others are out: first those that would fit and cannot be had, with the cloud's own reason, then the rest by number. */
  readonly refusals: readonly Refusal[]
}

/** The candidates that are available and priced come first; one without a price is a last resort, never the cheapest. */
export const choosePool = (need: PoolNeed, target: string, offers: readonly Offering[]): PoolChoice => {
  const judged = offers.map((offer) => judge(need, offer))
  const fitting = judged.filter((each) => each.why === null).map((each) => each.offer)
  return {
    pool: need.pool,
    candidates: fitting.sort((a, b) => compareOffers(need, a, b)),
    refusals: tally(target, judged),
  }
}

interface Judged {
  readonly offer: Offering
  /** null: it can be had and fits. */
  readonly why: string | null
  readonly fits: boolean
}

const judge = (need: PoolNeed, offer: Offering): Judged => {
  const why = misfit(need, offer)
  return { offer, why: why ?? (offer.available ? null : offer.because), fits: why === null }
}

const compareOffers = (need: PoolNeed, a: Offering, b: Offering): number =>
  preference(need, a) - preference(need, b) ||
  (a.priceUsdPerHour ?? Number.MAX_VALUE) - (b.priceUsdPerHour ?? Number.MAX_VALUE) ||
  idle(a) - idle(b) ||
  order(a.instanceType, b.instanceType) ||
  order(a.zone ?? '', b.zone ?? '')

/** What is owned already is paid: it comes before everything that must be bought. */
const preference = (need: PoolNeed, offer: Offering): number =>
  offer.capacityType === 'owned' ? -1 : need.capacity.indexOf(offer.capacityType)

/** Of equal prices the smaller node strands less when it stands half empty. */
const idle = (offer: Offering): number => offer.resources.cpuMillis + offer.resources.memoryBytes / 2 ** 20

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const LIMIT = 20

const tally = (target: string, judged: readonly Judged[]): readonly Refusal[] => {
  const groups = Map.groupBy(judged, (each) => each.why)
  return [...groups]
    .flatMap(([reason, each]) => (reason === null ? [] : [{ reason, each, rank: each[0]?.fits ? 0 : 1 }]))
    .sort((a, b) => a.rank - b.rank || b.each.length - a.each.length || order(a.reason, b.reason))
    .slice(0, LIMIT)
    .map(({ reason, each }) => ({ target, reason, count: each.length, example: firstName(each) }))
}

const firstName = (judged: readonly Judged[]): string => judged.map((each) => each.offer.instanceType).sort()[0] ?? ''
