// Managed node groups: three minutes to come; what cannot change in place is not an option of the update calls; a group whose
// instance type is short fails with the issue of its scaling group.
import type {
  CreateNodegroupRequest,
  DeleteNodegroupRequest,
  DescribeNodegroupRequest,
  ListNodegroupsRequest,
  Nodegroup,
  NodegroupScalingConfig,
  UpdateNodegroupConfigRequest,
  UpdateNodegroupVersionRequest,
} from '@aws-sdk/client-eks'
import type { Handler } from '../server.ts'
import { type AwsState, arn, type ClusterRecord, type Timed } from '../state.ts'
import { checkRole, minor } from './clusters.ts'
import { settle } from './settle.ts'
import { badState, clusterOf, inUse, invalid, notFound, page, requestKey, typed } from './typed.ts'
import { startUpdate } from './updates.ts'

export const groupHandlers = (state: AwsState): Readonly<Record<string, Handler>> => ({
  CreateNodegroup: typed((input: CreateNodegroupRequest) => ({ nodegroup: create(state, input) })),
  DescribeNodegroup: typed((input: DescribeNodegroupRequest) => {
    settle(state)
    return { nodegroup: groupOf(clusterOf(state, input.clusterName), input.nodegroupName).value }
  }),
  ListNodegroups: typed((input: ListNodegroupsRequest) => {
    settle(state)
    const { items, nextToken } = page([...clusterOf(state, input.clusterName).groups.keys()].sort(), input)
    return { nodegroups: [...items], nextToken }
  }),
  DeleteNodegroup: typed((input: DeleteNodegroupRequest) => ({ nodegroup: remove(state, input) })),
  UpdateNodegroupConfig: typed((input: UpdateNodegroupConfigRequest) => ({ update: configure(state, input) })),
  UpdateNodegroupVersion: typed((input: UpdateNodegroupVersionRequest) => ({ update: upgrade(state, input) })),
})

const groupOf = (record: ClusterRecord, name: string | undefined): Timed<Nodegroup> => {
  const found = record.groups.get(name ?? '')
  if (found === undefined) throw notFound(`node group found for name: ${name}`, { nodegroupName: name })
  return found
}

const create = (state: AwsState, input: CreateNodegroupRequest): Nodegroup => {
  settle(state)
  const record = clusterOf(state, input.clusterName)
  const standing = record.groups.get(input.nodegroupName ?? '')
  const same = standing?.requestToken === (input.clientRequestToken ?? null) && standing.request === requestKey(input)
  if (standing !== undefined && same && state.rules.holds('tokenReplay')) return standing.value
  if (standing !== undefined && state.rules.holds('nameTaken'))
    throw inUse(`NodeGroup already exists with name ${input.nodegroupName} and cluster name ${input.clusterName}`)
  if (record.value.status !== 'ACTIVE') throw badState(`Cluster '${input.clusterName}' is not in ACTIVE status`)
  checkRole(state, input.nodeRole)
  checkSizes(state, input.scalingConfig ?? {})
  checkTemplate(input)
  const value = newGroup(state, record, input)
  record.groups.set(input.nodegroupName ?? '', {
    value,
    madeAtMs: state.clock.now(),
    deletedAtMs: null,
    requestToken: input.clientRequestToken ?? null,
    request: requestKey(input),
  })
  return value
}

const newGroup = (state: AwsState, record: ClusterRecord, input: CreateNodegroupRequest): Nodegroup => ({
  nodegroupName: input.nodegroupName,
  nodegroupArn: arn(state, 'eks', `nodegroup/${input.clusterName}/${input.nodegroupName}/${state.nextId()}`),
  clusterName: input.clusterName,
  version: input.version ?? record.value.version,
  createdAt: new Date(state.clock.now()),
  status: 'CREATING',
  capacityType: input.capacityType ?? 'ON_DEMAND',
  scalingConfig: { minSize: 1, maxSize: 2, desiredSize: 2, ...input.scalingConfig },
  instanceTypes: input.instanceTypes ?? ['t3.medium'],
  subnets: input.subnets,
  amiType: input.amiType ?? 'AL2023_x86_64_STANDARD',
  nodeRole: input.nodeRole,
  labels: input.labels ?? {},
  taints: input.taints ?? [],
  tags: input.tags ?? {},
  diskSize: input.diskSize ?? 20,
  updateConfig: input.updateConfig ?? { maxUnavailable: 1 },
  resources: { autoScalingGroups: [{ name: `asg-${input.nodegroupName}` }] },
  health: { issues: [] },
})

const checkSizes = (state: AwsState, { minSize, maxSize, desiredSize }: NodegroupScalingConfig): void => {
  if (!state.rules.holds('desiredWithinBounds') || desiredSize === undefined) return
  if (maxSize !== undefined && desiredSize > maxSize)
    throw invalid(`desiredSize ${desiredSize} can't be greater than maxSize ${maxSize}`)
  if (minSize !== undefined && desiredSize < minSize)
    throw invalid(`desiredSize ${desiredSize} can't be less than minSize ${minSize}`)
}

const checkTemplate = (input: CreateNodegroupRequest): void => {
  if (input.launchTemplate === undefined) return
  if (input.diskSize !== undefined) throw invalid('Disk size must be specified within the launch template.')
  if (input.remoteAccess !== undefined)
    throw invalid('Remote access configuration cannot be specified with a launch template.')
}

const remove = (state: AwsState, input: DeleteNodegroupRequest): Nodegroup => {
  settle(state)
  const record = clusterOf(state, input.clusterName)
  const group = groupOf(record, input.nodegroupName)
  const value: Nodegroup = { ...group.value, status: 'DELETING' }
  record.groups.set(input.nodegroupName ?? '', { ...group, value, deletedAtMs: state.clock.now() })
  return value
}

const configure = (state: AwsState, input: UpdateNodegroupConfigRequest) => {
  settle(state)
  const record = clusterOf(state, input.clusterName)
  const { value } = groupOf(record, input.nodegroupName)
  if (value.status !== 'ACTIVE') throw badState('Nodegroup is not in ACTIVE status')
  const sizes = { ...value.scalingConfig, ...input.scalingConfig }
  checkSizes(state, sizes)
  const about = input.nodegroupName ?? ''
  return startUpdate(state, record, { type: 'ConfigUpdate', token: input.clientRequestToken, minutes: 1, about }, () =>
    setGroup(record, about, {
      scalingConfig: sizes,
      labels: changedLabels(value.labels ?? {}, input),
      taints: changedTaints(value.taints ?? [], input),
      ...(input.updateConfig === undefined ? {} : { updateConfig: input.updateConfig }),
    }),
  )
}

const changedLabels = (
  live: Record<string, string>,
  { labels }: UpdateNodegroupConfigRequest,
): Record<string, string> => {
  const gone = new Set(labels?.removeLabels ?? [])
  return { ...Object.fromEntries(Object.entries(live).filter(([key]) => !gone.has(key))), ...labels?.addOrUpdateLabels }
}

type Taints = NonNullable<Nodegroup['taints']>

const changedTaints = (live: Taints, { taints }: UpdateNodegroupConfigRequest): Taints => {
  const changed = [...(taints?.removeTaints ?? []), ...(taints?.addOrUpdateTaints ?? [])]
  const same = (a: Taints[number], b: Taints[number]): boolean => a.key === b.key && a.effect === b.effect
  return [...live.filter((each) => !changed.some((other) => same(each, other))), ...(taints?.addOrUpdateTaints ?? [])]
}

const upgrade = (state: AwsState, input: UpdateNodegroupVersionRequest) => {
  settle(state)
  const record = clusterOf(state, input.clusterName)
  groupOf(record, input.nodegroupName)
  const version = input.version ?? record.value.version
  if (state.rules.holds('oneMinor') && minor(version) > minor(record.value.version))
    throw invalid(
      `Nodegroup Kubernetes version should be equal to or below Cluster kubernetes version ${record.value.version}`,
    )
  const about = input.nodegroupName ?? ''
  return startUpdate(state, record, { type: 'VersionUpdate', token: input.clientRequestToken, minutes: 5, about }, () =>
    setGroup(record, about, { version }),
  )
}

const setGroup = (record: ClusterRecord, name: string, over: Partial<Nodegroup>): void => {
  const group = record.groups.get(name)
  if (group !== undefined) record.groups.set(name, { ...group, value: { ...group.value, ...over } })
}
