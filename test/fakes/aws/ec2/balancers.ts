// Load balancers, as controllers inside clusters make them: read only.
import type { DescribeTagsInput } from '@aws-sdk/client-elastic-load-balancing-v2'
import { typed } from '../eks/typed.ts'
import type { Handler } from '../server.ts'
import type { AwsState } from '../state.ts'
import { tagList } from './typed.ts'

export const balancerHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  DescribeLoadBalancers: () => ({ LoadBalancers: [...state.ec2.balancers.values()].map(({ value }) => value) }),
  DescribeTags: typed((input: DescribeTagsInput) => ({
    TagDescriptions: (input.ResourceArns ?? []).map((ResourceArn) => ({
      ResourceArn,
      Tags: tagList(state.ec2.balancers.get(ResourceArn)?.tags ?? new Map()),
    })),
  })),
})
