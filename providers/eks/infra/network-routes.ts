// Route tables: made, one way out of the VPC, tied to their subnets; each part may be all that is missing.
import type { RouteTable } from '@aws-sdk/client-ec2'
import { text } from './apply-cluster.ts'
import type { RouteTableBody } from './bodies.ts'
import { type Making, tagged } from './network-making.ts'
import type { Ec2 } from './network-read.ts'

const EVERYWHERE = '0.0.0.0/0'

export const makeTable = async ({ sdk, client, once, step, live }: Making<RouteTableBody>): Promise<string> => {
  const abort = { abortSignal: step.signal }
  const create = { VpcId: text(step.body.vpc), TagSpecifications: tagged(step, 'route-table') }
  const id =
    live?.id ?? (await once.send(new sdk.CreateRouteTableCommand(create), abort)).RouteTable?.RouteTableId ?? ''
  const table = await describeTable({ sdk, client }, id, step.signal)
  if (!table?.Routes?.some((route) => route.DestinationCidrBlock === EVERYWHERE)) {
    const through = text(step.body.through)
    const way = step.body.way === 'nat' ? { NatGatewayId: through } : { GatewayId: through }
    const route = { RouteTableId: id, DestinationCidrBlock: EVERYWHERE, ...way }
    await client.send(new sdk.CreateRouteCommand(route), abort)
  }
  const tied = (table?.Associations ?? []).map((each) => each.SubnetId)
  for (const SubnetId of step.body.subnets.map(text).filter((each) => !tied.includes(each)))
    await client.send(new sdk.AssociateRouteTableCommand({ RouteTableId: id, SubnetId }), abort)
  return id
}

export const describeTable = async (
  { sdk, client }: Ec2,
  id: string,
  abortSignal: AbortSignal,
): Promise<RouteTable | undefined> =>
  (await client.send(new sdk.DescribeRouteTablesCommand({ RouteTableIds: [id] }), { abortSignal })).RouteTables?.find(
    (each) => each.RouteTableId === id,
  )
