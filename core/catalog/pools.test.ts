import { describe, expect, it } from 'vitest'
import type { LivePool } from '../model/infra.ts'
import type { Offering } from '../model/resources.ts'
import { embeddedCatalog } from './embedded.ts'
import { catalogOffers } from './offers.ts'
import { type PoolsInput, planPools } from './pools.ts'

const offers = catalogOffers(embeddedCatalog('aws'), { target: 'aws', region: 'us-east-1' })
const general = { cpu: 4, memory: '16GiB', min: 1, max: 3 }

const planned = (settings: Readonly<Record<string, unknown>>, over: Partial<PoolsInput> = {}) => {
  const pools = [{ name: 'p', kind: 'nodes' as const, settings }]
  return planPools({ target: 'aws', pools, offers, live: [], ...over })[0]
}
const types = (plan: ReturnType<typeof planned>) =>
  plan?.groups.map((group) => [group.capacityType, ...group.types.map((offer) => offer.instanceType)])

const live = (instanceType: string): readonly LivePool[] => [
  { pool: 'p', group: 'p-od-123456', capacityType: 'on-demand', instanceTypes: [instanceType], nodes: 2 },
]
const as = (instanceType: string, over: Partial<Offering>): readonly Offering[] =>
  offers.map((offer) => (offer.instanceType === instanceType ? { ...offer, ...over } : offer))

describe('the groups of a pool', () => {
  it('are one for each way to buy, the first type alone on demand and several near it for spot', () => {
    const plan = planned({ ...general, capacity: ['spot', 'on-demand'] })
    expect(plan?.groups.map((group) => [group.capacityType, group.types.length])).toEqual([
      ['spot', 4],
      ['on-demand', 1],
    ])
    const [spot] = plan?.groups ?? []
    const dearest = Math.max(...(spot?.types ?? []).map((offer) => offer.priceUsdPerHour ?? 99))
    expect(dearest).toBeLessThanOrEqual((spot?.types[0]?.priceUsdPerHour ?? 0) * 1.5)
  })

  it('keep the type that stands while it fits, whatever is cheaper now', () => {
    expect(types(planned(general, { live: live('m7i.xlarge') }))).toEqual([['on-demand', 'm7i.xlarge']])
    expect(types(planned(general))).not.toEqual([['on-demand', 'm7i.xlarge']])
  })

  it.each([
    ['is sold out now', { offers: as('m7i.xlarge', { available: false, because: 'sold out' }) }],
    ['has no price any more', { offers: as('m7i.xlarge', { priceUsdPerHour: null }) }],
    ['is on no list any more', { offers: offers.filter((offer) => offer.instanceType !== 'm7i.xlarge') }],
    ['was short for another pool', { failed: (pool: string) => pool === 'other' }],
  ])('keep the type that stands also where it %s', (_what, over) => {
    expect(types(planned(general, { live: live('m7i.xlarge'), ...over }))).toEqual([['on-demand', 'm7i.xlarge']])
  })

  it('give way when the pool asks for more than what stands', () => {
    const plan = types(planned({ ...general, cpu: 16 }, { live: live('m7i.xlarge') }))
    expect(plan?.[0]).not.toContain('m7i.xlarge')
  })

  it('give way when this very pool could not get its machines', () => {
    const failed = (pool: string, type: string) => pool === 'p' && type === 'm7i.xlarge'
    expect(types(planned(general, { live: live('m7i.xlarge'), failed }))?.[0]).not.toContain('m7i.xlarge')
  })

  it('leave out a pool that is only placed on', () => {
    expect(planned({ existing: 'theirs' })).toBeUndefined()
  })
})
