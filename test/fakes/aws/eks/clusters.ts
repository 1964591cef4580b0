// Clusters: nine minutes to come, eight to go; Auto Mode as a whole or not at all; nothing is deleted under what stands on it.
import type {
  Cluster,
  CreateClusterRequest,
  DeleteClusterRequest,
  DescribeClusterRequest,
  ListClustersRequest,
  UpdateClusterConfigRequest,
  UpdateClusterVersionRequest,
} from '@aws-sdk/client-eks'
import { fault } from '../faults.ts'
import type { Handler } from '../server.ts'
import { type AwsState, arn, type ClusterRecord } from '../state.ts'
import { settle } from './settle.ts'
import { badState, clusterOf, inUse, invalid, page, requestKey, typed } from './typed.ts'
import { startUpdate } from './updates.ts'

/** Where the API of the clusters is: a real control plane that the test has started. */
export interface Behind {
  readonly endpoint: string
  readonly caPem: string
}

export const clusterHandlers = (
  state: AwsState,
  behind: (cluster: string) => Behind | null,
): Readonly<Record<string, Handler>> => ({
  CreateCluster: typed((input: CreateClusterRequest) => ({ cluster: create(state, input) })),
  DescribeCluster: typed((input: DescribeClusterRequest) => {
    settle(state)
    const { value } = clusterOf(state, input.name)
    return { cluster: value.status === 'CREATING' ? value : { ...value, ...doors(behind(value.name ?? '')) } }
  }),
  ListClusters: typed((input: ListClustersRequest) => {
    settle(state)
    const { items, nextToken } = page([...state.clusters.keys()].sort(), input)
    return { clusters: [...items], nextToken }
  }),
  DeleteCluster: typed((input: DeleteClusterRequest) => ({ cluster: remove(state, input) })),
  UpdateClusterConfig: typed((input: UpdateClusterConfigRequest) => ({ update: configure(state, input) })),
  UpdateClusterVersion: typed((input: UpdateClusterVersionRequest) => ({ update: upgrade(state, input) })),
})

const doors = (behind: Behind | null): Partial<Cluster> =>
  behind === null
    ? {}
    : { endpoint: behind.endpoint, certificateAuthority: { data: Buffer.from(behind.caPem).toString('base64') } }

const create = (state: AwsState, input: CreateClusterRequest): Cluster => {
  settle(state)
  const standing = state.clusters.get(input.name ?? '')
  if (standing !== undefined && replays(state, standing, input)) return standing.value
  if (standing !== undefined && state.rules.holds('nameTaken'))
    throw inUse(`Cluster already exists with name: ${input.name}`, { clusterName: input.name })
  checkAutoMode(state, input)
  checkRole(state, input.roleArn)
  const subnets = input.resourcesVpcConfig?.subnetIds ?? []
  if (state.rules.holds('subnetsInTwoZones') && subnets.length < 2)
    throw invalid('Subnets specified must be in at least two different AZs')
  const value = newCluster(state, input)
  state.clusters.set(input.name ?? '', {
    value,
    madeAtMs: state.clock.now(),
    deletedAtMs: null,
    requestToken: input.clientRequestToken ?? null,
    request: requestKey(input),
    groups: new Map(),
    addons: new Map(),
    profiles: new Map(),
    access: new Map(),
    identities: new Map(),
    updates: new Map(),
    insights: [],
  })
  return value
}

const replays = (state: AwsState, standing: ClusterRecord, input: CreateClusterRequest): boolean =>
  state.rules.holds('tokenReplay') &&
  input.clientRequestToken !== undefined &&
  standing.requestToken === input.clientRequestToken &&
  standing.request === requestKey(input)

const newCluster = (state: AwsState, input: CreateClusterRequest): Cluster => ({
  name: input.name,
  arn: arn(state, 'eks', `cluster/${input.name}`),
  createdAt: new Date(state.clock.now()),
  version: input.version ?? '1.36',
  roleArn: input.roleArn,
  status: 'CREATING',
  platformVersion: 'eks.1',
  tags: input.tags ?? {},
  health: { issues: [] },
  resourcesVpcConfig: {
    subnetIds: input.resourcesVpcConfig?.subnetIds ?? [],
    securityGroupIds: input.resourcesVpcConfig?.securityGroupIds ?? [],
    clusterSecurityGroupId: `sg-${state.nextId()}`,
    endpointPublicAccess: input.resourcesVpcConfig?.endpointPublicAccess ?? true,
    endpointPrivateAccess: input.resourcesVpcConfig?.endpointPrivateAccess ?? false,
    publicAccessCidrs: input.resourcesVpcConfig?.publicAccessCidrs ?? ['0.0.0.0/0'],
  },
  kubernetesNetworkConfig: {
    elasticLoadBalancing: input.kubernetesNetworkConfig?.elasticLoadBalancing ?? { enabled: false },
  },
  accessConfig: { authenticationMode: input.accessConfig?.authenticationMode ?? 'CONFIG_MAP' },
  computeConfig: input.computeConfig ?? { enabled: false },
  storageConfig: input.storageConfig ?? { blockStorage: { enabled: false } },
  upgradePolicy: { supportType: input.upgradePolicy?.supportType ?? 'EXTENDED' },
  logging: input.logging ?? { clusterLogging: [] },
  deletionProtection: input.deletionProtection ?? false,
})

/** kubernetes-sigs/cluster-api-provider-aws#5278: the three switches go together. */
const checkAutoMode = (
  state: AwsState,
  input: Pick<
    CreateClusterRequest,
    'computeConfig' | 'storageConfig' | 'kubernetesNetworkConfig' | 'bootstrapSelfManagedAddons'
  >,
): void => {
  if (!state.rules.holds('autoModeTriple')) return
  const switches = [
    input.computeConfig?.enabled ?? false,
    input.storageConfig?.blockStorage?.enabled ?? false,
    input.kubernetesNetworkConfig?.elasticLoadBalancing?.enabled ?? false,
  ]
  if (new Set(switches).size > 1)
    throw invalid(
      'For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.',
    )
  if (switches[0] && input.bootstrapSelfManagedAddons !== false)
    throw invalid('When EKS Auto Mode is enabled, bootstrapSelfManagedAddons must be set to false')
}

const ROLE_LAG_MS = 8_000

/** A role that IAM has not spread yet, or that is not there, cannot be assumed. */
export const checkRole = (state: AwsState, roleArn: string | undefined): void => {
  if (!state.rules.holds('roleVisible')) return
  const name = /^arn:aws[\w-]*:iam::\d{12}:role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(roleArn ?? '')?.[1]
  const role = name === undefined ? undefined : state.roles.get(name)
  if (role === undefined || state.clock.now() - role.madeAtMs < ROLE_LAG_MS)
    throw invalid(
      `Role with arn: ${roleArn}, could not be assumed because it does not exist or the trusted entity is not correct`,
    )
}

const remove = (state: AwsState, input: DeleteClusterRequest): Cluster => {
  settle(state)
  const record = clusterOf(state, input.name)
  if (state.rules.holds('deletionProtection') && record.value.deletionProtection === true)
    throw badState('Cluster has deletion protection enabled')
  if (state.rules.holds('groupsBlockDelete') && record.groups.size + record.profiles.size > 0)
    throw inUse(record.groups.size > 0 ? 'Cluster has nodegroups attached' : 'Cluster has fargate profiles attached')
  if (record.value.status === 'CREATING') throw inUse('Cluster is being created')
  const value: Cluster = { ...record.value, status: 'DELETING' }
  state.clusters.set(input.name ?? '', { ...record, value, deletedAtMs: state.clock.now() })
  return value
}

const configure = (state: AwsState, input: UpdateClusterConfigRequest) => {
  settle(state)
  const record = clusterOf(state, input.name)
  const { name: _name, clientRequestToken: _token, ...wanted } = input
  if (wanted.computeConfig !== undefined || wanted.storageConfig !== undefined)
    checkAutoMode(state, { ...wanted, bootstrapSelfManagedAddons: false })
  const merged = withConfig(record.value, wanted)
  return startUpdate(state, record, { type: 'ConfigUpdate', token: input.clientRequestToken, minutes: 3 }, () =>
    setCluster(state, input.name, merged),
  )
}

const withConfig = (
  cluster: Cluster,
  wanted: Omit<UpdateClusterConfigRequest, 'name' | 'clientRequestToken'>,
): Partial<Cluster> => ({
  ...(wanted.deletionProtection === undefined ? {} : { deletionProtection: wanted.deletionProtection }),
  ...(wanted.logging === undefined ? {} : { logging: wanted.logging }),
  ...(wanted.upgradePolicy === undefined ? {} : { upgradePolicy: wanted.upgradePolicy }),
  ...(wanted.computeConfig === undefined ? {} : { computeConfig: wanted.computeConfig }),
  ...(wanted.storageConfig === undefined ? {} : { storageConfig: wanted.storageConfig }),
  ...(wanted.resourcesVpcConfig === undefined
    ? {}
    : { resourcesVpcConfig: { ...cluster.resourcesVpcConfig, ...wanted.resourcesVpcConfig } }),
})

const setCluster = (state: AwsState, name: string | undefined, over: Partial<Cluster>): void => {
  const record = clusterOf(state, name)
  state.clusters.set(name ?? '', { ...record, value: { ...record.value, ...over } })
}

const upgrade = (state: AwsState, input: UpdateClusterVersionRequest) => {
  settle(state)
  const record = clusterOf(state, input.name)
  const version = input.version ?? ''
  if (state.rules.holds('oneMinor') && minor(version) !== minor(record.value.version) + 1)
    throw invalid(`Unsupported Kubernetes minor version update from ${record.value.version} to ${version}`)
  const failing = record.insights.filter((insight) => insight.insightStatus?.status === 'ERROR')
  if (state.rules.holds('insightsBlock') && failing.length > 0 && input.force !== true)
    throw fault(
      'InvalidStateException',
      `Cluster has upgrade insights that fail: ${failing.map((i) => i.name).join(', ')}`,
    )
  return startUpdate(state, record, { type: 'VersionUpdate', token: input.clientRequestToken, minutes: 9 }, () =>
    setCluster(state, input.name, { version }),
  )
}

export const minor = (version: string | undefined): number => Number(/^1\.(\d+)/.exec(version ?? '')?.[1] ?? Number.NaN)
