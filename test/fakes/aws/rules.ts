// Semantic rules of the stand-in, each of which a test can switch off: a rule that no test misses proves nothing.
import { createRules as createShared, type Rules as SharedRules } from '../rules.ts'

export const RULES = {
  nameTaken: 'a second cluster, group, add-on or entry of one name is refused with 409',
  tokenReplay: 'the same client request token with the same request answers with what was made',
  roleVisible: 'a role is not assumable for eight seconds after it was made',
  autoModeTriple: 'compute, block storage and load balancing of Auto Mode are on together or off together',
  subnetsInTwoZones: 'a cluster needs subnets in two zones',
  deletionProtection: 'a protected cluster is not deleted',
  groupsBlockDelete: 'a cluster with groups or profiles is not deleted',
  fargateSerial: 'one Fargate profile of a cluster is made or deleted at a time',
  oneUpdate: 'one update of a cluster or group at a time',
  desiredWithinBounds: 'desired size lies between min and max',
  oneMinor: 'a cluster goes up one minor at a time, and groups not above it',
  insightsBlock: 'an upgrade with failing insights is refused',
  addonNeedsNode: 'coredns and metrics-server are degraded until a node is ready',
  accessLag: 'an access entry works five seconds after it was made',
  vpcNotEmpty: 'a VPC with subnets, gateways, tables or groups is not deleted',
  subnetNotEmpty: 'a subnet with interfaces or a NAT gateway is not deleted',
  subnetRange: 'subnets lie inside their VPC and apart from each other',
  gatewayAttached: 'an attached internet gateway is not deleted',
  gatewayMapped: 'an internet gateway stays attached while the VPC has public addresses',
  natNeedsGateway: 'a NAT gateway fails where the VPC has no internet gateway',
  addressInUse: 'the address of a NAT gateway is not released before that is gone',
  tableAssociated: 'a route table that a subnet uses is not deleted',
  routeTaken: 'a second route to one destination is refused',
  groupInUse: 'a security group that an interface has is not deleted',
  interfacesLinger: 'interfaces of a cluster stay in use for three minutes after it is gone',
} as const

export type Rule = keyof typeof RULES

export type Rules = SharedRules<Rule>

export const createRules = (): Rules => createShared<Rule>()
