// What could be bought for a target: the catalogue's facts, with what the cloud itself says laid over them, and what this
// run has learnt the hard way (sold out, no quota).
import { catalogOffers, mergeOffers } from '../../catalog/offers.ts'
import type { Cloud } from '../../catalog/types.ts'
import type { ProviderKind, Target } from '../../model/fleet.ts'
import type { Offering } from '../../model/resources.ts'
import type { Provider } from '../../ports.ts'
import type { EngineDeps } from '../api.ts'
import { readOnce } from './catalogs.ts'

/** Types that could not be had in this run, by `shortageKey` and, for the pool that asked, by `poolShortageKey`: the cloud's reason. */
export type Shortages = Map<string, string>

export const shortageKey = (offer: Pick<Offering, 'target' | 'instanceType' | 'capacityType'>): string =>
  `${offer.target}/${offer.instanceType}/${offer.capacityType}`

/** The same for one pool: a group of it that stands gives way only to this. */
export const poolShortageKey = (
  target: string,
  pool: string,
  of: Pick<Offering, 'instanceType' | 'capacityType'>,
): string => `${target}/${pool}/${of.instanceType}/${of.capacityType}`

const CLOUDS: Readonly<Partial<Record<ProviderKind, Cloud>>> = { eks: 'aws', aks: 'azure' }

export const offersOf = async (
  at: { readonly target: Target; readonly provider: Pick<Provider, 'offerings'>; readonly shortages: Shortages },
  deps: EngineDeps,
  signal: AbortSignal,
): Promise<readonly Offering[]> => {
  const cloud = CLOUDS[at.target.provider]
  const [catalog, live] = await Promise.all([
    cloud === undefined ? null : (deps.catalog ?? readOnce())(cloud),
    at.provider.offerings(at.target, signal),
  ])
  const known = catalog === null ? [] : catalogOffers(catalog, { target: at.target.name, region: regionOf(at.target) })
  return mergeOffers(known, live).map((offer) => withShortage(offer, at.shortages))
}

const regionOf = (target: Target): string => {
  const region = target.settings['region'] ?? target.settings['location']
  return typeof region === 'string' ? region : ''
}

const withShortage = (offer: Offering, shortages: Shortages): Offering => {
  const because = shortages.get(shortageKey(offer))
  return because === undefined ? offer : { ...offer, available: false, because }
}
