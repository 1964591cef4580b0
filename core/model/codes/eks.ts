// Codes of EKS targets (SP44xx).
import type { CodeText } from './index.ts'

export const eksCodes = {
  SP4401: {
    title: 'AWS answered with an error that is not known',
    meaning:
      'The service refused the step with a code that Stormport has no class for. Its own words are in the message.',
    remedy: 'Run again; every step may be repeated. If it stays, report it with the output of stormport doctor.',
  },
  SP4402: {
    title: 'AWS refused a step',
    meaning: 'The message names the step, the class of the fault and the own words of the service.',
    remedy: 'Do what the hint says and run the same command again: what is done already counts as done.',
  },
  SP4403: {
    title: 'the account is not the pinned one',
    meaning:
      'The credentials belong to another AWS account than `account:` of the target names. Nothing was read or changed there.',
    remedy: 'Choose the right profile with `profile:` or AWS_PROFILE, or correct `account:`.',
  },
  SP4404: {
    title: 'the cluster does not exist',
    meaning: 'The region has no EKS cluster of that name in this account, and the target has no `create:`.',
    remedy: 'Correct `cluster:` or `region:`, or add `create: {}` to have it made.',
  },
  SP4405: {
    title: 'the cluster is not ready',
    meaning: 'EKS is still making, changing or removing the cluster, or says that it failed.',
    remedy: 'Wait, or look at the health issues that the message names.',
  },
  SP4406: {
    title: 'something of another owner stands there',
    meaning:
      'A role, group or cluster has the name that Stormport would give its own and does not carry the tags of this fleet and target. It is neither changed nor removed.',
    remedy: 'Rename the fleet or the target, or remove it yourself if it is left over.',
  },
  SP4407: {
    title: 'a key of the cluster cannot be changed',
    meaning:
      'EKS fixes the role and the network of a cluster when it is made. Stormport never replaces a cluster for such a change.',
    remedy: 'Write the key as it was, or declare another target and move there.',
  },
  SP4408: {
    title: 'the range of the network cannot be used',
    meaning: 'A VPC takes an IPv4 range that starts at its first address, and Stormport cuts it into eight parts.',
    remedy: 'Write `create.network.cidr` as a range of /16 to /24, or name a network with `create.network.use`.',
  },
  SP4409: {
    title: 'EC2 does not say what it sells',
    meaning: 'The read of instance types, zones and spot prices was refused or failed. The catalogue is used alone.',
    remedy:
      'Allow ec2:DescribeInstanceTypes, ec2:DescribeInstanceTypeOfferings and ec2:DescribeSpotPriceHistory, or leave it.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
