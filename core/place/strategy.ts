// How a service's replicas are shared over its targets: in which order targets are filled, who gets the next replica, and
// who gives one up. Capacity is not its business; the caller says which targets are full.
import type { PlaceStrategy } from '../model/app.ts'
import type { Fleet, Target } from '../model/fleet.ts'
import type { Resources } from '../model/resources.ts'
import type { Member } from './member.ts'
import type { PlaceTarget } from './types.ts'

export interface Strategy {
  readonly kind: PlaceStrategy
  /** Preferred targets first. */
  readonly order: readonly string[]
  /** 0: gets nothing. */
  weight(target: string): number
}

export const strategyOf = (member: Member, fleet: Fleet, targets: readonly PlaceTarget[]): Strategy => {
  const place = member.service.extension.place
  const kind = place.strategy ?? fleet.place.strategy
  const weights = Object.keys(place.weights).length > 0 ? place.weights : fleet.place.weights
  const weighted = Object.keys(weights).length > 0
  const names = preferred(
    fleet.place.prefer,
    targets.map((target) => target.name),
  )
  return {
    kind,
    order: kind === 'cheapest' ? byPrice(names, priceOf(member, fleet, targets)) : names,
    weight: (target) => (kind !== 'weighted' || !weighted ? 1 : Math.max(0, weights[target] ?? 0)),
  }
}

/** The next `count` replicas by target, on top of `counts`, over targets that are not full. */
export const distribute = (
  strategy: Strategy,
  counts: ReadonlyMap<string, number>,
  count: number,
  open: readonly string[],
): Map<string, number> => {
  const extra = new Map<string, number>()
  const candidates = strategy.order.filter((target) => open.includes(target) && strategy.weight(target) > 0)
  const [first] = candidates
  if (first === undefined) return extra
  if (strategy.kind === 'ordered' || strategy.kind === 'cheapest') return extra.set(first, count)
  for (let left = count; left > 0; left--) {
    const next = leastLoaded(strategy, candidates, (target) => (counts.get(target) ?? 0) + (extra.get(target) ?? 0))
    extra.set(next, (extra.get(next) ?? 0) + 1)
  }
  return extra
}

/** Which target gives up the next replica: the last in order, or the one that holds most for its weight. */
export const surplusTarget = (
  strategy: Strategy,
  counts: ReadonlyMap<string, number>,
  among: readonly string[],
): string | undefined => {
  const holding = strategy.order.filter((target) => among.includes(target) && (counts.get(target) ?? 0) > 0)
  if (strategy.kind === 'ordered' || strategy.kind === 'cheapest') return holding.at(-1)
  const load = (target: string): number =>
    (counts.get(target) ?? 0) / Math.max(strategy.weight(target), Number.MIN_VALUE)
  return holding.toSorted((a, b) => load(b) - load(a) || (a < b ? 1 : -1))[0]
}

/** Even, the remainder by target name; weights shift what even means. */
const leastLoaded = (strategy: Strategy, targets: readonly string[], held: (target: string) => number): string =>
  targets.reduce((best, target) => {
    const difference = (held(target) + 1) / strategy.weight(target) - (held(best) + 1) / strategy.weight(best)
    return difference < 0 || (difference === 0 && target < best) ? target : best
  })

const preferred = (prefer: readonly string[], names: readonly string[]): readonly string[] => [
  ...prefer.filter((name) => names.includes(name)),
  ...names.filter((name) => !prefer.includes(name)),
]

const byPrice = (names: readonly string[], price: (target: string) => number | null): readonly string[] =>
  names.toSorted(
    (a, b) =>
      (price(a) ?? Number.POSITIVE_INFINITY) - (price(b) ?? Number.POSITIVE_INFINITY) ||
      names.indexOf(a) - names.indexOf(b),
  )

const GIB = 1024 ** 3

/** USD an hour for one replica; null where neither prices nor node prices are known. This machine costs nothing more. */
export const priceOf =
  (member: Member, fleet: Fleet, targets: readonly PlaceTarget[]) =>
  (name: string): number | null => {
    const target = fleet.targets.find((each) => each.name === name)
    const place = targets.find((each) => each.name === name)
    const { requests, gpu } = member.service
    if (target?.prices)
      return listPrice(target.prices, requests, gpu === null ? null : { models: gpu.models, count: gpu.count })
    if (target?.here) return 0
    return place === undefined ? null : nodePrice(place, requests)
  }

const listPrice = (
  prices: NonNullable<Target['prices']>,
  requests: Resources,
  gpu: { readonly models: readonly string[]; readonly count: number } | null,
): number => {
  const models = Object.entries(prices.gpuHour).filter(
    ([model]) => gpu === null || gpu.models.length === 0 || gpu.models.includes(model),
  )
  const cheapest = models.length === 0 ? 0 : Math.min(...models.map(([, price]) => price))
  return (
    (requests.cpuMillis / 1000) * prices.cpuHour +
    (requests.memoryBytes / GIB) * prices.memoryGiBHour +
    (gpu === null ? 0 : gpu.count * cheapest)
  )
}

/** The replica's share of the cheapest priced node. */
const nodePrice = (place: PlaceTarget, requests: Resources): number | null => {
  if (place.capacity.kind === 'unknown') return null
  const priced = place.capacity.nodes.filter((node) => node.priceUsdPerHour > 0)
  const shares = priced.map(
    (node) =>
      node.priceUsdPerHour *
      Math.max(requests.cpuMillis / node.total.cpuMillis, requests.memoryBytes / node.total.memoryBytes),
  )
  return shares.length === 0 ? null : Math.min(...shares)
}
