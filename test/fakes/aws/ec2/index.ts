// EC2 of the stand-in: what networks, prices and leftovers of a cluster need. Held against the client's runtime schemas.
import type { CreateTagsRequest, DeleteTagsRequest, DescribeTagsRequest } from '@aws-sdk/client-ec2'
import { typed } from '../eks/typed.ts'
import { fault } from '../faults.ts'
import type { Handler } from '../server.ts'
import type { AwsState } from '../state.ts'
import { interfaceHandlers, settleInterfaces } from './interfaces.ts'
import { marketHandlers } from './market.ts'
import { routeHandlers, settleNats } from './routes.ts'
import { vpcHandlers } from './vpcs.ts'

export const ec2Handlers = (state: AwsState): Readonly<Record<string, Handler>> =>
  settled(state, {
    ...vpcHandlers(state),
    ...routeHandlers(state),
    ...interfaceHandlers(state),
    ...marketHandlers(state),
    CreateTags: typed((input: CreateTagsRequest) => {
      for (const tags of named(state, input.Resources))
        for (const { Key, Value } of input.Tags ?? []) tags.set(Key ?? '', Value ?? '')
    }),
    DeleteTags: typed((input: DeleteTagsRequest) => {
      for (const tags of named(state, input.Resources)) for (const { Key } of input.Tags ?? []) tags.delete(Key ?? '')
    }),
    DescribeTags: typed((_input: DescribeTagsRequest) => ({
      Tags: everything(state).flatMap(([ResourceId, tags]) =>
        [...tags].map(([Key, Value]) => ({ ResourceId, Key, Value })),
      ),
    })),
  })

const settled = (state: AwsState, handlers: Readonly<Record<string, Handler>>): Readonly<Record<string, Handler>> =>
  Object.fromEntries(
    Object.entries(handlers).map(([name, handler]): [string, Handler] => [
      name,
      (input, caller) => {
        settleInterfaces(state)
        settleNats(state)
        return handler(input, caller)
      },
    ]),
  )

const everything = ({ ec2 }: AwsState): readonly (readonly [string, Map<string, string>])[] =>
  [ec2.vpcs, ec2.subnets, ec2.gateways, ec2.nats, ec2.addresses, ec2.tables, ec2.groups, ec2.interfaces, ec2.volumes]
    .flatMap((all) => [...all])
    .map(([id, { tags }]) => [id, tags] as const)

const named = (state: AwsState, ids: readonly string[] | undefined): readonly Map<string, string>[] => {
  const all = new Map(everything(state))
  return (ids ?? []).map((id) => {
    const found = all.get(id)
    if (found === undefined) throw fault('InvalidID', `The ID '${id}' is not valid`)
    return found
  })
}
