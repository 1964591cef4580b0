// What stands in EC2 of the stand-in: one record a thing, with its tags apart, so that filters by tag are the same for all.
import type {
  Address,
  InstanceTypeInfo,
  InternetGateway,
  NatGateway,
  NetworkInterface,
  RouteTable,
  SecurityGroup,
  SpotPrice,
  Subnet,
  Volume,
  Vpc,
} from '@aws-sdk/client-ec2'
import type { LoadBalancer } from '@aws-sdk/client-elastic-load-balancing-v2'
import { INSTANCE_TYPES, SPOT_PRICES } from './instance-types.ts'

export interface Tagged<T> {
  readonly value: T
  readonly tags: Map<string, string>
  readonly madeAtMs: number
}

export interface VpcAttributes {
  readonly dnsHostnames: boolean
  readonly dnsSupport: boolean
}

export interface InterfaceRecord extends Tagged<NetworkInterface> {
  /** The cluster that made it; null: somebody else. */
  readonly cluster: string | null
  /** When its cluster was first seen to be gone. */
  readonly orphanedAtMs: number | null
}

export interface NatRecord extends Tagged<NatGateway> {
  readonly deletedAtMs: number | null
  readonly token: string | null
}

export interface Ec2State {
  readonly vpcs: Map<string, Tagged<Vpc> & VpcAttributes>
  readonly subnets: Map<string, Tagged<Subnet>>
  readonly gateways: Map<string, Tagged<InternetGateway>>
  readonly nats: Map<string, NatRecord>
  readonly addresses: Map<string, Tagged<Address>>
  readonly tables: Map<string, Tagged<RouteTable>>
  readonly groups: Map<string, Tagged<SecurityGroup>>
  readonly interfaces: Map<string, InterfaceRecord>
  readonly volumes: Map<string, Tagged<Volume>>
  readonly balancers: Map<string, Tagged<LoadBalancer>>
  /** Zone name and id; a test may shorten the list. */
  readonly zones: { readonly name: string; readonly id: string; readonly optIn: boolean }[]
  readonly types: InstanceTypeInfo[]
  readonly spot: Required<Pick<SpotPrice, 'InstanceType' | 'AvailabilityZone' | 'SpotPrice'>>[]
  /** 'type/zone' that is not sold there. */
  readonly notSold: Set<string>
}

const ZONE_IDS: Readonly<Record<string, string>> = { 'eu-west-1': 'euw1', 'us-east-1': 'use1' }

export const createEc2State = (region: string): Ec2State => ({
  vpcs: new Map(),
  subnets: new Map(),
  gateways: new Map(),
  nats: new Map(),
  addresses: new Map(),
  tables: new Map(),
  groups: new Map(),
  interfaces: new Map(),
  volumes: new Map(),
  balancers: new Map(),
  zones: ['a', 'b', 'c'].map((letter, i) => ({
    name: `${region}${letter}`,
    id: `${ZONE_IDS[region] ?? 'xx1'}-az${i + 1}`,
    optIn: false,
  })),
  types: [...INSTANCE_TYPES],
  spot: SPOT_PRICES.map(({ type, letter, price }) => ({
    InstanceType: type as never,
    AvailabilityZone: `${region}${letter}`,
    SpotPrice: price,
  })),
  notSold: new Set(),
})
