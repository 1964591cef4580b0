// What the subscription cannot have in a region: sizes under restriction, and families whose quota is used up. The rest is
// the catalogue's to say, which knows prices and cards.
import type { Offering } from '../../core/model/resources.ts'
import type { AksTarget } from './clusters.ts'
import { azureError } from './errors.ts'
import { record } from './infra/ground.ts'
import { aksSettings } from './settings.ts'

const SKUS_VERSION = '2021-07-01'
const USAGES_VERSION = '2026-04-01'
/** One quota for all spot machines. */
const SPOT_FAMILY = 'lowprioritycores'

export interface Usage {
  readonly name: string
  readonly limit: number
  readonly used: number
}

export const readOfferings = async (aks: AksTarget, signal: AbortSignal): Promise<readonly Offering[]> => {
  const { subscription, location } = aksSettings(aks.target)
  if (location === '') return []
  await aks.caller(signal)
  const compute = `/subscriptions/${subscription}/providers/Microsoft.Compute`
  const [skus, usages] = await Promise.all([
    list(
      aks,
      { path: `${compute}/skus`, version: SKUS_VERSION, query: { $filter: `location eq '${location}'` } },
      signal,
    ),
    list(aks, { path: `${compute}/locations/${location}/usages`, version: USAGES_VERSION, query: {} }, signal),
  ])
  const at = { target: aks.target.name, region: location, asOf: new Date().toISOString().slice(0, 10) }
  return unavailable(skus, usagesOf(usages), at)
}

const list = async (
  aks: AksTarget,
  of: { readonly path: string; readonly version: string; readonly query: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<readonly Fields[]> => {
  const found: Fields[] = []
  try {
    for (let next: typeof of | null = of; next !== null; ) {
      const { body } = await aks.clients.arm({ method: 'GET', ...next }, signal)
      const page = record(body)
      found.push(...(Array.isArray(page['value']) ? page['value'] : []).map(record))
      const link = page['nextLink']
      next = typeof link === 'string' && link !== '' ? { path: link, version: '', query: {} } : null
    }
    return found
  } catch (error) {
    throw azureError(error, 'ask which sizes may be had', aks.target.name)
  }
}

type Fields = Readonly<Record<string, unknown>>

const usagesOf = (usages: readonly Fields[]): ReadonlyMap<string, Usage> =>
  new Map(
    usages.map((each) => {
      const name = String(record(each['name'])['value'] ?? '')
      return [name.toLowerCase(), { name, limit: Number(each['limit']), used: Number(each['currentValue']) }]
    }),
  )

interface Market {
  readonly target: string
  readonly region: string
  readonly asOf: string
}

/** Pure. */
export const unavailable = (
  skus: readonly Fields[],
  usages: ReadonlyMap<string, Usage>,
  market: Market,
): readonly Offering[] =>
  skus
    .filter((sku) => sku['resourceType'] === 'virtualMachines')
    .flatMap((sku) =>
      (['on-demand', 'spot'] as const).flatMap((capacityType) => {
        const family = capacityType === 'spot' ? SPOT_FAMILY : String(sku['family'] ?? '').toLowerCase()
        const usage = usages.get(family) ?? null
        const because = restriction(sku, market.region) ?? exhausted(usage, cores(sku))
        return because === null ? [] : [offer(sku, { market, capacityType, because, usage })]
      }),
    )

const restriction = (sku: Fields, region: string): string | null => {
  const found = (Array.isArray(sku['restrictions']) ? sku['restrictions'] : [])
    .map(record)
    .find((each) => each['type'] === 'Location' && named(record(each['restrictionInfo'])['locations'], region))
  return found === undefined
    ? null
    : `not for this subscription in ${region} (${String(found['reasonCode'] ?? 'restricted')})`
}

const named = (locations: unknown, region: string): boolean =>
  Array.isArray(locations) && locations.some((each) => String(each).toLowerCase() === region)

const exhausted = (usage: Usage | null, need: number): string | null =>
  usage === null || usage.used + need <= usage.limit
    ? null
    : `quota of ${usage.name}: ${usage.used} of ${usage.limit} cores are used, one node needs ${need}`

interface OfferOf {
  readonly market: Market
  readonly capacityType: 'spot' | 'on-demand'
  readonly because: string
  readonly usage: Usage | null
}

const offer = (sku: Fields, { market, capacityType, because, usage }: OfferOf): Offering => ({
  target: market.target,
  pool: null,
  instanceType: String(sku['name'] ?? ''),
  region: market.region,
  zone: null,
  capacityType,
  resources: { cpuMillis: cores(sku) * 1000, memoryBytes: Math.round(capability(sku, 'MemoryGB') * 2 ** 30) },
  arch: text(sku, 'CpuArchitectureType') === 'Arm64' ? 'arm64' : 'amd64',
  gpus: null,
  priceUsdPerHour: null,
  available: false,
  because,
  ...(usage === null ? {} : { quota: usage }),
  asOf: market.asOf,
  source: 'Azure',
})

const cores = (sku: Fields): number => capability(sku, 'vCPUs')

const capability = (sku: Fields, name: string): number => Number(text(sku, name) || 0)

const text = (sku: Fields, name: string): string => {
  const found = (Array.isArray(sku['capabilities']) ? sku['capabilities'] : [])
    .map(record)
    .find((c) => c['name'] === name)
  return String(found?.['value'] ?? '')
}
