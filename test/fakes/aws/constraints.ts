// Limits that the clients' schemas do not carry: lengths, patterns, ranges (EKS service model 2017-11-01, IAM's own page of
// limits). Each entry: where, and whether it holds.
import type { Input } from './server.ts'

interface Constraint {
  readonly operations: RegExp
  readonly at: string
  readonly holds: (value: unknown) => boolean
  readonly words: string
}

const pattern = (expression: RegExp) => (value: unknown) => expression.test(String(value))
const range = (least: number, most: number) => (value: unknown) => Number(value) >= least && Number(value) <= most
const size = (least: number, most: number) => (value: unknown) => sizeOf(value) >= least && sizeOf(value) <= most

const sizeOf = (value: unknown): number =>
  Array.isArray(value) ? value.length : typeof value === 'object' && value !== null ? Object.keys(value).length : 0

const EKS: readonly Constraint[] = [
  {
    operations: /^CreateCluster$/,
    at: 'name',
    holds: pattern(/^[0-9A-Za-z][A-Za-z0-9\-_]{0,99}$/),
    words: '1 to 100 of A-Za-z0-9-_',
  },
  { operations: /^CreateCluster$/, at: 'version', holds: pattern(/^1\.(3[4-6])$/), words: 'a version that EKS serves' },
  {
    operations: /^CreateCluster$/,
    at: 'roleArn',
    holds: pattern(/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/),
    words: 'the ARN of a role',
  },
  { operations: /^CreateCluster$/, at: 'tags', holds: size(0, 50), words: 'at most 50 tags' },
  { operations: /^CreateCluster$/, at: 'resourcesVpcConfig.subnetIds', holds: size(1, 16), words: '1 to 16 subnets' },
  {
    operations: /^CreateCluster$/,
    at: 'resourcesVpcConfig.securityGroupIds',
    holds: size(0, 5),
    words: 'at most 5 groups',
  },
  {
    operations: /^CreateCluster$/,
    at: 'resourcesVpcConfig.publicAccessCidrs',
    holds: size(1, 40),
    words: '1 to 40 networks',
  },
  {
    operations: /^CreateCluster$/,
    at: 'accessConfig.authenticationMode',
    holds: pattern(/^(?:API|API_AND_CONFIG_MAP|CONFIG_MAP)$/),
    words: 'a known mode',
  },
  {
    operations: /^CreateCluster$/,
    at: 'upgradePolicy.supportType',
    holds: pattern(/^(?:STANDARD|EXTENDED)$/),
    words: 'STANDARD or EXTENDED',
  },
  {
    operations: /^CreateNodegroup$/,
    at: 'nodegroupName',
    holds: pattern(/^[0-9A-Za-z][A-Za-z0-9\-_]{0,62}$/),
    words: '1 to 63 of A-Za-z0-9-_',
  },
  { operations: /^CreateNodegroup$/, at: 'instanceTypes', holds: size(0, 20), words: 'at most 20 types' },
  { operations: /^CreateNodegroup$/, at: 'subnets', holds: size(1, 16), words: 'at least one subnet' },
  { operations: /Nodegroup/, at: 'scalingConfig.minSize', holds: range(0, 450), words: '0 or more' },
  { operations: /Nodegroup/, at: 'scalingConfig.maxSize', holds: range(1, 450), words: '1 to 450' },
  { operations: /Nodegroup/, at: 'scalingConfig.desiredSize', holds: range(0, 450), words: '0 to 450' },
  { operations: /Nodegroup/, at: 'updateConfig.maxUnavailable', holds: range(1, 100), words: '1 to 100' },
  { operations: /Nodegroup/, at: 'diskSize', holds: range(1, 16_384), words: '1 or more GiB' },
  {
    operations: /^CreateNodegroup$/,
    at: 'capacityType',
    holds: pattern(/^(?:ON_DEMAND|SPOT|CAPACITY_BLOCK)$/),
    words: 'a known way to buy',
  },
  { operations: /^CreateNodegroup$/, at: 'labels', holds: size(0, 50), words: 'at most 50 labels' },
  {
    operations: /^CreateFargateProfile$/,
    at: 'fargateProfileName',
    holds: pattern(/^[0-9A-Za-z][A-Za-z0-9\-_]{0,99}$/),
    words: '1 to 100 of A-Za-z0-9-_',
  },
  { operations: /^CreateFargateProfile$/, at: 'selectors', holds: size(1, 5), words: '1 to 5 selectors' },
  { operations: /^List/, at: 'maxResults', holds: range(1, 100), words: '1 to 100' },
  {
    operations: /^CreateAccessEntry$/,
    at: 'principalArn',
    holds: pattern(/^arn:aws[\w-]*:iam::\d{12}:(?:role|user)\/.+$/),
    words: 'the ARN of a role or user',
  },
  {
    operations: /^CreateAccessEntry$/,
    at: 'type',
    holds: pattern(/^(?:STANDARD|EC2|EC2_LINUX|EC2_WINDOWS|FARGATE_LINUX|HYBRID_LINUX)$/),
    words: 'a known type',
  },
  {
    operations: /^CreatePodIdentityAssociation$/,
    at: 'serviceAccount',
    holds: pattern(/^[a-z0-9][a-z0-9.-]{0,252}$/),
    words: 'the name of a service account',
  },
]

const IAM: readonly Constraint[] = [
  {
    operations: /^CreateRole$/,
    at: 'RoleName',
    holds: pattern(/^[\w+=,.@-]{1,64}$/),
    words: '1 to 64 of A-Za-z0-9_+=,.@-',
  },
  {
    operations: /^CreateRole$/,
    at: 'AssumeRolePolicyDocument',
    holds: (text) => isJson(String(text)),
    words: 'a JSON document',
  },
  { operations: /^CreateRole$/, at: 'Tags', holds: size(0, 50), words: 'at most 50 tags' },
]

const isJson = (text: string): boolean => {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

const TABLES: Readonly<Record<string, readonly Constraint[]>> = { eks: EKS, iam: IAM }

export const constraintsOf =
  (service: string) =>
  (operation: string, input: Input): readonly string[] =>
    (TABLES[service] ?? [])
      .filter((each) => each.operations.test(operation))
      .flatMap((each) => {
        const value = at(input, each.at)
        return value === undefined || each.holds(value) ? [] : [`${each.at}: ${each.words}`]
      })

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inside, key) => {
    if (typeof inside !== 'object' || inside === null) return undefined
    return Object.getOwnPropertyDescriptor(inside, key)?.value
  }, value)
