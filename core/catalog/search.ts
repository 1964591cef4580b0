// gpu search: what has the cards that were asked for, on every target, cheapest first; what is owned already comes before
// everything that must be bought.

import type { ProviderKind } from '../model/fleet.ts'
import { GIBIBYTE } from '../model/quantity.ts'
import type { OfferedGpus, Offering } from '../model/resources.ts'

export interface GpuQuery {
  /** Normalised; empty: any. */
  readonly models: readonly string[]
  /** Nominal, of each card. */
  readonly minMemoryBytes: number
  readonly count: number
  readonly maxUsdPerHour: number | null
  /** Empty: any. */
  readonly capacity: readonly ('spot' | 'on-demand')[]
}

/** A row of `gpu search --json`: both prices of one type on one target. */
export interface GpuOffer {
  readonly target: string
  readonly provider: ProviderKind
  readonly region: string
  readonly instanceType: string
  readonly gpu: {
    readonly model: string
    readonly count: number
    readonly memoryGiB: number
    readonly usableGiB: number
  }
  readonly vcpu: number
  readonly memoryGiB: number
  /** What is owned costs what its target's `prices:` say. */
  readonly priceUsdPerHour: number | null
  readonly spotUsdPerHour: number | null
  readonly available: boolean
  readonly reason: string
  readonly quota: Offering['quota'] | null
  readonly asOf: string
  readonly source: string
  /** What a pool with this need would take on its target. */
  readonly chosen: boolean
}

export interface OfferedBy {
  readonly target: string
  readonly provider: ProviderKind
  readonly offers: readonly Offering[]
}

export const searchGpus = (targets: readonly OfferedBy[], query: GpuQuery): readonly GpuOffer[] =>
  targets
    .flatMap((each) => searchTarget(each, query))
    .sort(compareRows)
    .map(({ owned: _owned, ...row }) => row)

interface Row extends GpuOffer {
  readonly owned: boolean
}

const searchTarget = ({ provider, offers }: OfferedBy, query: GpuQuery): readonly Row[] => {
  const fitting = offers.filter((offer) => fits(offer, query))
  const groups = Map.groupBy(fitting, (offer) => `${offer.instanceType}\0${offer.region}`)
  const rows = [...groups.values()].flatMap((group) => rowOf(provider, group, query) ?? [])
  const best = rows.filter((row) => row.available).sort(compareRows)[0]
  return rows.map((row) => ({ ...row, chosen: row === best }))
}

const fits = ({ gpus }: Offering, query: GpuQuery): boolean =>
  gpus !== null &&
  (gpus.share ?? 1) === 1 &&
  (query.models.length === 0 || query.models.includes(gpus.model)) &&
  gpus.memoryBytes >= query.minMemoryBytes &&
  gpus.count >= query.count

const rowOf = (provider: ProviderKind, group: readonly Offering[], query: GpuQuery): Row | null => {
  const first = group[0]
  if (first === undefined || first.gpus === null) return null
  const spot = cheapest(group, 'spot', query)
  const plain = cheapest(group, 'on-demand', query) ?? cheapest(group, 'owned', query)
  const shown = plain ?? spot
  const price = plain?.priceUsdPerHour ?? null
  if (shown === null || tooDear([price, spot?.priceUsdPerHour ?? null], query)) return null
  return {
    target: first.target,
    provider,
    region: first.region,
    instanceType: first.instanceType,
    gpu: cardOf(first.gpus),
    vcpu: (first.nominal ?? first.resources).cpuMillis / 1000,
    memoryGiB: round((first.nominal ?? first.resources).memoryBytes / GIBIBYTE),
    priceUsdPerHour: price,
    spotUsdPerHour: spot?.priceUsdPerHour ?? null,
    available: group.some((offer) => offer.available),
    reason: shown.because,
    quota: shown.quota ?? null,
    asOf: shown.asOf,
    source: shown.source,
    chosen: false,
    owned: shown.capacityType === 'owned',
  }
}

/** Of the zones the cheapest that can be had; one that cannot only where there is no other. */
const cheapest = (group: readonly Offering[], way: Offering['capacityType'], query: GpuQuery): Offering | null =>
  group
    .filter((offer) => offer.capacityType === way && (way === 'owned' || asked(way, query)))
    .sort((a, b) => Number(b.available) - Number(a.available) || usd(a.priceUsdPerHour) - usd(b.priceUsdPerHour))[0] ??
  null

const asked = (way: 'spot' | 'on-demand', query: GpuQuery): boolean =>
  query.capacity.length === 0 || query.capacity.includes(way)

/** Without any known price nothing can be said to be cheap enough. */
const tooDear = (prices: readonly (number | null)[], query: GpuQuery): boolean =>
  query.maxUsdPerHour !== null && !prices.some((price) => price !== null && price <= (query.maxUsdPerHour ?? 0))

const cardOf = (gpus: OfferedGpus): GpuOffer['gpu'] => ({
  model: gpus.model,
  count: gpus.count,
  memoryGiB: round(gpus.memoryBytes / GIBIBYTE),
  usableGiB: round((gpus.usableBytes ?? gpus.memoryBytes) / GIBIBYTE),
})

const round = (value: number): number => Math.round(value * 10) / 10

const usd = (price: number | null): number => price ?? Number.MAX_VALUE

const compareRows = (a: Row, b: Row): number =>
  Number(b.available) - Number(a.available) ||
  Number(b.owned) - Number(a.owned) ||
  lowest(a) - lowest(b) ||
  order(a.target, b.target) ||
  order(a.instanceType, b.instanceType)

const lowest = (row: Row): number => Math.min(usd(row.priceUsdPerHour), usd(row.spotUsdPerHour))

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
