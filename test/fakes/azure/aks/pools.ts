// Agent pools: made, changed, upgraded, stopped, emptied and removed, each as an operation of its cluster.
import { fault } from '../faults.ts'
import { begin, checkFree } from '../lro.ts'
import type { Call, Reply } from '../server/calls.ts'
import type { AzureState, ClusterRecord, Operation, PoolProps, PoolRecord } from '../state.ts'
import { type Aks, accepted, checkRunning, clusterOf } from './aks.ts'
import { checkBudgets } from './budgets.ts'
import { checkMatch, newTag } from './etags.ts'
import { checkFirstCount, checkFixed, checkPool, invalid, SPOT_LABEL, SPOT_TAINT } from './limits.ts'
import { shortage } from './shortage.ts'
import { checkSkew, resolveVersion, versionOf } from './versions.ts'

/** Minutes that operations take here; the stand-in's own, Azure publishes none. */
const MINUTES = { create: 3, update: 1, scale: 2, upgrade: 6, remove: 3, power: 2 } as const

export const putPool = async (aks: Aks, call: Call): Promise<Reply> => {
  const cluster = clusterOf(aks, call)
  const name = call.at.pool ?? ''
  const standing = cluster.pools.get(aks.state.key(name))
  checkMatch(aks.state, call, { tag: standing?.eTag ?? null, isDelete: false })
  const given = compact((call.body as { readonly properties?: PoolProps }).properties ?? {})
  checkRunning(aks.state, cluster)
  if (standing !== undefined) return changed(aks, call, { cluster, pool: standing, given })
  const pool = newPool(aks, cluster, { name, given })
  checkFree(aks.state, cluster)
  cluster.pools.set(aks.state.key(name), pool)
  const operation = begin(aks.state, {
    request: call.operation.name,
    cluster,
    pool,
    word: 'Creating',
    minutes: MINUTES.create,
    ending: shortage(aks, cluster, pool.props),
    finish: () => reach(pool),
    result: () => poolBody(pool),
  })
  return accepted(aks, call, { operation, status: 201, body: poolBody(pool) })
}

export interface Wanted {
  readonly name: string
  readonly given: PoolProps
}

/** Checked and completed, not yet anywhere. */
export const newPool = (aks: Aks, cluster: ClusterRecord, { name, given }: Wanted): PoolRecord => {
  const { state, sizes } = aks
  if (cluster.pools.size >= 100 && state.rules.holds('poolLimit'))
    throw fault(400, ['QuotaExceeded', 'A managed cluster has at most 100 agent pools.'])
  const control = versionOf(cluster.props)
  const orchestratorVersion = resolveVersion(state, given.orchestratorVersion, control)
  const props = completed({ ...given, orchestratorVersion, currentOrchestratorVersion: orchestratorVersion })
  const at = { state, sizes, location: cluster.location, name }
  checkPool(at, props)
  checkFirstCount(at, props)
  checkSkew(state, orchestratorVersion, control)
  return {
    name,
    id: `${cluster.id}/agentPools/${name}`,
    props: marked(state, props),
    eTag: newTag(state),
    machines: [],
    nextMachine: 0,
  }
}

const completed = (given: PoolProps): PoolProps => {
  const spot = given.scaleSetPriority === 'Spot'
  return {
    mode: 'User',
    type: 'VirtualMachineScaleSets',
    osType: 'Linux',
    osSKU: given.osType === 'Windows' ? 'Windows2022' : 'Ubuntu',
    osDiskType: 'Managed',
    osDiskSizeGB: 128,
    kubeletDiskType: 'OS',
    maxPods: 250,
    enableFIPS: false,
    scaleDownMode: 'Delete',
    nodeImageVersion: 'AKSUbuntu-2404gen2containerd-202611.10.0',
    count: given.enableAutoScaling === true ? (given.minCount ?? 1) : 1,
    powerState: { code: 'Running' },
    ...(spot ? { scaleSetEvictionPolicy: 'Delete', spotMaxPrice: -1 } : { upgradeSettings: { maxSurge: '10%' } }),
    // Since May 2025 the service picks a size where none is given.
    ...(given.type === 'VirtualMachines' ? {} : { vmSize: 'Standard_D4s_v5' }),
    ...given,
  }
}

/** spot-node-pool: the label and the taint are added by the service and cannot be taken away. */
const marked = (state: AzureState, props: PoolProps): PoolProps => {
  if (props.scaleSetPriority !== 'Spot' || !state.rules.holds('spotMarks')) return props
  const taints = props.nodeTaints ?? []
  return {
    ...props,
    nodeLabels: { ...props.nodeLabels, [SPOT_LABEL]: 'spot' },
    nodeTaints: taints.includes(SPOT_TAINT) ? taints : [...taints, SPOT_TAINT],
  }
}

interface Change {
  readonly cluster: ClusterRecord
  readonly pool: PoolRecord
  readonly given: PoolProps
}

const changed = async (aks: Aks, call: Call, change: Change): Promise<Reply> => {
  const { cluster, pool } = change
  const next = changedProps(aks, change)
  checkFree(aks.state, cluster)
  const { word, minutes } = kindOf(pool.props, next)
  if (word === 'Upgrading') await checkBudgets(aks, cluster)
  pool.eTag = newTag(aks.state)
  const growing = { ...next, count: Math.max(0, (next.count ?? 0) - (pool.props.count ?? 0)) }
  pool.props = { ...next, currentOrchestratorVersion: pool.props.currentOrchestratorVersion ?? '' }
  const operation = begin(aks.state, {
    request: call.operation.name,
    cluster,
    pool,
    word,
    minutes,
    ending: growing.count > 0 ? shortage(aks, cluster, growing) : null,
    finish: () => reach(pool),
    result: () => poolBody(pool),
  })
  return accepted(aks, call, { operation, status: 200, body: poolBody(pool) })
}

/** The pool as it would be; throws what forbids it. Members left out keep their values. */
export const changedProps = (aks: Aks, { cluster, pool, given }: Change): PoolProps => {
  const { state, sizes } = aks
  const old = pool.props
  checkFixed(state, old, given)
  checkCount(state, old, given)
  checkPower(state, old, given)
  const orchestratorVersion = resolveVersion(state, given.orchestratorVersion, old.orchestratorVersion ?? '')
  const scaled = given.enableAutoScaling === false ? { minCount: null, maxCount: null } : {}
  const next = compact({ ...old, ...scaled, ...given, orchestratorVersion })
  checkPool({ state, sizes, location: cluster.location, name: pool.name }, next)
  checkSkew(state, orchestratorVersion, versionOf(cluster.props))
  if (state.rules.holds('lastSystemPool') && old.mode === 'System' && next.mode !== 'System')
    checkOtherSystem(cluster, pool)
  return marked(state, next)
}

/** The body observed in Azure/AKS#1627 and AKS#1481. */
const checkCount = (state: AzureState, old: PoolProps, given: PoolProps): void => {
  const scales = (given.enableAutoScaling ?? old.enableAutoScaling) === true
  if (!scales) return
  const differs = given.count !== undefined && given.count !== old.count
  if (differs && state.rules.holds('manualScale'))
    throw invalid(
      "Cannot manually scale AgentPool '' of an AKS cluster with cluster autoscaler enabled. Please disable cluster autoscaler first.",
    )
  const count = old.count ?? 0
  if (state.rules.holds('minOverCount') && typeof given.minCount === 'number' && given.minCount > count)
    throw invalid(
      `agentPoolProfile.count was ${count}. It must be greater or equal to minCount:${given.minCount} and less than or equal to maxCount:${given.maxCount ?? old.maxCount}`,
    )
}

/** start-stop-nodepools: user pools only. */
const checkPower = (state: AzureState, old: PoolProps, given: PoolProps): void => {
  if (given.powerState?.code === 'Stopped' && old.mode === 'System' && state.rules.holds('stopped'))
    throw fault(400, ['OperationNotAllowed', 'System node pools can not be stopped.'])
}

/** use-system-pools: a cluster has at least one at all times. */
const checkOtherSystem = (cluster: ClusterRecord, pool: PoolRecord): void => {
  const others = [...cluster.pools.values()].filter((each) => each !== pool && each.props.mode === 'System')
  if (others.length > 0) return
  throw fault(400, ['OperationNotAllowed', 'There has to be at least one system agent pool in the managed cluster.'])
}

const kindOf = (old: PoolProps, next: PoolProps): { readonly word: string; readonly minutes: number } => {
  if (next.powerState?.code !== old.powerState?.code)
    return { word: next.powerState?.code === 'Stopped' ? 'Stopping' : 'Starting', minutes: MINUTES.power }
  if (next.orchestratorVersion !== old.currentOrchestratorVersion)
    return { word: 'Upgrading', minutes: MINUTES.upgrade }
  if (next.count !== old.count) return { word: 'Scaling', minutes: MINUTES.scale }
  return { word: 'Updating', minutes: MINUTES.update }
}

/** Its machines are those that its members say. */
export const reach = (pool: PoolRecord): void => {
  const version = pool.props.orchestratorVersion ?? ''
  if (version !== pool.props.currentOrchestratorVersion) pool.machines = []
  pool.props = { ...pool.props, currentOrchestratorVersion: version }
  const wanted = pool.props.powerState?.code === 'Stopped' ? 0 : (pool.props.count ?? 0)
  const kept = pool.machines.slice(0, wanted)
  const added = Array.from({ length: wanted - kept.length }, () => nextMachine(pool))
  pool.machines = [...kept, ...added]
}

/** What the autoscaler of the cluster does, or an eviction: the count moves, and nobody has asked the API. */
export const scaleByItself = (pool: PoolRecord, count: number): void => {
  pool.props = { ...pool.props, count }
  reach(pool)
}

/** aks-web-12345678-vmss00000a: the number is counted in base 36, as scale sets do. */
const nextMachine = (pool: PoolRecord): string => {
  const number = pool.nextMachine.toString(36).padStart(6, '0')
  pool.nextMachine += 1
  return `aks-${pool.name}-12345678-vmss${number}`
}

export const removePool = (aks: Aks, call: Call): Reply => {
  const cluster = clusterOf(aks, call)
  const pool = cluster.pools.get(aks.state.key(call.at.pool ?? ''))
  checkMatch(aks.state, call, { tag: pool?.eTag ?? null, isDelete: true })
  if (pool === undefined) return { status: 204 }
  checkRunning(aks.state, cluster)
  if (pool.props.mode === 'System' && aks.state.rules.holds('lastSystemPool')) checkOtherSystem(cluster, pool)
  checkFree(aks.state, cluster)
  const operation = started(aks, call, {
    cluster,
    pool,
    word: 'Deleting',
    minutes: MINUTES.remove,
    finish: () => {
      pool.machines = []
      cluster.pools.delete(aks.state.key(pool.name))
    },
  })
  return accepted(aks, call, { operation, status: 202 })
}

export const upgradeImage = async (aks: Aks, call: Call): Promise<Reply> => {
  const { cluster, pool } = poolOf(aks, call)
  checkRunning(aks.state, cluster)
  checkFree(aks.state, cluster)
  await checkBudgets(aks, cluster)
  const operation = started(aks, call, {
    cluster,
    pool,
    word: 'UpgradingNodeImageVersion',
    minutes: MINUTES.upgrade,
    finish: () => {
      pool.props = { ...pool.props, nodeImageVersion: LATEST_IMAGE }
      pool.machines = []
      reach(pool)
    },
  })
  return accepted(aks, call, { operation, status: 202, body: poolBody(pool) })
}

export const LATEST_IMAGE = 'AKSUbuntu-2404gen2containerd-202611.17.0'

export const deleteMachines = (aks: Aks, call: Call): Reply => {
  const { cluster, pool } = poolOf(aks, call)
  const { machineNames } = call.body as { readonly machineNames: readonly string[] }
  const unknown = machineNames.filter((name) => !pool.machines.includes(name))
  if (unknown.length > 0) throw invalid(`The machine(s) ${unknown.join(', ')} are not in agent pool ${pool.name}.`)
  checkRunning(aks.state, cluster)
  checkFree(aks.state, cluster)
  const operation = started(aks, call, {
    cluster,
    pool,
    word: 'Deleting',
    minutes: MINUTES.scale,
    finish: () => {
      pool.machines = pool.machines.filter((name) => !machineNames.includes(name))
      pool.props = { ...pool.props, count: pool.machines.length }
    },
  })
  return accepted(aks, call, { operation, status: 202 })
}

interface Started {
  readonly cluster: ClusterRecord
  readonly pool: PoolRecord
  readonly word: string
  readonly minutes: number
  readonly finish: () => void
}

const started = (aks: Aks, call: Call, of: Started): Operation => {
  of.pool.eTag = newTag(aks.state)
  return begin(aks.state, { request: call.operation.name, ...of })
}

export const poolOf = (aks: Aks, call: Call): { readonly cluster: ClusterRecord; readonly pool: PoolRecord } => {
  const cluster = clusterOf(aks, call)
  const pool = cluster.pools.get(aks.state.key(call.at.pool ?? ''))
  if (pool !== undefined) return { cluster, pool }
  throw fault(404, ['NotFound', `Could not find the agent pool ${call.at.pool} in managed cluster ${cluster.name}.`])
}

export const poolBody = (pool: PoolRecord) => ({
  id: pool.id,
  name: pool.name,
  type: 'Microsoft.ContainerService/managedClusters/agentPools',
  properties: { ...pool.props, eTag: pool.eTag },
})

/** A null is how a client clears a member. */
export const compact = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null && each !== undefined)) as T
