import { describe, expect, it } from 'vitest'
import { gpuModels } from '../model/gpu.ts'
import { GIBIBYTE } from '../model/quantity.ts'
import type { Offering } from '../model/resources.ts'
import { embeddedCatalog } from './embedded.ts'
import { catalogOffers } from './offers.ts'
import { type GpuQuery, searchGpus } from './search.ts'

const aws = {
  target: 'aws',
  provider: 'eks' as const,
  offers: catalogOffers(embeddedCatalog('aws'), { target: 'aws', region: 'us-east-1' }),
}
const azure = {
  target: 'azure',
  provider: 'aks' as const,
  offers: catalogOffers(embeddedCatalog('azure'), { target: 'azure', region: 'westeurope' }),
}
const rack = (free: number): { target: string; provider: 'kubernetes'; offers: Offering[] } => ({
  target: 'rack',
  provider: 'kubernetes',
  offers: [
    {
      target: 'rack',
      pool: null,
      instanceType: 'node-7',
      region: 'onprem',
      zone: null,
      capacityType: 'owned',
      resources: { cpuMillis: 8000, memoryBytes: 32 * GIBIBYTE },
      arch: 'amd64',
      gpus: { model: 'l4', count: 2, memoryBytes: 24 * GIBIBYTE },
      priceUsdPerHour: 0.2,
      available: free > 0,
      because: `${free} of 2 cards free`,
      asOf: '2026-11-24T00:00:00Z',
      source: 'observed',
    },
  ],
})

const query = (over: Partial<GpuQuery> = {}): GpuQuery => ({
  models: gpuModels('l4'),
  minMemoryBytes: 24 * GIBIBYTE,
  count: 1,
  maxUsdPerHour: null,
  capacity: [],
  ...over,
})

describe('gpu search', () => {
  it('puts a card that is owned and free before every card that must be bought', () => {
    const [first, second] = searchGpus([aws, rack(1)], query())
    expect(first).toMatchObject({ target: 'rack', instanceType: 'node-7', chosen: true, priceUsdPerHour: 0.2 })
    expect(second).toMatchObject({ target: 'aws', instanceType: 'g6.xlarge', chosen: true })
  })

  it('shows what is taken too, last and with the reason', () => {
    const last = searchGpus([aws, rack(0)], query()).at(-1)
    expect(last).toMatchObject({ instanceType: 'node-7', available: false, reason: '0 of 2 cards free', chosen: false })
  })

  it('shows both prices of a type in one row, with the day that they are of', () => {
    const row = searchGpus([aws], query()).find((each) => each.instanceType === 'g6.xlarge')
    expect(row).toMatchObject({ gpu: { model: 'l4', count: 1, memoryGiB: 24, usableGiB: 22.4 }, asOf: '2026-07-20' })
    expect(row?.spotUsdPerHour ?? 9).toBeLessThan(row?.priceUsdPerHour ?? 0)
  })

  it('finds a card across clouds, cheapest first, and chooses one on each target', () => {
    const rows = searchGpus([aws, azure], query({ models: gpuModels('t4'), minMemoryBytes: 0 }))
    const prices = rows
      .filter((row) => row.available)
      .map((row) => Math.min(row.priceUsdPerHour ?? 99, row.spotUsdPerHour ?? 99))
    expect(prices).toEqual([...prices].sort((a, b) => a - b))
    expect(
      rows
        .filter((row) => row.chosen)
        .map((row) => row.target)
        .sort(),
    ).toEqual(['aws', 'azure'])
  })

  it('leaves out what is above the limit, by the cheaper of the prices that are asked for', () => {
    const any = searchGpus([aws], query({ maxUsdPerHour: 0.5 }))
    const plain = searchGpus([aws], query({ maxUsdPerHour: 0.5, capacity: ['on-demand'] }))
    expect(any.map((row) => row.instanceType)).toContain('g6.xlarge')
    expect(plain).toEqual([])
  })

  it('counts whole cards alone: a slice is never an answer', () => {
    const rows = searchGpus([aws, azure], query({ models: [], minMemoryBytes: 0 }))
    expect(rows.filter((row) => /g6f|gr6f/.test(row.instanceType))).toEqual([])
    expect(rows.length).toBeGreaterThan(40)
  })
})
