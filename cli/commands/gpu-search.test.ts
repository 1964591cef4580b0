import { describe, expect, it } from 'vitest'
import type { GpuOffer, GpuQuery } from '../../core/catalog/search.ts'
import { GIBIBYTE } from '../../core/model/quantity.ts'
import { record } from '../recording-world.ts'

const offer: GpuOffer = {
  target: 'aws',
  provider: 'eks',
  region: 'eu-west-1',
  instanceType: 'g6.xlarge',
  gpu: { model: 'l4', count: 1, memoryGiB: 24, usableGiB: 22.4 },
  vcpu: 4,
  memoryGiB: 16,
  priceUsdPerHour: 0.8048,
  spotUsdPerHour: null,
  available: true,
  reason: 'catalogue of 2026-07-20',
  quota: null,
  asOf: '2026-07-20',
  source: 'catalogue aws 2026-07-20',
  chosen: true,
}

const searched = (words: string) => {
  const queries: GpuQuery[] = []
  const engine = {
    gpuSearch: async (_fleet: unknown, query: GpuQuery) => {
      queries.push(query)
      return { offers: [offer], diagnostics: [] }
    },
  }
  return record(words, { engine }).then((run) => ({ run, queries }))
}

describe('gpu search', () => {
  it('asks for the cards that the flags name: a family stands for all its models', async () => {
    const { queries } = await searched(
      'gpu search --model a10 --memory >=24GiB --count 2 --max-price 1.5 --capacity spot',
    )
    expect(queries).toEqual([
      {
        models: ['a10', 'a10g'],
        minMemoryBytes: 24 * GIBIBYTE,
        count: 2,
        maxUsdPerHour: 1.5,
        capacity: ['spot'],
        targets: null,
      },
    ])
  })

  it('shows price, day and what would be taken; a price that nobody knows is a dash', async () => {
    const { run } = await searched('gpu search')
    expect(run.exitCode).toBe(0)
    expect(run.out.split('\n')[1]?.split(/ {2,}/)).toEqual([
      'aws',
      'g6.xlarge',
      '1 × l4',
      '24 GiB (22.4 usable)',
      '4',
      '16 GiB',
      '0.805',
      '-',
      '2026-07-20',
      'would be taken',
    ])
  })

  it('prints the same facts as one document', async () => {
    const { run } = await searched('gpu search --json')
    expect(JSON.parse(run.out)).toEqual({ offers: [offer], diagnostics: [] })
  })

  it.each([
    ['gpu search --model l44', 'did you mean l4?'],
    ['gpu search --memory 24', 'GiB'],
    ['gpu search --count none', '--count 1'],
    ['gpu search --capacity rented', 'spot or on-demand'],
  ])('refuses %s with the way to write it', async (words, help) => {
    const { run, queries } = await searched(words)
    expect(run.exitCode).toBe(3)
    expect(run.err).toContain(help)
    expect(queries).toEqual([])
  })
})
