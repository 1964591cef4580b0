// The smaller parts of a cluster: add-ons, Fargate profiles, insights, versions, tags.
import type {
  Addon,
  CreateAddonRequest,
  CreateFargateProfileRequest,
  DeleteAddonRequest,
  DeleteFargateProfileRequest,
  DescribeAddonRequest,
  DescribeAddonVersionsRequest,
  DescribeFargateProfileRequest,
  DescribeInsightRequest,
  FargateProfile,
  ListAddonsRequest,
  ListFargateProfilesRequest,
  ListInsightsRequest,
  TagResourceRequest,
  UpdateAddonRequest,
} from '@aws-sdk/client-eks'
import type { Handler } from '../server.ts'
import { type AwsState, arn, type ClusterRecord, type Timed } from '../state.ts'
import { checkRole } from './clusters.ts'
import { settle } from './settle.ts'
import { badState, clusterOf, inUse, invalid, notFound, page, requestKey, typed } from './typed.ts'
import { startUpdate } from './updates.ts'

export const addonHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreateAddon: typed((input: CreateAddonRequest) => ({ addon: createAddon(state, input) })),
  DescribeAddon: typed((input: DescribeAddonRequest) => {
    settle(state)
    return { addon: addonOf(clusterOf(state, input.clusterName), input.addonName).value }
  }),
  ListAddons: typed((input: ListAddonsRequest) => {
    settle(state)
    const { items, nextToken } = page([...clusterOf(state, input.clusterName).addons.keys()].sort(), input)
    return { addons: [...items], nextToken }
  }),
  DeleteAddon: typed((input: DeleteAddonRequest) => {
    const record = clusterOf(state, input.clusterName)
    const addon = addonOf(record, input.addonName)
    const value: Addon = { ...addon.value, status: 'DELETING' }
    record.addons.set(input.addonName ?? '', { ...addon, value, deletedAtMs: state.clock.now() })
    return { addon: value }
  }),
  UpdateAddon: typed((input: UpdateAddonRequest) => {
    settle(state)
    const record = clusterOf(state, input.clusterName)
    const addon = addonOf(record, input.addonName)
    const about = input.addonName ?? ''
    const of = { type: 'AddonUpdate' as const, token: input.clientRequestToken, minutes: 1, about }
    const update = startUpdate(state, record, of, () =>
      record.addons.set(about, { ...addon, value: { ...addon.value, addonVersion: input.addonVersion } }),
    )
    return { update }
  }),
  DescribeAddonVersions: typed((input: DescribeAddonVersionsRequest) => ({ addons: addonVersions(input) })),
})

const addonOf = (record: ClusterRecord, name: string | undefined): Timed<Addon> => {
  const found = record.addons.get(name ?? '')
  if (found === undefined) throw notFound(`addon: ${name} found in cluster`)
  return found
}

const KNOWN_ADDONS = [
  ...['vpc-cni', 'coredns', 'kube-proxy', 'aws-ebs-csi-driver', 'eks-pod-identity-agent', 'metrics-server'],
  'eks-node-monitoring-agent',
]

/** Version numbers of the stand-in's own: only their order and their default mark mean something. */
const addonVersions = ({ addonName, kubernetesVersion }: DescribeAddonVersionsRequest) =>
  KNOWN_ADDONS.filter((name) => addonName === undefined || name === addonName).map((name) => ({
    addonName: name,
    addonVersions: ['v1.2.0-eksbuild.1', 'v1.1.0-eksbuild.1'].map((addonVersion, i) => ({
      addonVersion,
      compatibilities: [{ clusterVersion: kubernetesVersion ?? '1.36', defaultVersion: i === 0 }],
      requiresIamPermissions: false,
    })),
  }))

const createAddon = (state: AwsState, input: CreateAddonRequest): Addon => {
  settle(state)
  const record = clusterOf(state, input.clusterName)
  if (!KNOWN_ADDONS.includes(input.addonName ?? ''))
    throw invalid(`Addon ${input.addonName} specified is not supported`)
  const standing = record.addons.get(input.addonName ?? '')
  const same = standing?.requestToken === (input.clientRequestToken ?? null) && standing.request === requestKey(input)
  if (standing !== undefined && same && state.rules.holds('tokenReplay')) return standing.value
  if (standing !== undefined && state.rules.holds('nameTaken')) throw inUse('Addon already exists.')
  if (record.value.status !== 'ACTIVE') throw badState(`Cluster '${input.clusterName}' is not in ACTIVE status`)
  const value: Addon = {
    addonName: input.addonName,
    clusterName: input.clusterName,
    status: 'CREATING',
    addonVersion: input.addonVersion ?? 'v1.2.0-eksbuild.1',
    addonArn: arn(state, 'eks', `addon/${input.clusterName}/${input.addonName}/${state.nextId()}`),
    createdAt: new Date(state.clock.now()),
    tags: input.tags ?? {},
    health: { issues: [] },
  }
  record.addons.set(input.addonName ?? '', { ...timed(state, input), value })
  return value
}

const timed = (state: AwsState, input: { clientRequestToken?: string | undefined }) => ({
  madeAtMs: state.clock.now(),
  deletedAtMs: null,
  requestToken: input.clientRequestToken ?? null,
  request: requestKey(input),
})

export const profileHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreateFargateProfile: typed((input: CreateFargateProfileRequest) => ({
    fargateProfile: createProfile(state, input),
  })),
  DescribeFargateProfile: typed((input: DescribeFargateProfileRequest) => {
    settle(state)
    return { fargateProfile: profileOf(clusterOf(state, input.clusterName), input.fargateProfileName).value }
  }),
  ListFargateProfiles: typed((input: ListFargateProfilesRequest) => {
    settle(state)
    const { items, nextToken } = page([...clusterOf(state, input.clusterName).profiles.keys()].sort(), input)
    return { fargateProfileNames: [...items], nextToken }
  }),
  DeleteFargateProfile: typed((input: DeleteFargateProfileRequest) => {
    settle(state)
    const record = clusterOf(state, input.clusterName)
    const profile = profileOf(record, input.fargateProfileName)
    serial(state, record)
    const value: FargateProfile = { ...profile.value, status: 'DELETING' }
    record.profiles.set(input.fargateProfileName ?? '', { ...profile, value, deletedAtMs: state.clock.now() })
    return { fargateProfile: value }
  }),
})

const profileOf = (record: ClusterRecord, name: string | undefined): Timed<FargateProfile> => {
  const found = record.profiles.get(name ?? '')
  if (found === undefined) throw notFound(`Fargate Profile found with name: ${name}`)
  return found
}

const serial = (state: AwsState, record: ClusterRecord): void => {
  const busy = [...record.profiles.values()].some((p) => p.value.status !== 'ACTIVE')
  if (busy && state.rules.holds('fargateSerial'))
    throw inUse('Cannot change Fargate Profile because another one of the cluster is being created or deleted')
}

const createProfile = (state: AwsState, input: CreateFargateProfileRequest): FargateProfile => {
  settle(state)
  const record = clusterOf(state, input.clusterName)
  if (record.profiles.has(input.fargateProfileName ?? '') && state.rules.holds('nameTaken'))
    throw inUse('A Fargate Profile already exists with this name in this cluster.')
  checkRole(state, input.podExecutionRoleArn)
  serial(state, record)
  const value: FargateProfile = {
    fargateProfileName: input.fargateProfileName,
    fargateProfileArn: arn(
      state,
      'eks',
      `fargateprofile/${input.clusterName}/${input.fargateProfileName}/${state.nextId()}`,
    ),
    clusterName: input.clusterName,
    createdAt: new Date(state.clock.now()),
    podExecutionRoleArn: input.podExecutionRoleArn,
    subnets: input.subnets ?? [],
    selectors: input.selectors ?? [],
    status: 'CREATING',
    tags: input.tags ?? {},
  }
  record.profiles.set(input.fargateProfileName ?? '', { ...timed(state, input), value })
  return value
}

export const insightHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  ListInsights: typed((input: ListInsightsRequest) => ({
    insights: clusterOf(state, input.clusterName).insights.map(({ id, name, category, insightStatus }) => ({
      ...{ id, name, category, insightStatus },
    })),
  })),
  DescribeInsight: typed((input: DescribeInsightRequest) => {
    const found = clusterOf(state, input.clusterName).insights.find((insight) => insight.id === input.id)
    if (found === undefined) throw notFound(`insight found with id: ${input.id}`)
    return { insight: found }
  }),
  DescribeClusterVersions: () => ({
    clusterVersions: ['1.36', '1.35', '1.34'].map((clusterVersion, i) => ({
      clusterVersion,
      defaultVersion: i === 0,
      versionStatus: 'STANDARD_SUPPORT' as const,
    })),
  }),
  TagResource: typed((input: TagResourceRequest) => {
    tag(state, input)
    return {}
  }),
})

const tag = (state: AwsState, { resourceArn, tags }: TagResourceRequest): void => {
  for (const [name, record] of state.clusters) {
    if (record.value.arn === resourceArn)
      state.clusters.set(name, { ...record, value: { ...record.value, tags: { ...record.value.tags, ...tags } } })
    tagIn(record.groups, (group) => group.nodegroupArn === resourceArn, tags)
    tagIn(record.addons, (addon) => addon.addonArn === resourceArn, tags)
    tagIn(record.profiles, (profile) => profile.fargateProfileArn === resourceArn, tags)
    for (const [key, entry] of record.access)
      if (entry.value.accessEntryArn === resourceArn)
        record.access.set(key, { ...entry, value: { ...entry.value, tags: { ...entry.value.tags, ...tags } } })
  }
}

const tagIn = <T extends { tags?: Record<string, string> | undefined }>(
  all: Map<string, Timed<T>>,
  is: (value: T) => boolean,
  tags: Record<string, string> | undefined,
): void => {
  for (const [name, each] of all)
    if (is(each.value)) all.set(name, { ...each, value: { ...each.value, tags: { ...each.value.tags, ...tags } } })
}
