// The semantics of the stand-in's EKS, each asked for by the real client. Never checked against AWS.
import * as sdk from '@aws-sdk/client-eks'
import * as iamSdk from '@aws-sdk/client-iam'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type FakeAws, startFakeAws, TEST_KEY } from './index.ts'
import type { Rule } from './rules.ts'

let aws: FakeAws
let eks: sdk.EKSClient
let iam: iamSdk.IAMClient
const all: FakeAws[] = []

beforeEach(async () => {
  aws = await startFakeAws()
  all.push(aws)
  const config = { endpoint: aws.url, region: 'eu-west-1', credentials: TEST_KEY, maxAttempts: 1 }
  eks = new sdk.EKSClient(config)
  iam = new iamSdk.IAMClient(config)
  await iam.send(new iamSdk.CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{}' }))
  aws.clock.advance(10_000)
})
afterAll(async () => {
  for (const each of all) await each.close()
})

const ROLE = 'arn:aws:iam::123456789012:role/r'
const MINUTE = 60_000
const cluster = (over: Partial<sdk.CreateClusterRequest> = {}): sdk.CreateClusterRequest => ({
  name: 'shop',
  version: '1.35',
  roleArn: ROLE,
  resourcesVpcConfig: { subnetIds: ['subnet-a', 'subnet-b'] },
  accessConfig: { authenticationMode: 'API' },
  bootstrapSelfManagedAddons: false,
  clientRequestToken: 'token-1',
  ...over,
})
const make = (over?: Partial<sdk.CreateClusterRequest>) => eks.send(new sdk.CreateClusterCommand(cluster(over)))
const status = async () => (await eks.send(new sdk.DescribeClusterCommand({ name: 'shop' }))).cluster?.status
const group = (over: Partial<sdk.CreateNodegroupRequest> = {}) =>
  eks.send(
    new sdk.CreateNodegroupCommand({
      clusterName: 'shop',
      nodegroupName: 'g',
      subnets: ['subnet-a'],
      nodeRole: ROLE,
      scalingConfig: { minSize: 0, maxSize: 2, desiredSize: 1 },
      ...over,
    }),
  )
const active = async (): Promise<void> => {
  await make()
  aws.clock.advance(9 * MINUTE)
}

describe('clusters of the stand-in', () => {
  it('take nine minutes to come and eight to go', async () => {
    await make()
    expect(await status()).toBe('CREATING')
    aws.clock.advance(9 * MINUTE)
    expect(await status()).toBe('ACTIVE')
    await eks.send(new sdk.DeleteClusterCommand({ name: 'shop' }))
    expect(await status()).toBe('DELETING')
    aws.clock.advance(8 * MINUTE)
    await expect(status()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    expect(aws.defects).toEqual([])
  })

  it('refuse names and versions that EKS would not take', async () => {
    await expect(make({ name: '-x' })).rejects.toMatchObject({ name: 'InvalidParameterException' })
    await expect(make({ version: '9.99' })).rejects.toThrow(/version/)
  })
})

const AUTO = { computeConfig: { enabled: true }, kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } } }

/** What breaks each rule; with the rule switched off the same call goes through. */
const breaches: Readonly<Partial<Record<Rule, () => Promise<unknown>>>> = {
  nameTaken: async () => {
    await make()
    return make({ clientRequestToken: 'token-2' })
  },
  roleVisible: () => make({ roleArn: 'arn:aws:iam::123456789012:role/other' }),
  autoModeTriple: () => make(AUTO),
  subnetsInTwoZones: () => make({ resourcesVpcConfig: { subnetIds: ['subnet-a'] } }),
  deletionProtection: async () => {
    await make({ deletionProtection: true })
    aws.clock.advance(9 * MINUTE)
    return eks.send(new sdk.DeleteClusterCommand({ name: 'shop' }))
  },
  groupsBlockDelete: async () => {
    await active()
    await group()
    return eks.send(new sdk.DeleteClusterCommand({ name: 'shop' }))
  },
  fargateSerial: async () => {
    await active()
    const profile = { clusterName: 'shop', podExecutionRoleArn: ROLE, selectors: [{ namespace: 'n' }] }
    await eks.send(new sdk.CreateFargateProfileCommand({ ...profile, fargateProfileName: 'a' }))
    return eks.send(new sdk.CreateFargateProfileCommand({ ...profile, fargateProfileName: 'b' }))
  },
  oneUpdate: async () => {
    await active()
    const update = { name: 'shop', deletionProtection: true }
    await eks.send(new sdk.UpdateClusterConfigCommand(update))
    return eks.send(new sdk.UpdateClusterConfigCommand({ ...update, deletionProtection: false }))
  },
  desiredWithinBounds: async () => {
    await active()
    return group({ scalingConfig: { minSize: 0, maxSize: 2, desiredSize: 3 } })
  },
  oneMinor: async () => {
    await make({ version: '1.34' })
    aws.clock.advance(9 * MINUTE)
    return eks.send(new sdk.UpdateClusterVersionCommand({ name: 'shop', version: '1.36' }))
  },
  insightsBlock: async () => {
    await active()
    const insight = { id: 'i', name: 'deprecated APIs', insightStatus: { status: 'ERROR' as const } }
    aws.state.clusters.get('shop')?.insights.push(insight)
    return eks.send(new sdk.UpdateClusterVersionCommand({ name: 'shop', version: '1.36' }))
  },
}

describe('each rule of the stand-in', () => {
  it.each(Object.entries(breaches))('%s is held, and is what refuses the call', async (rule, breach) => {
    await expect(breach()).rejects.toMatchObject({ $metadata: { httpStatusCode: expect.any(Number) } })
    const other = await startFakeAws()
    all.push(other)
    aws = other
    const config = { endpoint: aws.url, region: 'eu-west-1', credentials: TEST_KEY, maxAttempts: 1 }
    eks = new sdk.EKSClient(config)
    await new iamSdk.IAMClient(config).send(
      new iamSdk.CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{}' }),
    )
    aws.clock.advance(10_000)
    aws.rules.switchOff(rule as Rule)
    await expect(breach()).resolves.toBeDefined()
    expect(aws.defects).toEqual([])
  })

  it('a token is replayed: the second call answers with what the first made', async () => {
    await make()
    await expect(make()).resolves.toMatchObject({ cluster: { name: 'shop', status: 'CREATING' } })
    expect(aws.state.clusters.size).toBe(1)
  })

  it('a new role is not assumable for eight seconds', async () => {
    await iam.send(new iamSdk.CreateRoleCommand({ RoleName: 'fresh', AssumeRolePolicyDocument: '{}' }))
    const roleArn = 'arn:aws:iam::123456789012:role/fresh'
    await expect(make({ roleArn })).rejects.toThrow(/could not be assumed/)
    aws.clock.advance(8_000)
    await expect(make({ roleArn })).resolves.toBeDefined()
  })

  it('coredns stays degraded until a node is ready', async () => {
    await active()
    await eks.send(new sdk.CreateAddonCommand({ clusterName: 'shop', addonName: 'coredns' }))
    aws.clock.advance(2 * MINUTE)
    const seen = async () =>
      (await eks.send(new sdk.DescribeAddonCommand({ clusterName: 'shop', addonName: 'coredns' }))).addon
    expect(await seen()).toMatchObject({
      status: 'DEGRADED',
      health: { issues: [{ code: 'InsufficientNumberOfReplicas' }] },
    })
    aws.state.readyNodes.set('shop', 1)
    expect(await seen()).toMatchObject({ status: 'ACTIVE' })
  })
})

describe('node groups of the stand-in', () => {
  it('come after three minutes, or fail with the issue of the machine that is short', async () => {
    await active()
    aws.state.shortages.set('p5.48xlarge', { code: 'AsgInstanceLaunchFailures', message: 'no p5.48xlarge' })
    await group()
    await group({ nodegroupName: 'short', instanceTypes: ['p5.48xlarge'] })
    aws.clock.advance(3 * MINUTE)
    const seen = async (nodegroupName: string) =>
      (await eks.send(new sdk.DescribeNodegroupCommand({ clusterName: 'shop', nodegroupName }))).nodegroup
    expect((await seen('g'))?.status).toBe('ACTIVE')
    expect(await seen('short')).toMatchObject({
      status: 'CREATE_FAILED',
      health: { issues: [{ code: 'AsgInstanceLaunchFailures', message: 'no p5.48xlarge' }] },
    })
  })

  it('change sizes, labels and taints in place, visible when the update is done', async () => {
    await active()
    await group({ labels: { a: '1', b: '2' } })
    aws.clock.advance(3 * MINUTE)
    const changes = {
      scalingConfig: { maxSize: 5 },
      labels: { addOrUpdateLabels: { c: '3' }, removeLabels: ['a'] },
      taints: { addOrUpdateTaints: [{ key: 'k', value: 'v', effect: 'NO_SCHEDULE' as const }] },
    }
    const { update } = await eks.send(
      new sdk.UpdateNodegroupConfigCommand({ clusterName: 'shop', nodegroupName: 'g', ...changes }),
    )
    const of = { name: 'shop', updateId: update?.id ?? '' }
    expect((await eks.send(new sdk.DescribeUpdateCommand(of))).update?.status).toBe('InProgress')
    aws.clock.advance(MINUTE)
    expect((await eks.send(new sdk.DescribeUpdateCommand(of))).update?.status).toBe('Successful')
    const seen = await eks.send(new sdk.DescribeNodegroupCommand({ clusterName: 'shop', nodegroupName: 'g' }))
    expect(seen.nodegroup).toMatchObject({
      scalingConfig: { minSize: 0, maxSize: 5, desiredSize: 1 },
      labels: { b: '2', c: '3' },
      taints: [{ key: 'k', value: 'v', effect: 'NO_SCHEDULE' }],
    })
    expect(aws.defects).toEqual([])
  })
})

describe('access and identities of the stand-in', () => {
  it('list, attach and remove; an entry for a session is refused', async () => {
    await active()
    const principalArn = 'arn:aws:iam::123456789012:role/dev'
    const of = { clusterName: 'shop', principalArn }
    await eks.send(new sdk.CreateAccessEntryCommand(of))
    const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy'
    const associate = new sdk.AssociateAccessPolicyCommand({ ...of, policyArn, accessScope: { type: 'cluster' } })
    await eks.send(associate)
    await eks.send(associate)
    const { associatedAccessPolicies } = await eks.send(new sdk.ListAssociatedAccessPoliciesCommand(of))
    expect(associatedAccessPolicies?.map((policy) => policy.policyArn)).toEqual([policyArn])
    await eks.send(new sdk.DeleteAccessEntryCommand(of))
    expect((await eks.send(new sdk.ListAccessEntriesCommand({ clusterName: 'shop' }))).accessEntries).toEqual([])
    const session = { clusterName: 'shop', principalArn: 'arn:aws:sts::123456789012:assumed-role/dev/me' }
    await expect(eks.send(new sdk.CreateAccessEntryCommand(session))).rejects.toThrow(/principalArn/)
    expect(aws.defects).toEqual([])
  })

  it('keeps one association for a service account', async () => {
    await active()
    const of = { clusterName: 'shop', namespace: 'n', serviceAccount: 'web', roleArn: ROLE }
    await eks.send(new sdk.CreatePodIdentityAssociationCommand(of))
    await expect(eks.send(new sdk.CreatePodIdentityAssociationCommand(of))).rejects.toMatchObject({
      name: 'ResourceInUseException',
    })
    const { associations } = await eks.send(new sdk.ListPodIdentityAssociationsCommand({ clusterName: 'shop' }))
    expect(associations).toHaveLength(1)
    expect(aws.defects).toEqual([])
  })
})
