// VPCs, their subnets and internet gateways: nothing goes while something stands in it, subnets lie inside and apart.
import type {
  AttachInternetGatewayRequest,
  CreateInternetGatewayRequest,
  CreateSubnetRequest,
  CreateVpcRequest,
  DeleteInternetGatewayRequest,
  DeleteSubnetRequest,
  DeleteVpcRequest,
  DescribeInternetGatewaysRequest,
  DescribeSubnetsRequest,
  DescribeVpcAttributeRequest,
  DescribeVpcsRequest,
  InternetGateway,
  ModifySubnetAttributeRequest,
  ModifyVpcAttributeRequest,
  Subnet,
  Vpc,
} from '@aws-sdk/client-ec2'
import { typed } from '../eks/typed.ts'
import { fault } from '../faults.ts'
import type { Handler } from '../server.ts'
import type { AwsState } from '../state.ts'
import { contains, overlap } from './networks.ts'
import type { Tagged } from './state.ts'
import { dependency, idOf, matching, of, tagList, tagsGiven } from './typed.ts'

export const NO_VPC = ['InvalidVpcID.NotFound', 'vpc ID'] as const
export const NO_SUBNET = ['InvalidSubnetID.NotFound', 'subnet ID'] as const
const NO_GATEWAY = ['InvalidInternetGatewayID.NotFound', 'internetGateway ID'] as const

export const vpcHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreateVpc: typed((input: CreateVpcRequest) => ({ Vpc: createVpc(state, input) })),
  DescribeVpcs: typed((input: DescribeVpcsRequest) => ({
    Vpcs: matching<Vpc, Tagged<Vpc>>(state.ec2.vpcs, input, {
      'vpc-id': (vpc) => [vpc.VpcId],
      cidr: (vpc) => [vpc.CidrBlock],
    }).map(({ value, tags }) => ({ ...value, Tags: tagList(tags) })),
  })),
  DescribeVpcAttribute: typed((input: DescribeVpcAttributeRequest) => {
    const vpc = of(state.ec2.vpcs, input.VpcId, NO_VPC)
    return {
      VpcId: input.VpcId,
      EnableDnsHostnames: { Value: vpc.dnsHostnames },
      EnableDnsSupport: { Value: vpc.dnsSupport },
    }
  }),
  ModifyVpcAttribute: typed((input: ModifyVpcAttributeRequest) => {
    const vpc = of(state.ec2.vpcs, input.VpcId, NO_VPC)
    if (input.EnableDnsHostnames !== undefined && input.EnableDnsSupport !== undefined)
      throw fault('InvalidParameterCombination', 'Fields for multiple attribute types specified')
    const dnsHostnames = input.EnableDnsHostnames?.Value ?? vpc.dnsHostnames
    const dnsSupport = input.EnableDnsSupport?.Value ?? vpc.dnsSupport
    state.ec2.vpcs.set(input.VpcId ?? '', { ...vpc, dnsHostnames, dnsSupport })
  }),
  DeleteVpc: typed((input: DeleteVpcRequest) => deleteVpc(state, input)),
  ...subnetHandlers(state),
  ...gatewayHandlers(state),
})

const createVpc = (state: AwsState, input: CreateVpcRequest): Vpc => {
  const VpcId = idOf(state, 'vpc')
  const value: Vpc = { VpcId, CidrBlock: input.CidrBlock, State: 'available', IsDefault: false, OwnerId: state.account }
  const tags = tagsGiven(input.TagSpecifications, 'vpc')
  state.ec2.vpcs.set(VpcId, { value, tags, madeAtMs: state.clock.now(), dnsHostnames: false, dnsSupport: true })
  return { ...value, Tags: tagList(tags) }
}

const deleteVpc = (state: AwsState, { VpcId }: DeleteVpcRequest): void => {
  of(state.ec2.vpcs, VpcId, NO_VPC)
  const { subnets, gateways, tables, groups } = state.ec2
  const stands =
    [...subnets.values()].some(({ value }) => value.VpcId === VpcId) ||
    [...gateways.values()].some(({ value }) => value.Attachments?.some((each) => each.VpcId === VpcId)) ||
    [...tables.values()].some(({ value }) => value.VpcId === VpcId) ||
    [...groups.values()].some(({ value }) => value.VpcId === VpcId)
  if (stands && state.rules.holds('vpcNotEmpty')) throw dependency('vpc', VpcId)
  state.ec2.vpcs.delete(VpcId ?? '')
}

const subnetHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreateSubnet: typed((input: CreateSubnetRequest) => ({ Subnet: createSubnet(state, input) })),
  DescribeSubnets: typed((input: DescribeSubnetsRequest) => ({
    Subnets: matching<Subnet, Tagged<Subnet>>(state.ec2.subnets, input, {
      'vpc-id': (subnet) => [subnet.VpcId],
      'subnet-id': (subnet) => [subnet.SubnetId],
    }).map(({ value, tags }) => ({ ...value, Tags: tagList(tags) })),
  })),
  ModifySubnetAttribute: typed((input: ModifySubnetAttributeRequest) => {
    const subnet = of(state.ec2.subnets, input.SubnetId, NO_SUBNET)
    const MapPublicIpOnLaunch = input.MapPublicIpOnLaunch?.Value ?? false
    state.ec2.subnets.set(input.SubnetId ?? '', { ...subnet, value: { ...subnet.value, MapPublicIpOnLaunch } })
  }),
  DeleteSubnet: typed(({ SubnetId }: DeleteSubnetRequest) => {
    of(state.ec2.subnets, SubnetId, NO_SUBNET)
    const { interfaces, nats } = state.ec2
    const stands =
      [...interfaces.values()].some(({ value }) => value.SubnetId === SubnetId) ||
      [...nats.values()].some(({ value }) => value.SubnetId === SubnetId && value.State !== 'deleted')
    if (stands && state.rules.holds('subnetNotEmpty')) throw dependency('subnet', SubnetId)
    state.ec2.subnets.delete(SubnetId ?? '')
  }),
})

const createSubnet = (state: AwsState, input: CreateSubnetRequest): Subnet => {
  const vpc = of(state.ec2.vpcs, input.VpcId, NO_VPC)
  const cidr = input.CidrBlock ?? ''
  checkRange(state, { vpcId: input.VpcId, vpcCidr: vpc.value.CidrBlock ?? '', cidr })
  const zone = state.ec2.zones.find((each) => each.name === input.AvailabilityZone) ?? state.ec2.zones[0]
  const SubnetId = idOf(state, 'subnet')
  const value: Subnet = {
    ...{ SubnetId, VpcId: input.VpcId, CidrBlock: cidr, State: 'available' as const, MapPublicIpOnLaunch: false },
    AvailabilityZone: zone?.name,
    AvailabilityZoneId: zone?.id,
  }
  const tags = tagsGiven(input.TagSpecifications, 'subnet')
  state.ec2.subnets.set(SubnetId, { value, tags, madeAtMs: state.clock.now() })
  return { ...value, Tags: tagList(tags) }
}

const checkRange = (
  state: AwsState,
  { vpcId, vpcCidr, cidr }: { readonly vpcId: string | undefined; readonly vpcCidr: string; readonly cidr: string },
): void => {
  if (!state.rules.holds('subnetRange')) return
  if (!contains(vpcCidr, cidr)) throw fault('InvalidSubnet.Range', `The CIDR '${cidr}' is invalid.`)
  const beside = [...state.ec2.subnets.values()].filter(({ value }) => value.VpcId === vpcId)
  if (beside.some(({ value }) => overlap(value.CidrBlock ?? '', cidr)))
    throw fault('InvalidSubnet.Conflict', `The CIDR '${cidr}' conflicts with another subnet`)
}

const gatewayHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreateInternetGateway: typed((input: CreateInternetGatewayRequest) => {
    const value: InternetGateway = { InternetGatewayId: idOf(state, 'igw'), Attachments: [] }
    const tags = tagsGiven(input.TagSpecifications, 'internet-gateway')
    state.ec2.gateways.set(value.InternetGatewayId ?? '', { value, tags, madeAtMs: state.clock.now() })
    return { InternetGateway: { ...value, Tags: tagList(tags) } }
  }),
  DescribeInternetGateways: typed((input: DescribeInternetGatewaysRequest) => ({
    InternetGateways: matching<InternetGateway, Tagged<InternetGateway>>(state.ec2.gateways, input, {
      'attachment.vpc-id': (gateway) => (gateway.Attachments ?? []).map((each) => each.VpcId),
    }).map(({ value, tags }) => ({ ...value, Tags: tagList(tags) })),
  })),
  AttachInternetGateway: typed((input: AttachInternetGatewayRequest) => {
    const gateway = of(state.ec2.gateways, input.InternetGatewayId, NO_GATEWAY)
    of(state.ec2.vpcs, input.VpcId, NO_VPC)
    if ((gateway.value.Attachments ?? []).length > 0)
      throw fault('Resource.AlreadyAssociated', `resource ${input.InternetGatewayId} is already attached`)
    setAttachments(state, input.InternetGatewayId, [{ VpcId: input.VpcId, State: 'available' as never }])
  }),
  DetachInternetGateway: typed((input: AttachInternetGatewayRequest) => {
    of(state.ec2.gateways, input.InternetGatewayId, NO_GATEWAY)
    const used = [...state.ec2.nats.values()].some(
      ({ value }) => value.VpcId === input.VpcId && value.State !== 'deleted',
    )
    if (used && state.rules.holds('gatewayMapped'))
      throw fault('DependencyViolation', `Network ${input.VpcId} has some mapped public address(es).`)
    setAttachments(state, input.InternetGatewayId, [])
  }),
  DeleteInternetGateway: typed(({ InternetGatewayId }: DeleteInternetGatewayRequest) => {
    const gateway = of(state.ec2.gateways, InternetGatewayId, NO_GATEWAY)
    if ((gateway.value.Attachments ?? []).length > 0 && state.rules.holds('gatewayAttached'))
      throw dependency('internetGateway', InternetGatewayId)
    state.ec2.gateways.delete(InternetGatewayId ?? '')
  }),
})

const setAttachments = (
  state: AwsState,
  id: string | undefined,
  Attachments: NonNullable<InternetGateway['Attachments']>,
): void => {
  const gateway = of(state.ec2.gateways, id, NO_GATEWAY)
  state.ec2.gateways.set(id ?? '', { ...gateway, value: { ...gateway.value, Attachments } })
}
