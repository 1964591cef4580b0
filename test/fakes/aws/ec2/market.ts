// What EC2 sells where, and at which spot price now.
import type {
  DescribeAvailabilityZonesRequest,
  DescribeInstanceTypeOfferingsRequest,
  DescribeInstanceTypesRequest,
  DescribeSpotPriceHistoryRequest,
  Filter,
  InstanceTypeInfo,
} from '@aws-sdk/client-ec2'
import { page, typed } from '../eks/typed.ts'
import { fault } from '../faults.ts'
import type { Handler } from '../server.ts'
import type { AwsState } from '../state.ts'

interface Paged {
  readonly MaxResults?: number | undefined
  readonly NextToken?: string | undefined
}

/** A page of types holds a hundred at most, of which the stand-in has few: it gives three. */
const PAGE = 3

const paged = <T>(all: readonly T[], input: Paged) => {
  const { items, nextToken } = page(all, {
    maxResults: Math.min(input.MaxResults ?? PAGE, PAGE),
    nextToken: input.NextToken,
  })
  return { items: [...items], NextToken: nextToken }
}

export const marketHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  DescribeAvailabilityZones: typed((_input: DescribeAvailabilityZonesRequest) => ({
    AvailabilityZones: state.ec2.zones.map(({ name, id, optIn }) => ({
      ...{ ZoneName: name, ZoneId: id, RegionName: state.region, State: 'available' as const },
      ...{ ZoneType: optIn ? 'local-zone' : 'availability-zone' },
      OptInStatus: optIn ? ('opted-in' as const) : ('opt-in-not-required' as const),
    })),
  })),
  DescribeInstanceTypes: typed((input: DescribeInstanceTypesRequest) => {
    const wanted = state.ec2.types.filter((type) => (input.Filters ?? []).every((f) => takes(f, type)))
    const { items, NextToken } = paged(wanted, input)
    return { InstanceTypes: items, NextToken }
  }),
  DescribeInstanceTypeOfferings: typed((input: DescribeInstanceTypeOfferingsRequest) => {
    const all = state.ec2.types.flatMap(({ InstanceType }) =>
      state.ec2.zones
        .filter(({ name }) => !state.ec2.notSold.has(`${InstanceType}/${name}`))
        .map(({ name }) => ({ InstanceType, Location: name, LocationType: input.LocationType ?? 'region' })),
    )
    const { items, NextToken } = paged(all, input)
    return { InstanceTypeOfferings: items, NextToken }
  }),
  DescribeSpotPriceHistory: typed((input: DescribeSpotPriceHistoryRequest) => {
    const wanted = state.ec2.spot.filter(
      (each) => input.InstanceTypes === undefined || input.InstanceTypes.some((type) => type === each.InstanceType),
    )
    const { items, NextToken } = paged(wanted, input)
    const Timestamp = new Date(state.clock.now())
    // The service ends its pages with an empty token.
    return {
      SpotPriceHistory: items.map((each) => ({ ...each, ProductDescription: 'Linux/UNIX' as const, Timestamp })),
      NextToken: NextToken ?? '',
    }
  }),
})

const takes = ({ Name = '', Values = [] }: Filter, type: InstanceTypeInfo): boolean => {
  if (Name === 'current-generation') return Values.includes(String(type.CurrentGeneration))
  if (Name === 'instance-type') return Values.includes(String(type.InstanceType))
  throw fault('InvalidParameterValue', `The filter '${Name}' is invalid`)
}
