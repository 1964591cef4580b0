// Managed clusters: made with their first pools, changed, upgraded, stopped, started, aborted and removed.
import { type Ending, fault } from '../faults.ts'
import { begin, cancel, checkFree, underWay } from '../lro.ts'
import type { Call, Reply } from '../server/calls.ts'
import type { AzureState, ClusterProps, ClusterRecord, Identity, Operation, PoolProps } from '../state.ts'
import { type Aks, accepted, checkGroup, checkLocks, checkRunning, clusterOf } from './aks.ts'
import { checkCluster, checkClusterFixed, checkClusterName, checkFirstPools, checkTags } from './cluster-limits.ts'
import { checkMatch, newTag } from './etags.ts'
import { identityOf, settled, standing } from './made.ts'
import { changedProps, compact, newPool, reach } from './pools.ts'
import { shortage } from './shortage.ts'
import { checkUpgrade, defaultVersion, minorOf, resolveVersion, versionOf } from './versions.ts'

const MINUTES = { create: 5, update: 2, upgrade: 8, remove: 4, power: 4, abort: 1 } as const

interface ClusterBody {
  readonly location: string
  readonly tags?: Readonly<Record<string, string>>
  readonly sku?: unknown
  readonly identity?: Identity
  readonly properties?: ClusterProps
}

export const putCluster = (aks: Aks, call: Call): Reply => {
  const { state } = aks
  const body = call.body as ClusterBody
  const name = call.at.cluster ?? ''
  const group = call.at.group ?? ''
  checkGroup(state, group)
  checkRegistered(state)
  checkTags(state, body.tags)
  const found = state.clusters.get(state.key(group, name))
  checkMatch(state, call, { tag: found?.eTag ?? null, isDelete: false })
  if (found !== undefined) return changed(aks, call, { record: found, body })
  const record = newCluster(aks, { name, group, body })
  const ending = firstShortage(aks, record)
  state.clusters.set(state.key(group, name), record)
  const operation = begin(state, {
    request: call.operation.name,
    cluster: record,
    word: 'Creating',
    minutes: MINUTES.create,
    ending,
    finish: () => settled(aks, record),
    result: () => clusterBody(record),
  })
  return accepted(aks, call, { operation, status: 201, body: clusterBody(record) })
}

/** ARM: "The subscription is not registered to use namespace". */
export const checkRegistered = (state: AzureState, namespace = 'Microsoft.ContainerService'): void => {
  if (state.registered.has(namespace.toLowerCase()) || !state.rules.holds('providerRegistered')) return
  const words = `The subscription is not registered to use namespace '${namespace}'.`
  throw fault(409, ['MissingSubscriptionRegistration', words], { wrapped: true })
}

interface New {
  readonly name: string
  readonly group: string
  readonly body: ClusterBody
}

const newCluster = (aks: Aks, { name, group, body }: New): ClusterRecord => {
  const { state } = aks
  const props = body.properties ?? {}
  const identity = body.identity ?? null
  checkClusterName(state, name, props)
  checkCluster(state, { props, identity })
  checkFirstPools(state, props)
  const version = resolveVersion(state, props.kubernetesVersion, defaultVersion(state))
  const record: ClusterRecord = {
    id: `/subscriptions/${state.subscription}/resourceGroups/${group}/providers/Microsoft.ContainerService/managedClusters/${name}`,
    name,
    group,
    location: body.location.toLowerCase().replaceAll(' ', ''),
    tags: body.tags ?? {},
    sku: body.sku ?? { name: 'Base', tier: 'Free' },
    identity: identityOf(state, identity),
    props: standing(state, { name, group, location: body.location, props: withoutPools(props), version }),
    eTag: newTag(state),
    pools: new Map(),
    madeAtMs: state.clock.now(),
  }
  for (const { name: pool, ...given } of props.agentPoolProfiles ?? []) addFirstPool(aks, record, { name: pool, given })
  return record
}

interface FirstPool {
  readonly name: string
  readonly given: PoolProps
}

const addFirstPool = (aks: Aks, record: ClusterRecord, of: FirstPool): void => {
  const pool = newPool(aks, record, { name: of.name, given: compact(of.given) })
  const version = versionOf(record.props)
  if (minorOf(pool.props.orchestratorVersion ?? '') !== minorOf(version) && aks.state.rules.holds('versionsEqual'))
    throw fault(400, ['InvalidParameter', `Pool ${of.name} of a new cluster must have its version ${version}.`])
  pool.props = { ...pool.props, provisioningState: 'Creating' }
  record.pools.set(aks.state.key(of.name), pool)
}

const firstShortage = (aks: Aks, record: ClusterRecord): Ending | null =>
  [...record.pools.values()].map((pool) => shortage(aks, record, pool.props)).find((each) => each !== null) ?? null

const withoutPools = ({ agentPoolProfiles: _, ...props }: ClusterProps): ClusterProps => compact(props)

interface Change {
  readonly record: ClusterRecord
  readonly body: ClusterBody
}

const changed = (aks: Aks, call: Call, { record, body }: Change): Reply => {
  const { state } = aks
  const given = body.properties ?? {}
  checkRunning(state, record)
  checkClusterFixed(state, record.props, given)
  const version = resolveVersion(state, given.kubernetesVersion, record.props.kubernetesVersion ?? '')
  checkUpgrade(state, versionOf(record.props), version)
  const props = { ...record.props, ...withoutPools(given), kubernetesVersion: version }
  checkCluster(state, { props: { ...props, agentPoolProfiles: given.agentPoolProfiles ?? null }, identity: null })
  const pools = poolChanges(aks, record, given)
  checkFree(state, record)
  record.props = props
  record.tags = body.tags ?? record.tags
  record.sku = body.sku ?? record.sku
  record.identity = body.identity === undefined ? record.identity : identityOf(state, body.identity)
  for (const apply of pools) apply()
  retag(state, record)
  const upgrades = version !== record.props.currentKubernetesVersion
  const operation = begin(state, {
    request: call.operation.name,
    cluster: record,
    word: upgrades ? 'Upgrading' : 'Updating',
    minutes: upgrades ? MINUTES.upgrade : MINUTES.update,
    finish: () => settled(aks, record),
    result: () => clusterBody(record),
  })
  return accepted(aks, call, { operation, status: 200, body: clusterBody(record) })
}

/** use-etags: an operation of the cluster changes its tag and those of its pools. */
const retag = (state: AzureState, record: ClusterRecord): void => {
  record.eTag = newTag(state)
  for (const pool of record.pools.values()) pool.eTag = newTag(state)
}

/**
 * What the pools in the body of a cluster change. One that is left out stays as it is (pulumi-azure-native#579); a new one is
 * refused, with the words of Azure/bicep#9644.
 */
const poolChanges = (aks: Aks, record: ClusterRecord, given: ClusterProps): readonly (() => void)[] =>
  (given.agentPoolProfiles ?? []).map(({ name, ...props }) => {
    const pool = record.pools.get(aks.state.key(name))
    if (pool === undefined && aks.state.rules.holds('poolsByOwnCalls'))
      throw fault(400, [
        'BadRequest',
        'A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed through managed cluster operations. For agent pool specific change, please use per agent pool operations.',
      ])
    if (pool === undefined) {
      const made = newPool(aks, record, { name, given: compact(props) })
      return () => void record.pools.set(aks.state.key(name), made)
    }
    const next = changedProps(aks, { cluster: record, pool, given: compact(props) })
    return () => {
      pool.props = { ...next, currentOrchestratorVersion: pool.props.currentOrchestratorVersion ?? '' }
    }
  })

export const updateTags = (aks: Aks, call: Call): Reply => {
  const record = clusterOf(aks, call)
  const { tags } = call.body as { readonly tags?: Readonly<Record<string, string>> }
  checkMatch(aks.state, call, { tag: record.eTag, isDelete: false })
  checkTags(aks.state, tags)
  checkRunning(aks.state, record)
  checkFree(aks.state, record)
  record.tags = tags ?? {}
  const operation = started(aks, call, { record, word: 'Updating', minutes: MINUTES.update, finish: () => undefined })
  return accepted(aks, call, { operation, status: 200, body: clusterBody(record) })
}

export const removeCluster = (aks: Aks, call: Call): Reply => {
  const { state } = aks
  const record = state.clusters.get(state.key(call.at.group ?? '', call.at.cluster ?? ''))
  checkMatch(state, call, { tag: record?.eTag ?? null, isDelete: true })
  if (record === undefined) return { status: 204 }
  checkLocks(state, [record.group, record.props.nodeResourceGroup ?? ''])
  const busy = underWay(state, record)
  if (busy?.word === 'Deleting' && busy.pool === null) return accepted(aks, call, { operation: busy, status: 202 })
  // A delete takes the place of what is under way (error code page: AKSOperationPreemptedByDelete).
  if (busy !== undefined) cancel(busy, state.clock.now(), PREEMPTED)
  const operation = started(aks, call, {
    record,
    word: 'Deleting',
    minutes: MINUTES.remove,
    finish: () => {
      for (const pool of record.pools.values()) pool.machines = []
      state.clusters.delete(state.key(record.group, record.name))
      // delete-cluster: the group of the nodes goes with it.
      state.groups.delete(state.key(record.props.nodeResourceGroup ?? ''))
    },
  })
  return accepted(aks, call, { operation, status: 202 })
}

const PREEMPTED = { code: 'AKSOperationPreemptedByDelete', message: 'The operation was preempted by a delete.' }

export const stopCluster = (aks: Aks, call: Call): Reply => {
  const record = clusterOf(aks, call)
  if (record.props.powerState?.code === 'Stopped') return { status: 204 }
  // start-stop-cluster: not with node auto provisioning.
  if (record.props.nodeProvisioningProfile?.mode === 'Auto' && aks.state.rules.holds('stopped'))
    throw fault(400, ['OperationNotAllowed', 'A cluster with node auto provisioning can not be stopped.'])
  checkFree(aks.state, record)
  const finish = (): void => {
    record.props = { ...record.props, powerState: { code: 'Stopped' } }
    for (const pool of record.pools.values()) pool.machines = []
  }
  const operation = started(aks, call, { record, word: 'Stopping', minutes: MINUTES.power, finish })
  return accepted(aks, call, { operation, status: 202 })
}

export const startCluster = (aks: Aks, call: Call): Reply => {
  const record = clusterOf(aks, call)
  if (record.props.powerState?.code !== 'Stopped') return { status: 204 }
  checkFree(aks.state, record)
  const finish = (): void => {
    record.props = { ...record.props, powerState: { code: 'Running' } }
    for (const pool of record.pools.values()) reach(pool)
  }
  const operation = started(aks, call, { record, word: 'Starting', minutes: MINUTES.power, finish })
  return accepted(aks, call, { operation, status: 202 })
}

/** manage-abort-operations: too late is 409. */
export const abort = (aks: Aks, call: Call): Reply => {
  const { state } = aks
  const record = clusterOf(aks, call)
  const busy = underWay(state, record)
  if (busy === undefined || (call.at.pool !== undefined && busy.pool?.name !== call.at.pool))
    throw fault(409, ['OperationNotAllowed', 'There is no operation in progress that can be aborted.'])
  cancel(busy, state.clock.now())
  const operation = begin(state, {
    request: call.operation.name,
    cluster: record,
    pool: busy.pool,
    word: 'Canceling',
    minutes: MINUTES.abort,
    ending: null,
    finish: () => {
      const canceled = { provisioningState: 'Canceled' }
      if (busy.pool === null) record.props = { ...record.props, ...canceled }
      else busy.pool.props = { ...busy.pool.props, ...canceled }
    },
  })
  return accepted(aks, call, { operation, status: 202 })
}

interface Started {
  readonly record: ClusterRecord
  readonly word: string
  readonly minutes: number
  readonly finish: () => void
}

const started = (aks: Aks, call: Call, of: Started): Operation => {
  retag(aks.state, of.record)
  return begin(aks.state, { request: call.operation.name, cluster: of.record, ...of, result: () => undefined })
}

export const clusterBody = (record: ClusterRecord) => ({
  id: record.id,
  name: record.name,
  type: 'Microsoft.ContainerService/managedClusters',
  location: record.location,
  tags: record.tags,
  sku: record.sku,
  ...(record.identity === null ? {} : { identity: record.identity }),
  eTag: record.eTag,
  properties: {
    ...record.props,
    agentPoolProfiles: [...record.pools.values()].map(({ name, props, eTag }) => ({ name, ...props, eTag })),
  },
})
