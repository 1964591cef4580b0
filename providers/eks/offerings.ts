// What EC2 sells in the region now: types with their facts, where they are sold, and the lowest spot price of their zones. An
// optional read: who may not ask gets the catalogue alone, and is told so. On-demand prices are not EC2's to tell.
import type { GpuDeviceInfo, InstanceTypeInfo, SpotPrice } from '@aws-sdk/client-ec2'
import type { Diagnostic } from '../../core/model/diagnostic.ts'
import { gpuMemoryBytes, gpuModel, gpuModels } from '../../core/model/gpu.ts'
import type { OfferedGpus, Offering, Resources } from '../../core/model/resources.ts'
import type { EksTarget } from './clusters.ts'
import { awsError } from './errors.ts'
import { type Ec2, openEc2 } from './infra/network-read.ts'
import { eksSettings } from './settings.ts'

export interface Offers {
  readonly offers: readonly Offering[]
  readonly diagnostics: readonly Diagnostic[]
}

export const readOffers = async (eks: EksTarget, signal: AbortSignal): Promise<Offers> => {
  const wanted = pinnedTypes(eks)
  try {
    const ec2 = await openEc2(eks)
    const types = await readTypes(ec2, wanted, signal)
    const names = types.map((type) => type.InstanceType ?? '')
    const [sold, spot] = await Promise.all([readSold(ec2, signal), readSpot(ec2, names, signal)])
    return { offers: types.flatMap((type) => offersOf(type, { eks, sold, spot, now: new Date() })), diagnostics: [] }
  } catch (error) {
    signal.throwIfAborted()
    const { message, details } = awsError(error, 'ask EC2 what it sells', eks.target.name)
    const about = `${message}; types and prices are those of the catalogue`
    const hint = details.hint ?? 'stormport target check'
    return {
      offers: [],
      diagnostics: [{ code: 'SP4409', severity: 'warning', message: about, hint, target: eks.target.name }],
    }
  }
}

/** null: some pool takes any type. */
const pinnedTypes = ({ target }: EksTarget): readonly string[] | null => {
  const pools = target.pools.filter((pool) => pool.kind === 'nodes')
  const lists = pools.map(({ settings }) => settings['instances'])
  if (lists.length === 0 || !lists.every((list) => Array.isArray(list) && list.length > 0)) return null
  return [...new Set(lists.flat().map(String))]
}

const pagesOf = async <T>(
  next: (token: string | undefined) => Promise<{ readonly items: readonly T[]; readonly token: string | undefined }>,
): Promise<readonly T[]> => {
  const all: T[] = []
  for (let token: string | undefined; ; ) {
    const page = await next(token)
    all.push(...page.items)
    // Some lists of EC2 end with an empty token.
    if (page.token === undefined || page.token === '') return all
    token = page.token
  }
}

const readTypes = ({ sdk, client }: Ec2, wanted: readonly string[] | null, abortSignal: AbortSignal) => {
  const filter =
    wanted === null ? { Name: 'current-generation', Values: ['true'] } : { Name: 'instance-type', Values: [...wanted] }
  return pagesOf<InstanceTypeInfo>(async (NextToken) => {
    const asked = { Filters: [filter], NextToken, MaxResults: 100 }
    const page = await client.send(new sdk.DescribeInstanceTypesCommand(asked), { abortSignal })
    return { items: page.InstanceTypes ?? [], token: page.NextToken }
  })
}

/** Type → zones that sell it. */
const readSold = async (
  { sdk, client }: Ec2,
  abortSignal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const all = await pagesOf(async (NextToken) => {
    const asked = { LocationType: 'availability-zone' as const, NextToken, MaxResults: 1_000 }
    const page = await client.send(new sdk.DescribeInstanceTypeOfferingsCommand(asked), { abortSignal })
    return { items: page.InstanceTypeOfferings ?? [], token: page.NextToken }
  })
  const byType = Map.groupBy(all, (each) => String(each.InstanceType))
  return new Map([...byType].map(([type, each]) => [type, each.map((at) => at.Location ?? '').sort()]))
}

/** Type → the cheapest zone's price now. */
const readSpot = async (
  { sdk, client }: Ec2,
  names: readonly string[],
  abortSignal: AbortSignal,
): Promise<ReadonlyMap<string, SpotPrice>> => {
  const StartTime = new Date()
  const all = await pagesOf(async (NextToken) => {
    const InstanceTypes = names.map((name) => name as 'm7i.xlarge')
    const asked = { InstanceTypes, ProductDescriptions: ['Linux/UNIX'], StartTime, NextToken, MaxResults: 1_000 }
    const page = await client.send(new sdk.DescribeSpotPriceHistoryCommand(asked), { abortSignal })
    return { items: page.SpotPriceHistory ?? [], token: page.NextToken }
  })
  const cheapest = new Map<string, SpotPrice>()
  for (const each of all) {
    const before = cheapest.get(String(each.InstanceType))
    if (before === undefined || Number(each.SpotPrice) < Number(before.SpotPrice))
      cheapest.set(String(each.InstanceType), each)
  }
  return cheapest
}

interface Market {
  readonly eks: EksTarget
  readonly sold: ReadonlyMap<string, readonly string[]>
  readonly spot: ReadonlyMap<string, SpotPrice>
  readonly now: Date
}

/** One a way to buy: groups of nodes lie over all zones of the cluster, so that no zone is chosen here. */
const offersOf = (type: InstanceTypeInfo, { eks, sold, spot, now }: Market): readonly Offering[] => {
  const name = String(type.InstanceType ?? '')
  const gpus = gpusOf(type)
  // Cards that the vendor counts as none and as several kinds are no pool of ours.
  if (gpus === undefined) return []
  const zones = sold.get(name) ?? []
  const price = spot.get(name)
  const offer = (capacityType: 'spot' | 'on-demand'): Offering => ({
    ...{ target: eks.target.name, pool: null, instanceType: name, region: eksSettings(eks.target).region, zone: null },
    ...{ capacityType, resources: allocatable(type), nominal: nominal(type), arch: archOf(type), gpus },
    priceUsdPerHour: capacityType === 'spot' && price !== undefined ? Number(price.SpotPrice) : null,
    available: zones.length > 0,
    because: zones.length === 0 ? 'no zone of the region sells it' : becauseOf(zones, capacityType, price),
    ...{ asOf: now.toISOString(), source: 'EC2' },
  })
  return (type.SupportedUsageClasses ?? []).filter((way) => way === 'spot' || way === 'on-demand').map(offer)
}

const becauseOf = (zones: readonly string[], way: string, price: SpotPrice | undefined): string =>
  way === 'spot' && price !== undefined
    ? `sold in ${zones.join(', ')}; the price is of ${price.AvailabilityZone ?? 'the region'}`
    : `sold in ${zones.join(', ')}`

const MIB = 2 ** 20

const nominal = (type: InstanceTypeInfo): Resources => ({
  cpuMillis: (type.VCpuInfo?.DefaultVCpus ?? 0) * 1_000,
  memoryBytes: (type.MemoryInfo?.SizeInMiB ?? 0) * MIB,
})

/** EKS's own rules (awslabs/amazon-eks-ami): so much for each pod that the interfaces allow; 7.5 % for the machine itself. */
const allocatable = (type: InstanceTypeInfo): Resources => {
  const { MaximumNetworkInterfaces = 1, Ipv4AddressesPerInterface = 1 } = type.NetworkInfo ?? {}
  const pods = MaximumNetworkInterfaces * (Ipv4AddressesPerInterface - 1) + 2
  const memoryMiB = Math.floor((type.MemoryInfo?.SizeInMiB ?? 0) * 0.925) - (255 + 11 * pods) - 100
  const cpus = type.VCpuInfo?.DefaultVCpus ?? 0
  return { cpuMillis: cpus * 1_000 - reservedMillis(cpus), memoryBytes: Math.max(0, memoryMiB) * MIB }
}

/** 6 % of the first processor, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest. */
const reservedMillis = (cpus: number): number =>
  Math.min(cpus, 1) * 60 +
  Math.min(Math.max(cpus - 1, 0), 1) * 10 +
  Math.min(Math.max(cpus - 2, 0), 2) * 5 +
  Math.max(cpus - 4, 0) * 2.5

const archOf = (type: InstanceTypeInfo): string =>
  type.ProcessorInfo?.SupportedArchitectures?.includes('arm64') ? 'arm64' : 'amd64'

/** null: none; undefined: cards that cannot be told in our words. A slice counts zero cards and one logical one. */
const gpusOf = ({ GpuInfo }: InstanceTypeInfo): OfferedGpus | null | undefined => {
  const gpus = GpuInfo?.Gpus ?? []
  const [gpu] = gpus
  if (gpu === undefined) return null
  const count = gpu.LogicalGpuCount ?? gpu.Count ?? 0
  const sizeMiB = gpu.MemoryInfo?.SizeInMiB
  if (gpus.length > 1 || count === 0 || sizeMiB === undefined || gpu.Manufacturer !== 'NVIDIA') return undefined
  const model = modelOf(gpu, sizeMiB)
  const memoryBytes = gpuMemoryBytes(model) ?? sizeMiB * MIB
  return { model, count, memoryBytes, share: gpu.GpuPartitionSize ?? 1, usableBytes: sizeMiB * MIB }
}

/** EC2 says 'A100' of both sizes: the one that holds so much memory is meant. */
const modelOf = ({ Name = '' }: GpuDeviceInfo, sizeMiB: number): string => {
  const models = gpuModels(Name)
  return models.find((model) => (gpuMemoryBytes(model) ?? 0) >= sizeMiB * MIB) ?? models[0] ?? gpuModel(Name)
}
