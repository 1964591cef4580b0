// Takes the network away, each thing by the id that carries our tags. What stands in our own subnets and belongs to the
// cluster that is gone (interfaces, security groups) goes with it; anything else stops here and is named.
import { StormportError } from '../../../core/errors.ts'
import type { EksTarget } from '../clusters.ts'
import { awsError, nameOf } from '../errors.ts'
import { eksSettings } from '../settings.ts'
import { type Ec2, type NetworkKind, openEc2 } from './network-read.ts'
import { describeTable } from './network-routes.ts'

export interface NetworkRemoval {
  readonly eks: EksTarget
  readonly kind: NetworkKind
  /** As seen by our tags just before. */
  readonly id: string
  readonly name: string
  readonly signal: AbortSignal
}

export const removeNetwork = async (of: NetworkRemoval): Promise<boolean> => {
  const ec2 = await openEc2(of.eks)
  try {
    await REMOVERS[of.kind](ec2, of.id, of)
    return true
  } catch (error) {
    if (nameOf(error).endsWith('NotFound')) return false
    throw await blocked(ec2, error, of)
  }
}

type Remover = (ec2: Ec2, id: string, of: NetworkRemoval) => Promise<unknown>

const REMOVERS: Readonly<Record<NetworkKind, Remover>> = {
  Vpc: async ({ sdk, client }, VpcId, of) => {
    await removeGroups({ sdk, client }, VpcId, of)
    await client.send(new sdk.DeleteVpcCommand({ VpcId }), { abortSignal: of.signal })
  },
  Address: ({ sdk, client }, AllocationId, { signal }) =>
    client.send(new sdk.ReleaseAddressCommand({ AllocationId }), { abortSignal: signal }),
  InternetGateway: async ({ sdk, client }, InternetGatewayId, { signal }) => {
    const asked = { InternetGatewayIds: [InternetGatewayId] }
    const seen = await client.send(new sdk.DescribeInternetGatewaysCommand(asked), { abortSignal: signal })
    const gateway = seen.InternetGateways?.find((each) => each.InternetGatewayId === InternetGatewayId)
    for (const { VpcId } of gateway?.Attachments ?? [])
      await client.send(new sdk.DetachInternetGatewayCommand({ InternetGatewayId, VpcId }), { abortSignal: signal })
    await client.send(new sdk.DeleteInternetGatewayCommand({ InternetGatewayId }), { abortSignal: signal })
  },
  Subnet: async ({ sdk, client }, SubnetId, of) => {
    await sweepInterfaces({ sdk, client }, SubnetId, of)
    await client.send(new sdk.DeleteSubnetCommand({ SubnetId }), { abortSignal: of.signal })
  },
  NatGateway: ({ sdk, client }, NatGatewayId, { signal }) =>
    client.send(new sdk.DeleteNatGatewayCommand({ NatGatewayId }), { abortSignal: signal }),
  RouteTable: async ({ sdk, client }, RouteTableId, { signal }) => {
    const table = await describeTable({ sdk, client }, RouteTableId, signal)
    for (const { RouteTableAssociationId: AssociationId } of table?.Associations ?? [])
      await client.send(new sdk.DisassociateRouteTableCommand({ AssociationId }), { abortSignal: signal })
    await client.send(new sdk.DeleteRouteTableCommand({ RouteTableId }), { abortSignal: signal })
  },
}

/** Interfaces that the cluster's machines have left behind, and nobody else's. */
const sweepInterfaces = async ({ sdk, client }: Ec2, subnet: string, of: NetworkRemoval): Promise<void> => {
  const asked = { Filters: [{ Name: 'subnet-id', Values: [subnet] }] }
  const seen = await client.send(new sdk.DescribeNetworkInterfacesCommand(asked), { abortSignal: of.signal })
  const left = (seen.NetworkInterfaces ?? []).filter(
    (each) => each.Status === 'available' && isOfCluster(each.Description ?? '', eksSettings(of.eks.target).cluster),
  )
  for (const { NetworkInterfaceId } of left)
    await client.send(new sdk.DeleteNetworkInterfaceCommand({ NetworkInterfaceId }), { abortSignal: of.signal })
}

/** As the control plane and the network plugin describe their own. */
export const isOfCluster = (description: string, cluster: string): boolean =>
  description === `Amazon EKS ${cluster}` || description.startsWith('aws-K8S-')

/** Groups that EKS and load balancers of the cluster have made in our VPC. */
const removeGroups = async ({ sdk, client }: Ec2, vpc: string, { eks, signal }: NetworkRemoval): Promise<void> => {
  const cluster = eksSettings(eks.target).cluster
  const asked = { Filters: [{ Name: 'vpc-id', Values: [vpc] }] }
  const seen = await client.send(new sdk.DescribeSecurityGroupsCommand(asked), { abortSignal: signal })
  const ofCluster = (seen.SecurityGroups ?? []).filter((group) =>
    group.Tags?.some(
      ({ Key, Value }) =>
        (Key === `kubernetes.io/cluster/${cluster}` && Value === 'owned') ||
        ((Key === 'elbv2.k8s.aws/cluster' || Key === 'aws:eks:cluster-name') && Value === cluster),
    ),
  )
  for (const { GroupId } of ofCluster)
    await client.send(new sdk.DeleteSecurityGroupCommand({ GroupId }), { abortSignal: signal })
}

/** The refusal of EC2 names only what it would not delete; what stands on it is looked for. */
const blocked = async (
  { sdk, client }: Ec2,
  error: unknown,
  { eks, kind, id, name, signal }: NetworkRemoval,
): Promise<StormportError> => {
  const doing = `delete ${kind} ${name} (${id})`
  const plain = awsError(error, doing, eks.target.name)
  if (nameOf(error) !== 'DependencyViolation' || (kind !== 'Subnet' && kind !== 'Vpc')) return plain
  const asked = { Filters: [{ Name: kind === 'Subnet' ? 'subnet-id' : 'vpc-id', Values: [id] }] }
  const seen = await client
    .send(new sdk.DescribeNetworkInterfacesCommand(asked), { abortSignal: signal })
    .catch(() => ({ NetworkInterfaces: [] }))
  const names = (seen.NetworkInterfaces ?? []).map((each) =>
    `${each.NetworkInterfaceId} ${each.Description ?? ''}`.trim(),
  )
  if (names.length === 0) return plain
  return new StormportError('Conflict', `${doing}: still used by ${names.join(', ')}`, {
    ...plain.details,
    hint: 'remove what is named, then run the same command again',
  })
}
