import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gpuMemoryBytes } from '../model/gpu.ts'
import { GIBIBYTE } from '../model/quantity.ts'
import type { Offering } from '../model/resources.ts'
import { choosePool } from './choose.ts'
import { embeddedCatalog } from './embedded.ts'
import { misfit } from './fit.ts'
import { poolNeed } from './need.ts'
import { catalogOffers, mergeOffers } from './offers.ts'
import { readCatalog } from './read.ts'

const aws = embeddedCatalog('aws')
const azure = embeddedCatalog('azure')
const ireland = catalogOffers(aws, { target: 'aws', region: 'eu-west-1' })
const virginia = catalogOffers(aws, { target: 'aws', region: 'us-east-1' })
const europe = catalogOffers(azure, { target: 'azure', region: 'westeurope' })

const need = (settings: Readonly<Record<string, unknown>>) => poolNeed({ name: 'p', kind: 'nodes', settings })
const choose = (settings: Readonly<Record<string, unknown>>, offers: readonly Offering[] = ireland) =>
  choosePool(need(settings), 'aws', offers)

describe('the embedded catalogue', () => {
  it('knows prices of three regions of each cloud, each with a date', () => {
    for (const catalog of [aws, azure]) {
      expect(catalog.regions).toHaveLength(3)
      for (const region of catalog.regions) {
        const priced = catalog.types.filter((type) => type.prices.has(region))
        expect(priced.length).toBeGreaterThan(500)
        expect(priced.every((type) => /^20\d\d-\d\d-\d\d$/.test(type.prices.get(region)?.asOf ?? ''))).toBe(true)
      }
    }
  })

  it('calls every card by a model whose nominal memory is known, and never offers more than that as usable', () => {
    const cards = [...aws.types, ...azure.types].flatMap((type) => type.gpus ?? [])
    expect(cards.length).toBeGreaterThan(80)
    for (const card of cards) {
      expect(gpuMemoryBytes(card.model)).toBe(card.memoryBytes)
      expect(card.usableBytes ?? 0).toBeLessThanOrEqual(card.memoryBytes)
    }
  })

  it('leaves something of every node for the system', () => {
    for (const type of [...aws.types, ...azure.types]) {
      expect(type.allocatable.cpuMillis).toBeLessThan(type.nominal.cpuMillis)
      expect(type.allocatable.memoryBytes).toBeLessThan(type.nominal.memoryBytes)
      expect(type.allocatable.memoryBytes).toBeGreaterThan(0)
    }
  })

  it('refuses a table of another shape with the way back', () => {
    expect(() => readCatalog({ cloud: 'aws', asOf: 'today', regions: [], types: [] })).toThrow(/malformed/)
  })
})

describe('choosing the types of a pool', () => {
  it('takes the cheapest type that has at least the asked CPU and memory', () => {
    const [first] = choose({ cpu: 4, memory: '16GiB' }).candidates
    const cheaper = ireland.filter(
      (offer) => misfit(need({ cpu: 4, memory: '16GiB' }), offer) === null && offer.priceUsdPerHour !== null,
    )
    expect(first?.nominal?.cpuMillis).toBeGreaterThanOrEqual(4000)
    expect(first?.nominal?.memoryBytes).toBeGreaterThanOrEqual(16 * GIBIBYTE)
    expect(first?.priceUsdPerHour).toBe(Math.min(...cheaper.map((offer) => offer.priceUsdPerHour ?? 0)))
  })

  it('prefers spot where the pool lists it first, and keeps on-demand as the way out', () => {
    const { candidates } = choose(
      { gpu: { models: ['l4'], memory: '>=24GiB' }, capacity: ['spot', 'on-demand'] },
      virginia,
    )
    const ways = candidates.map((offer) => offer.capacityType)
    expect(ways[0]).toBe('spot')
    expect(ways.lastIndexOf('spot')).toBeLessThan(ways.indexOf('on-demand'))
    expect(candidates[0]?.instanceType).toBe('g6.xlarge')
  })

  it('takes a family name of cards for all its models, and a slice of a card for none', () => {
    const models = choose({ gpu: { models: ['a10', 'l4'] } }, virginia).candidates.map((offer) => offer.gpus)
    expect(new Set(models.map((gpus) => gpus?.model))).toEqual(new Set(['a10g', 'l4']))
    expect(models.every((gpus) => (gpus?.share ?? 1) === 1)).toBe(true)
  })

  it('takes no bursting, bare-metal, old or GPU type by accident, but does when it is named', () => {
    const names = choose({ cpu: 2, memory: '4GiB' }).candidates.map((offer) => offer.instanceType)
    expect(names.length).toBeGreaterThan(50)
    expect(names.filter((name) => /^t\d|metal|^[cmr][34]\.|^g\d|^p\d/.test(name))).toEqual([])
    expect(choose({ instances: ['t3.large'] }).candidates.map((offer) => offer.instanceType)).toEqual(['t3.large'])
  })

  it('chooses on Azure by the same rules', () => {
    const [general] = choose({ cpu: 4, memory: '16GiB' }, europe).candidates
    const [gpu] = choose({ gpu: { models: ['t4'] } }, europe).candidates
    expect(general?.instanceType).toMatch(/^Standard_[DEF]4/)
    expect(gpu?.instanceType).toBe('Standard_NC4as_T4_v3')
  })

  it('takes the next candidate where the cloud is short of the first, and says why', () => {
    const first = choose({ gpu: { models: ['l4'] } }, virginia).candidates[0]
    if (first === undefined) throw new Error('no L4 in the catalogue')
    const soldOut: Offering = { ...first, priceUsdPerHour: null, available: false, because: 'no capacity in any zone' }
    const after = choose({ gpu: { models: ['l4'] } }, mergeOffers(virginia, [soldOut]))
    expect(after.candidates[0]?.instanceType).not.toBe(first.instanceType)
    expect(after.refusals).toContainEqual({
      target: 'aws',
      reason: 'no capacity in any zone',
      count: 1,
      example: first.instanceType,
    })
  })

  it('puts what is owned before everything that must be bought', () => {
    const owned: Offering = { ...(virginia[0] as Offering), instanceType: 'rack', capacityType: 'owned', gpus: null }
    const big = { ...owned, nominal: { cpuMillis: 64_000, memoryBytes: 256 * GIBIBYTE }, priceUsdPerHour: 99 }
    expect(choose({ cpu: 4 }, [...virginia, big]).candidates[0]?.instanceType).toBe('rack')
  })

  it('never takes an offering without a price for the cheapest', () => {
    const { candidates } = choose({ gpu: {}, capacity: ['spot', 'on-demand'] }, europe)
    const spots = candidates.filter((offer) => offer.capacityType === 'spot').map((offer) => offer.priceUsdPerHour)
    expect(spots.indexOf(null)).toBeGreaterThanOrEqual(0)
    expect(spots.slice(spots.indexOf(null)).every((usd) => usd === null)).toBe(true)
  })

  it('keeps the known cards of a type that the cloud only says is not for sale', () => {
    const card = virginia.find((offer) => offer.instanceType === 'g6.xlarge') as Offering
    const [merged] = mergeOffers([card], [{ ...card, gpus: null, available: false, because: 'restricted' }])
    expect(merged).toMatchObject({ gpus: { model: 'l4', count: 1 }, available: false, because: 'restricted' })
  })

  it('keeps a known price where the cloud says only that the type is there', () => {
    const first = virginia[0] as Offering
    const [merged] = mergeOffers([first], [{ ...first, priceUsdPerHour: null, because: 'offered now' }])
    expect(merged?.priceUsdPerHour).toBe(first.priceUsdPerHour)
    expect(merged?.because).toBe('offered now')
  })

  it('gives the same list for the same offerings in any order, every candidate fits, and nothing is lost from the tally', () => {
    const pool = fc.record({
      cpu: fc.integer({ min: 1, max: 96 }),
      capacity: fc.constantFrom(['spot'], ['on-demand'], ['spot', 'on-demand'], ['on-demand', 'spot']),
      arch: fc.constantFrom('amd64', 'arm64'),
    })
    const some = fc.shuffledSubarray([...ireland], { minLength: 50, maxLength: 50 })
    fc.assert(
      fc.property(pool, some, (settings, offers) => {
        const there = choose(settings, offers)
        const back = choose(settings, [...offers].reverse())
        expect(there).toEqual(back)
        expect(there.candidates.every((offer) => misfit(need(settings), offer) === null && offer.available)).toBe(true)
        const refused = there.refusals.reduce((sum, row) => sum + row.count, 0)
        if (there.refusals.length < 20) expect(there.candidates.length + refused).toBe(offers.length)
      }),
      { numRuns: 60 },
    )
  })
})
