// What stands of our network: found by the tags of fleet and target alone, one list of each kind. Ids are what EC2 gave, so
// that nothing is known by its name.
import type { EC2Client, NatGateway, RouteTable, Tag } from '@aws-sdk/client-ec2'
import type { Owner } from '../../../core/model/infra-owner.ts'
import type { ObservedObject, Readiness } from '../../../core/model/replica.ts'
import type { EksTarget } from '../clusters.ts'
import { awsError } from '../errors.ts'
import { FLEET_TAG, HASH_TAG, NAME_TAG, TARGET_TAG } from './names.ts'
import { networkId } from './network-plan.ts'
import { STAGES } from './objects.ts'

type Sdk = typeof import('@aws-sdk/client-ec2')

export interface Ec2 {
  readonly sdk: Sdk
  readonly client: EC2Client
}

export const openEc2 = async (eks: EksTarget): Promise<Ec2> => ({
  sdk: await import('@aws-sdk/client-ec2'),
  client: await eks.clients.ec2(),
})

/** One thing of ours as EC2 tells it. */
export interface Found {
  readonly kind: NetworkKind
  readonly id: string
  readonly name: string
  readonly hash: string | null
  readonly readiness: Readiness
}

export type NetworkKind = 'Vpc' | 'Address' | 'InternetGateway' | 'Subnet' | 'NatGateway' | 'RouteTable'

export const NETWORK_STAGES: Readonly<Record<NetworkKind, number>> = {
  Vpc: STAGES.vpc,
  Address: STAGES.vpc,
  InternetGateway: STAGES.subnet,
  Subnet: STAGES.subnet,
  NatGateway: STAGES.nat,
  RouteTable: STAGES.route,
}

export const isNetworkKind = (kind: string): kind is NetworkKind => Object.hasOwn(NETWORK_STAGES, kind)

export const ownFilters = (owner: Owner) => [
  { Name: `tag:${FLEET_TAG}`, Values: [owner.fleet] },
  { Name: `tag:${TARGET_TAG}`, Values: [owner.target] },
]

export const findNetwork = async (eks: EksTarget, owner: Owner, signal: AbortSignal): Promise<readonly Found[]> => {
  const kinds = Object.keys(NETWORK_STAGES).filter(isNetworkKind)
  const all = await Promise.all(kinds.map((kind) => findKind(eks, { kind, owner }, signal)))
  return all.flat()
}

export const findKind = async (
  eks: EksTarget,
  { kind, owner }: { readonly kind: NetworkKind; readonly owner: Owner },
  signal: AbortSignal,
): Promise<readonly Found[]> => {
  const ec2 = await openEc2(eks)
  try {
    const found = await READERS[kind](ec2, { Filters: ownFilters(owner) }, signal)
    return found.sort((a, b) => (a.id < b.id ? -1 : 1))
  } catch (error) {
    throw awsError(error, `look for the ${kind} of ${owner.target}`, eks.target.name)
  }
}

type Reader = (
  ec2: Ec2,
  asked: { readonly Filters: { Name: string; Values: string[] }[] },
  signal: AbortSignal,
) => Promise<Found[]>

const READY: Readiness = { state: 'ready', retriable: false }
const going = (message: string): Readiness => ({ state: 'progressing', message, retriable: true })

const READERS: Readonly<Record<NetworkKind, Reader>> = {
  Vpc: async ({ sdk, client }, asked, abortSignal) => {
    const { Vpcs = [] } = await client.send(new sdk.DescribeVpcsCommand(asked), { abortSignal })
    return Vpcs.map((vpc) => found('Vpc', vpc.VpcId, vpc.Tags, vpc.State === 'available' ? READY : going('pending')))
  },
  Address: async ({ sdk, client }, asked, abortSignal) => {
    const { Addresses = [] } = await client.send(new sdk.DescribeAddressesCommand(asked), { abortSignal })
    return Addresses.map((address) => found('Address', address.AllocationId, address.Tags, READY))
  },
  InternetGateway: async ({ sdk, client }, asked, abortSignal) => {
    const answer = await client.send(new sdk.DescribeInternetGatewaysCommand(asked), { abortSignal })
    return (answer.InternetGateways ?? []).map((gateway) =>
      found('InternetGateway', gateway.InternetGatewayId, gateway.Tags, READY),
    )
  },
  Subnet: async ({ sdk, client }, asked, abortSignal) => {
    const { Subnets = [] } = await client.send(new sdk.DescribeSubnetsCommand(asked), { abortSignal })
    return Subnets.map((subnet) =>
      found('Subnet', subnet.SubnetId, subnet.Tags, subnet.State === 'available' ? READY : going('pending')),
    )
  },
  NatGateway: async ({ sdk, client }, { Filters }, abortSignal) => {
    const { NatGateways = [] } = await client.send(new sdk.DescribeNatGatewaysCommand({ Filter: Filters }), {
      abortSignal,
    })
    // EC2 tells of a gateway for an hour after it is gone.
    return NatGateways.filter((nat) => nat.State !== 'deleted').map(natFound)
  },
  RouteTable: async ({ sdk, client }, asked, abortSignal) => {
    const { RouteTables = [] } = await client.send(new sdk.DescribeRouteTablesCommand(asked), { abortSignal })
    return RouteTables.map((table: RouteTable) => found('RouteTable', table.RouteTableId, table.Tags, READY))
  },
}

/** One that failed never works again: without its hash it is made anew by the next plan. */
const natFound = (nat: NatGateway): Found => {
  const seen = found('NatGateway', nat.NatGatewayId, nat.Tags, READY)
  if (nat.State === 'available') return seen
  if (nat.State !== 'failed') return { ...seen, readiness: going(String(nat.State)) }
  const message = `the NAT gateway failed: ${nat.FailureMessage ?? nat.FailureCode ?? 'AWS does not say why'}`
  return { ...seen, hash: null, readiness: { state: 'failed', reason: 'Failed', message, retriable: false } }
}

const found = (kind: NetworkKind, id: string | undefined, tags: Tag[] | undefined, readiness: Readiness): Found => {
  const byKey = new Map((tags ?? []).map((tag) => [tag.Key, tag.Value]))
  return { kind, id: id ?? '', name: byKey.get(NAME_TAG) ?? id ?? '', hash: byKey.get(HASH_TAG) ?? null, readiness }
}

/** A second of one name is left over from an answer that was lost: it has no name in the file, and so it goes. */
export const observedNetwork = (all: readonly Found[]): readonly ObservedObject[] =>
  all.map((each, i) => {
    const first = all.findIndex((other) => other.kind === each.kind && other.name === each.name) === i
    const name = first ? each.name : each.id
    return {
      id: networkId(each.kind, name),
      uid: each.id,
      kind: each.kind,
      name,
      scope: 'target',
      guard: 'container',
      stage: NETWORK_STAGES[each.kind],
      ...(each.hash === null ? {} : { hash: each.hash }),
      owner: 'ours',
      drift: [],
      readiness: each.readiness,
      outputs: { id: each.id },
    }
  })
