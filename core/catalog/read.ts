// Reads the catalogue's table, the embedded one and a refreshed one alike: a table that has not the expected shape is
// refused as a whole, so that no plan stands on half a price list.
import * as z from 'zod'
import { StormportError } from '../errors.ts'
import { gpuMemoryBytes } from '../model/gpu.ts'
import { GIBIBYTE, MEBIBYTE } from '../model/quantity.ts'
import type { OfferedGpus, Resources } from '../model/resources.ts'
import { aksAllocatable } from './aks-reserve.ts'
import type { Catalog, Cloud, InstanceType, Price } from './types.ts'

const positive = z.number().positive()
const price = z.tuple([positive, positive.nullable(), z.string(), z.string()]).nullable()
const gpu = z.tuple([z.string(), positive, positive.max(1), positive])
const line = z.tuple([
  z.string(),
  positive,
  positive,
  z.enum(['amd64', 'arm64']),
  gpu.nullable(),
  z.tuple([positive, positive, positive]).nullable(),
  z.array(price),
])
const table = z.object({
  cloud: z.enum(['aws', 'azure']),
  asOf: z.iso.date(),
  regions: z.array(z.string()).min(1),
  types: z.array(line),
})

type Line = z.infer<typeof line>

/** Sources whose price was derived from another region's (docs/catalog.md). */
const ESTIMATED = new Set(['D', 'E'])

/** @throws StormportError 'BadInput' when the table has another shape. */
export const readCatalog = (input: unknown): Catalog => {
  const parsed = table.safeParse(input)
  if (!parsed.success) throw malformed(z.prettifyError(parsed.error))
  const { cloud, asOf, regions, types } = parsed.data
  return { cloud, asOf, regions, types: types.map((each) => typeOf(cloud, regions, each)) }
}

const typeOf = (cloud: Cloud, regions: readonly string[], row: Line): InstanceType => {
  const [name, vcpus, memoryGib, arch, cards, allocatable, prices] = row
  const nominal = { cpuMillis: Math.round(vcpus * 1000), memoryBytes: Math.round(memoryGib * GIBIBYTE) }
  return {
    name,
    arch,
    nominal,
    allocatable: allocatableOf(cloud, nominal, allocatable),
    gpus: cards === null ? null : gpusOf(cards),
    prices: new Map(regions.flatMap((region, i) => priceEntry(region, prices[i] ?? null))),
  }
}

const allocatableOf = (cloud: Cloud, nominal: Resources, stated: Line[5]): Resources => {
  if (stated !== null) return { cpuMillis: stated[0], memoryBytes: stated[1] * MEBIBYTE }
  return cloud === 'azure' ? aksAllocatable(nominal) : nominal
}

const gpusOf = ([model, count, share, memoryGib]: NonNullable<Line[4]>): OfferedGpus => {
  const usableBytes = Math.round(memoryGib * GIBIBYTE)
  return { model, count, memoryBytes: gpuMemoryBytes(model) ?? usableBytes, share, usableBytes }
}

const priceEntry = (region: string, row: Line[6][number]): readonly (readonly [string, Price])[] => {
  if (row === null) return []
  const [onDemandUsdPerHour, spotUsdPerHour, source, asOf] = row
  return [[region, { onDemandUsdPerHour, spotUsdPerHour, asOf, estimated: ESTIMATED.has(source) }]]
}

const malformed = (why: string): StormportError =>
  new StormportError('BadInput', `the catalogue of instance types is malformed: ${why.split('\n')[0] ?? ''}`, {
    diagnostic: 'SP2301',
    source: 'user',
    hint: 'run stormport catalog refresh, or delete the refreshed file to go by the embedded catalogue',
  })
