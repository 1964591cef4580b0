// Network interfaces, security groups and volumes: what clusters and their controllers leave in a network. Those of a control
// plane stay in use for three minutes after it is gone.
import type {
  CreateSecurityGroupRequest,
  DeleteNetworkInterfaceRequest,
  DeleteSecurityGroupRequest,
  DescribeNetworkInterfacesRequest,
  DescribeSecurityGroupsRequest,
  DescribeVolumesRequest,
  NetworkInterface,
  SecurityGroup,
  Volume,
} from '@aws-sdk/client-ec2'
import { settle } from '../eks/settle.ts'
import { MINUTE, typed } from '../eks/typed.ts'
import { fault } from '../faults.ts'
import type { Handler } from '../server.ts'
import type { AwsState } from '../state.ts'
import type { InterfaceRecord, Tagged } from './state.ts'
import { dependency, idOf, matching, of, tagList, tagsGiven } from './typed.ts'
import { NO_VPC } from './vpcs.ts'

const NO_INTERFACE = ['InvalidNetworkInterfaceID.NotFound', 'networkInterface ID'] as const
const NO_GROUP = ['InvalidGroup.NotFound', 'security group'] as const
const LINGER_MINUTES = 3

export const interfaceHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  DescribeNetworkInterfaces: typed((input: DescribeNetworkInterfacesRequest) => ({
    NetworkInterfaces: matching<NetworkInterface, InterfaceRecord>(state.ec2.interfaces, input, {
      'vpc-id': (each) => [each.VpcId],
      'subnet-id': (each) => [each.SubnetId],
      status: (each) => [each.Status],
      description: (each) => [each.Description],
    }).map(({ value, tags }) => ({ ...value, TagSet: tagList(tags) })),
  })),
  DeleteNetworkInterface: typed(({ NetworkInterfaceId }: DeleteNetworkInterfaceRequest) => {
    const found = of(state.ec2.interfaces, NetworkInterfaceId, NO_INTERFACE)
    if (found.value.Status === 'in-use')
      throw fault('InvalidNetworkInterface.InUse', `Network interface '${NetworkInterfaceId}' is currently in use.`)
    state.ec2.interfaces.delete(NetworkInterfaceId ?? '')
  }),
  CreateSecurityGroup: typed((input: CreateSecurityGroupRequest) => {
    of(state.ec2.vpcs, input.VpcId, NO_VPC)
    const GroupId = idOf(state, 'sg')
    const value: SecurityGroup = { GroupId, GroupName: input.GroupName, VpcId: input.VpcId }
    const tags = tagsGiven(input.TagSpecifications, 'security-group')
    state.ec2.groups.set(GroupId, { value, tags, madeAtMs: state.clock.now() })
    return { GroupId, Tags: tagList(tags) }
  }),
  DescribeSecurityGroups: typed((input: DescribeSecurityGroupsRequest) => ({
    SecurityGroups: matching<SecurityGroup, Tagged<SecurityGroup>>(state.ec2.groups, input, {
      'vpc-id': (each) => [each.VpcId],
      'group-name': (each) => [each.GroupName],
    }).map(({ value, tags }) => ({ ...value, Tags: tagList(tags) })),
  })),
  DeleteSecurityGroup: typed(({ GroupId }: DeleteSecurityGroupRequest) => {
    of(state.ec2.groups, GroupId, NO_GROUP)
    const used = [...state.ec2.interfaces.values()].some(({ value }) =>
      value.Groups?.some((each) => each.GroupId === GroupId),
    )
    if (used && state.rules.holds('groupInUse')) throw dependency('resource', GroupId)
    state.ec2.groups.delete(GroupId ?? '')
    return { Return: true, GroupId }
  }),
  DescribeVolumes: typed((input: DescribeVolumesRequest) => ({
    Volumes: matching<Volume, Tagged<Volume>>(state.ec2.volumes, input, {
      status: (each) => [each.State],
    }).map(({ value, tags }) => ({ ...value, Tags: tagList(tags) })),
  })),
})

/** Clusters bring an interface into each of their subnets, and it goes some time after them. */
export const settleInterfaces = (state: AwsState): void => {
  settle(state)
  for (const [name, cluster] of state.clusters) {
    if (cluster.value.status === 'CREATING') continue
    for (const subnet of cluster.value.resourcesVpcConfig?.subnetIds ?? []) addInterface(state, name, subnet)
  }
  const now = state.clock.now()
  for (const [id, each] of state.ec2.interfaces) {
    if (each.cluster === null || state.clusters.has(each.cluster)) continue
    const since = each.orphanedAtMs ?? now
    if (now - since >= LINGER_MINUTES * MINUTE || !state.rules.holds('interfacesLinger'))
      state.ec2.interfaces.delete(id)
    else state.ec2.interfaces.set(id, { ...each, orphanedAtMs: since })
  }
}

const addInterface = (state: AwsState, cluster: string, subnetId: string): void => {
  const subnet = state.ec2.subnets.get(subnetId)
  const there = [...state.ec2.interfaces.values()].some(
    (each) => each.cluster === cluster && each.value.SubnetId === subnetId,
  )
  if (subnet === undefined || there) return
  const value: NetworkInterface = {
    ...{ NetworkInterfaceId: idOf(state, 'eni'), SubnetId: subnetId, VpcId: subnet.value.VpcId, Status: 'in-use' },
    ...{ Description: `Amazon EKS ${cluster}`, RequesterManaged: true, InterfaceType: 'interface', Groups: [] },
  }
  const tags = new Map<string, string>()
  const madeAtMs = state.clock.now()
  state.ec2.interfaces.set(value.NetworkInterfaceId ?? '', { value, tags, madeAtMs, cluster, orphanedAtMs: null })
}
