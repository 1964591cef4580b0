// The catalogue as offerings of one target: a type with its price for each way of buying it. What the cloud itself says
// (sold out, no quota, today's price) is laid over by `mergeOffers`, never the other way round.
import type { Offering } from '../model/resources.ts'
import type { Catalog, InstanceType, Price } from './types.ts'

export interface Market {
  readonly target: string
  readonly region: string
}

/** Every type of the catalogue; one without a price in the region is there as not available, so that a search can say why. */
export const catalogOffers = (catalog: Catalog, market: Market): readonly Offering[] =>
  catalog.types.flatMap((type) => offersOfType(catalog, type, market))

const offersOfType = (catalog: Catalog, type: InstanceType, market: Market): readonly Offering[] => {
  const price = type.prices.get(market.region)
  if (price === undefined) return [unpriced(catalog, type, market)]
  const because = `catalogue of ${price.asOf}${price.estimated ? ', estimated from another region' : ''}`
  const priced = (capacityType: Offering['capacityType'], usd: number | null): Offering => ({
    ...base(type, market),
    capacityType,
    priceUsdPerHour: usd,
    available: true,
    because: usd === null ? `${because}: no ${capacityType} price known` : because,
    asOf: price.asOf,
    source: source(catalog),
  })
  return [priced('on-demand', price.onDemandUsdPerHour), priced('spot', spot(price))]
}

/** A spot price that is not below the other is a mistake of the list. */
const spot = (price: Price): number | null =>
  price.spotUsdPerHour !== null && price.spotUsdPerHour <= price.onDemandUsdPerHour ? price.spotUsdPerHour : null

const unpriced = (catalog: Catalog, type: InstanceType, market: Market): Offering => ({
  ...base(type, market),
  capacityType: 'on-demand',
  priceUsdPerHour: null,
  available: false,
  because: catalog.regions.includes(market.region)
    ? `${market.region} does not sell it, says the catalogue of ${catalog.asOf}`
    : `the catalogue of ${catalog.asOf} has no prices of ${market.region}`,
  asOf: catalog.asOf,
  source: source(catalog),
})

const source = (catalog: Catalog): string => `catalogue ${catalog.cloud} ${catalog.asOf}`

const base = (type: InstanceType, market: Market) => ({
  target: market.target,
  pool: null,
  instanceType: type.name,
  region: market.region,
  zone: null,
  resources: type.allocatable,
  nominal: type.nominal,
  arch: type.arch,
  gpus: type.gpus,
})

const key = (offer: Offering): string => `${offer.instanceType}\0${offer.zone ?? ''}\0${offer.capacityType}`

/** Live offerings replace the catalogue's of the same type, zone and way of buying; what a live one leaves open (price, cards) stays as known. */
export const mergeOffers = (known: readonly Offering[], live: readonly Offering[]): readonly Offering[] => {
  const merged = new Map(known.map((offer) => [key(offer), offer]))
  for (const offer of live) {
    const before = merged.get(key(offer)) ?? merged.get(key({ ...offer, zone: null }))
    const priced = offer.priceUsdPerHour !== null || before === undefined
    const cards = offer.gpus ?? before?.gpus ?? null
    merged.set(key(offer), { ...offer, gpus: cards, ...(priced ? {} : priceOf(before)) })
  }
  return [...merged.values()]
}

const priceOf = (offer: Offering) => ({
  priceUsdPerHour: offer.priceUsdPerHour,
  asOf: offer.asOf,
  source: offer.source,
})
