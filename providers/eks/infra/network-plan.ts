// The network of a created cluster, cut from one range: private subnets for nodes and the control plane, public ones for load
// balancers and the NAT gateway. Pure: same range, same subnets, so that a run that was cut off finds its own.
import { StormportError } from '../../../core/errors.ts'
import { type Owner, ownedName } from '../../../core/model/infra-owner.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { EksCreate } from '../settings.ts'
import type { AddressBody, GatewayBody, NatBody, Reference, RouteTableBody, SubnetBody, VpcBody } from './bodies.ts'
import { object, STAGES } from './objects.ts'

const LONGEST = 120
/** A region may give an account two zones for clusters: us-west-1. */
const TWO_ZONES = new Set(['us-west-1'])

export interface Network {
  readonly objects: readonly NativeObject[]
  /** For the cluster and its nodes. */
  readonly subnets: readonly Reference[]
  /** What must stand before machines can reach anything. */
  readonly awaits: readonly string[]
}

export const networkOf = (create: EksCreate, owner: Owner, region: string): Network => {
  const place = placer(owner)
  const zones = [0, 1, 2].slice(0, TWO_ZONES.has(region) ? 2 : 3)
  const blocks = cut(create.cidr, owner.target)
  const subnet = (kind: 'public' | 'private') =>
    zones.map((zone) => {
      const body: SubnetBody = { vpc: vpc.ref, cidr: blocks[kind === 'private' ? zone : zone + 4] ?? '', zone, kind }
      return place('Subnet', `${kind}-${zone + 1}`, { body, stage: STAGES.subnet, awaits: [vpc.id] })
    })
  const vpc = place('Vpc', '', { body: { cidr: create.cidr } satisfies VpcBody, stage: STAGES.vpc })
  const gateway = place('InternetGateway', '', {
    body: { vpc: vpc.ref } satisfies GatewayBody,
    ...{ stage: STAGES.subnet, awaits: [vpc.id] },
  })
  const address = place('Address', 'nat', { body: {} satisfies AddressBody, stage: STAGES.vpc })
  const [publics, privates] = [subnet('public'), subnet('private')]
  const nat = place('NatGateway', '', {
    body: { subnet: publics[0]?.ref ?? '', address: address.ref } satisfies NatBody,
    ...{ stage: STAGES.nat, awaits: [gateway.id, address.id, ...publics.map((each) => each.id)] },
  })
  const table = (name: string, way: RouteTableBody['way'], through: Placed, of: readonly Placed[]) =>
    place('RouteTable', name, {
      body: { vpc: vpc.ref, way, through: through.ref, subnets: of.map((each) => each.ref) } satisfies RouteTableBody,
      ...{ stage: STAGES.route, awaits: [through.id, ...of.map((each) => each.id)] },
    })
  const tables = [table('public', 'internet', gateway, publics), table('private', 'nat', nat, privates)]
  const all = [vpc, address, gateway, ...publics, ...privates, nat, ...tables]
  return {
    objects: all.map((each) => each.object),
    subnets: privates.map((each) => each.ref),
    awaits: tables.map((each) => each.id),
  }
}

interface Placed {
  readonly id: string
  readonly ref: Reference
  readonly object: NativeObject
}

const placer =
  (owner: Owner) =>
  (
    kind: string,
    part: string,
    of: { readonly body: object; readonly stage: number; readonly awaits?: readonly string[] },
  ): Placed => {
    const name = networkName(owner, part)
    const id = networkId(kind, name)
    return { id, ref: { ref: id, field: 'id' }, object: { ...object(kind, name, { ...of, owner }), id } }
  }

export const networkName = (owner: Owner, part: string): string =>
  ownedName(['stormport', owner.fleet, owner.target, ...(part === '' ? [] : [part])], LONGEST)

export const networkId = (kind: string, name: string): string => `ec2/${kind}/${name}`

/** Eight equal parts of a range. @throws StormportError 'BadInput' when a VPC cannot have it. */
const cut = (cidr: string, target: string): readonly string[] => {
  const [, address = '', length = ''] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(cidr) ?? []
  const prefix = Number(length)
  const parts = address.split('.').map(Number)
  const first = parts.reduce((sum, part) => sum * 256 + part, 0)
  const size = 2 ** (32 - prefix)
  if (address === '' || prefix < 16 || prefix > 24 || parts.some((part) => part > 255) || first % size !== 0)
    throw new StormportError('BadInput', `create.network.cidr ${cidr} of ${target} is no range for a VPC`, {
      diagnostic: 'SP4408',
      source: 'user',
      target,
      hint: 'write an IPv4 range of /16 to /24 that starts at its first address, such as 10.0.0.0/16',
    })
  return Array.from({ length: 8 }, (_, i) => `${dotted(first + (i * size) / 8)}/${prefix + 3}`)
}

const dotted = (value: number): string => [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.')
