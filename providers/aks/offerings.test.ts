// What a subscription cannot have: restricted sizes and used-up families; what it can have is left to the catalogue.
import { describe, expect, it } from 'vitest'
import { unavailable } from './offerings.ts'

const sku = (name: string, over: object = {}) => ({
  resourceType: 'virtualMachines',
  name,
  family: 'standardDSv5Family',
  capabilities: [
    { name: 'vCPUs', value: '4' },
    { name: 'MemoryGB', value: '16' },
  ],
  restrictions: [],
  ...over,
})
const market = { target: 'azure', region: 'westeurope', asOf: '2026-11-24' }
const usage = (limit: number, used: number) =>
  new Map([['standarddsv5family', { name: 'standardDSv5Family', limit, used }]])

describe('unavailable', () => {
  it('leaves out what may be had', () => {
    expect(unavailable([sku('Standard_D4s_v5')], usage(10, 6), market)).toEqual([])
  })

  it('names the quota that one more node would break, for the way to buy that it is about', () => {
    expect(unavailable([sku('Standard_D4s_v5')], usage(10, 7), market)).toMatchObject([
      {
        instanceType: 'Standard_D4s_v5',
        capacityType: 'on-demand',
        available: false,
        because: 'quota of standardDSv5Family: 7 of 10 cores are used, one node needs 4',
        quota: { name: 'standardDSv5Family', limit: 10, used: 7 },
      },
    ])
  })

  it('tells a restriction of the region for both ways to buy, and not one of a single zone', () => {
    const restriction = (type: string) => ({
      type,
      reasonCode: 'NotAvailableForSubscription',
      restrictionInfo: { locations: ['WestEurope'] },
    })
    const out = unavailable([sku('a', { restrictions: [restriction('Location')] })], new Map(), market)
    expect(out.map(({ because }) => because)).toEqual([
      'not for this subscription in westeurope (NotAvailableForSubscription)',
      'not for this subscription in westeurope (NotAvailableForSubscription)',
    ])
    expect(unavailable([sku('a', { restrictions: [restriction('Zone')] })], new Map(), market)).toEqual([])
  })
})
