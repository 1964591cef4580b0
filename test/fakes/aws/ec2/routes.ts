// NAT gateways with their addresses, and route tables: a gateway takes two minutes to come and one to go, and holds its
// address until then; a table that a subnet uses is not deleted.
import type {
  Address,
  AllocateAddressRequest,
  AssociateRouteTableRequest,
  CreateNatGatewayRequest,
  CreateRouteRequest,
  CreateRouteTableRequest,
  DeleteNatGatewayRequest,
  DeleteRouteTableRequest,
  DescribeAddressesRequest,
  DescribeNatGatewaysRequest,
  DescribeRouteTablesRequest,
  DisassociateRouteTableRequest,
  NatGateway,
  ReleaseAddressRequest,
  RouteTable,
} from '@aws-sdk/client-ec2'
import { MINUTE, typed } from '../eks/typed.ts'
import { fault } from '../faults.ts'
import type { Handler } from '../server.ts'
import type { AwsState } from '../state.ts'
import type { NatRecord, Tagged } from './state.ts'
import { dependency, idOf, matching, of, tagList, tagsGiven } from './typed.ts'
import { NO_SUBNET, NO_VPC } from './vpcs.ts'

const NO_NAT = ['NatGatewayNotFound', 'NAT gateway'] as const
const NO_ADDRESS = ['InvalidAllocationID.NotFound', 'allocation ID'] as const
const NO_TABLE = ['InvalidRouteTableID.NotFound', 'routeTable ID'] as const
const NAT_MINUTES = 2
const NAT_GONE_MINUTES = 1
/** A gateway that is gone is still told of for an hour. */
const NAT_TOLD_MINUTES = 60

export const routeHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  ...addressHandlers(state),
  ...natHandlers(state),
  ...tableHandlers(state),
})

const addressHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  AllocateAddress: typed((input: AllocateAddressRequest) => {
    const AllocationId = idOf(state, 'eipalloc')
    const value: Address = { AllocationId, PublicIp: `192.0.2.${state.ec2.addresses.size + 1}`, Domain: 'vpc' }
    const tags = tagsGiven(input.TagSpecifications, 'elastic-ip')
    state.ec2.addresses.set(AllocationId, { value, tags, madeAtMs: state.clock.now() })
    return { AllocationId, PublicIp: value.PublicIp, Domain: 'vpc' }
  }),
  DescribeAddresses: typed((input: DescribeAddressesRequest) => ({
    Addresses: matching<Address, Tagged<Address>>(state.ec2.addresses, input, {
      'allocation-id': (address) => [address.AllocationId],
    }).map(({ value, tags }) => ({ ...value, Tags: tagList(tags) })),
  })),
  ReleaseAddress: typed(({ AllocationId }: ReleaseAddressRequest) => {
    settleNats(state)
    of(state.ec2.addresses, AllocationId, NO_ADDRESS)
    const used = [...state.ec2.nats.values()].some(
      ({ value }) =>
        value.State !== 'deleted' && value.NatGatewayAddresses?.some((each) => each.AllocationId === AllocationId),
    )
    if (used && state.rules.holds('addressInUse'))
      throw fault('InvalidIPAddress.InUse', `Address with allocation id ${AllocationId} is in use`)
    state.ec2.addresses.delete(AllocationId ?? '')
  }),
})

const natHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreateNatGateway: typed((input: CreateNatGatewayRequest) => {
    const before = [...state.ec2.nats.values()].find((each) => each.token !== null && each.token === input.ClientToken)
    if (before !== undefined) return { NatGateway: before.value, ClientToken: input.ClientToken }
    return { NatGateway: createNat(state, input), ClientToken: input.ClientToken }
  }),
  DescribeNatGateways: typed((input: DescribeNatGatewaysRequest) => {
    settleNats(state)
    return {
      NatGateways: matching<NatGateway, NatRecord>(state.ec2.nats, input, {
        'vpc-id': (nat) => [nat.VpcId],
        'subnet-id': (nat) => [nat.SubnetId],
        state: (nat) => [nat.State],
      }).map(({ value, tags }) => ({ ...value, Tags: tagList(tags) })),
    }
  }),
  DeleteNatGateway: typed(({ NatGatewayId }: DeleteNatGatewayRequest) => {
    const nat = of(state.ec2.nats, NatGatewayId, NO_NAT)
    const value = { ...nat.value, State: 'deleting' as const }
    state.ec2.nats.set(NatGatewayId ?? '', { ...nat, value, deletedAtMs: nat.deletedAtMs ?? state.clock.now() })
    return { NatGatewayId }
  }),
})

const createNat = (state: AwsState, input: CreateNatGatewayRequest): NatGateway => {
  const subnet = of(state.ec2.subnets, input.SubnetId, NO_SUBNET)
  const address = of(state.ec2.addresses, input.AllocationId, NO_ADDRESS)
  const attached = [...state.ec2.gateways.values()].some(({ value }) =>
    value.Attachments?.some((each) => each.VpcId === subnet.value.VpcId),
  )
  // The service takes the request and fails afterwards.
  const failed = !attached && state.rules.holds('natNeedsGateway')
  const value: NatGateway = {
    ...{ NatGatewayId: idOf(state, 'nat'), SubnetId: input.SubnetId, VpcId: subnet.value.VpcId },
    State: failed ? 'failed' : 'pending',
    ...(failed ? { FailureCode: 'Gateway.NotAttached', FailureMessage: 'Network has no Internet gateway' } : {}),
    NatGatewayAddresses: [{ AllocationId: input.AllocationId, PublicIp: address.value.PublicIp }],
  }
  const tags = tagsGiven(input.TagSpecifications, 'natgateway')
  const token = input.ClientToken ?? null
  state.ec2.nats.set(value.NatGatewayId ?? '', { value, tags, madeAtMs: state.clock.now(), deletedAtMs: null, token })
  return { ...value, Tags: tagList(tags) }
}

export const settleNats = (state: AwsState): void => {
  const now = state.clock.now()
  for (const [id, nat] of state.ec2.nats) {
    const set = (State: 'available' | 'deleted'): void =>
      void state.ec2.nats.set(id, { ...nat, value: { ...nat.value, State } })
    if (nat.deletedAtMs === null) {
      if (nat.value.State === 'pending' && now - nat.madeAtMs >= NAT_MINUTES * MINUTE) set('available')
    } else if (now - nat.deletedAtMs >= NAT_TOLD_MINUTES * MINUTE) state.ec2.nats.delete(id)
    else if (now - nat.deletedAtMs >= NAT_GONE_MINUTES * MINUTE) set('deleted')
  }
}

const tableHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreateRouteTable: typed((input: CreateRouteTableRequest) => {
    of(state.ec2.vpcs, input.VpcId, NO_VPC)
    const RouteTableId = idOf(state, 'rtb')
    const value: RouteTable = { RouteTableId, VpcId: input.VpcId, Associations: [], Routes: [] }
    const tags = tagsGiven(input.TagSpecifications, 'route-table')
    state.ec2.tables.set(RouteTableId, { value, tags, madeAtMs: state.clock.now() })
    return { RouteTable: { ...value, Tags: tagList(tags) } }
  }),
  DescribeRouteTables: typed((input: DescribeRouteTablesRequest) => ({
    RouteTables: matching<RouteTable, Tagged<RouteTable>>(state.ec2.tables, input, {
      'vpc-id': (table) => [table.VpcId],
      'route-table-id': (table) => [table.RouteTableId],
    }).map(({ value, tags }) => ({ ...value, Tags: tagList(tags) })),
  })),
  CreateRoute: typed((input: CreateRouteRequest) => {
    const table = of(state.ec2.tables, input.RouteTableId, NO_TABLE)
    const there = (table.value.Routes ?? []).some((each) => each.DestinationCidrBlock === input.DestinationCidrBlock)
    if (there && state.rules.holds('routeTaken'))
      throw fault('RouteAlreadyExists', `The route identified by ${input.DestinationCidrBlock} already exists.`)
    const { DestinationCidrBlock, GatewayId, NatGatewayId } = input
    const route = { DestinationCidrBlock, GatewayId, NatGatewayId, State: 'active' as const }
    setTable(state, input.RouteTableId, { Routes: [...(table.value.Routes ?? []), route] })
    return { Return: true }
  }),
  AssociateRouteTable: typed((input: AssociateRouteTableRequest) => associate(state, input)),
  DisassociateRouteTable: typed(({ AssociationId }: DisassociateRouteTableRequest) => {
    const found = [...state.ec2.tables.values()].find(({ value }) =>
      value.Associations?.some((each) => each.RouteTableAssociationId === AssociationId),
    )
    if (found === undefined) throw fault('InvalidAssociationID.NotFound', `no association ${AssociationId}`)
    const Associations = (found.value.Associations ?? []).filter((a) => a.RouteTableAssociationId !== AssociationId)
    setTable(state, found.value.RouteTableId, { Associations })
  }),
  DeleteRouteTable: typed(({ RouteTableId }: DeleteRouteTableRequest) => {
    const table = of(state.ec2.tables, RouteTableId, NO_TABLE)
    if ((table.value.Associations ?? []).length > 0 && state.rules.holds('tableAssociated'))
      throw dependency('routeTable', RouteTableId)
    state.ec2.tables.delete(RouteTableId ?? '')
  }),
})

const associate = (state: AwsState, input: AssociateRouteTableRequest) => {
  const table = of(state.ec2.tables, input.RouteTableId, NO_TABLE)
  of(state.ec2.subnets, input.SubnetId, NO_SUBNET)
  const all = [...state.ec2.tables.values()].flatMap(({ value }) => value.Associations ?? [])
  if (all.some((each) => each.SubnetId === input.SubnetId))
    throw fault('Resource.AlreadyAssociated', `the subnet ${input.SubnetId} is already associated`)
  const RouteTableAssociationId = idOf(state, 'rtbassoc')
  const association = {
    RouteTableAssociationId,
    RouteTableId: input.RouteTableId,
    SubnetId: input.SubnetId,
    Main: false,
  }
  setTable(state, input.RouteTableId, { Associations: [...(table.value.Associations ?? []), association] })
  return { AssociationId: RouteTableAssociationId, AssociationState: { State: 'associated' as const } }
}

const setTable = (state: AwsState, id: string | undefined, over: Partial<RouteTable>): void => {
  const table = of(state.ec2.tables, id, NO_TABLE)
  state.ec2.tables.set(id ?? '', { ...table, value: { ...table.value, ...over } })
}
