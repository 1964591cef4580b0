// What stands in the subscription for a target: the cluster by its name with its pools, its resource group, its identity and
// the rights around it. Ours is what carries the fleet's and the target's tags; a write that failed is asked for again.
import type { ManagedCluster, ManagedClusterAgentPoolProfile } from '@azure/arm-containerservice'
import type { Fleet } from '../../../core/model/fleet.ts'
import type { ClusterPhase, InfraState, LivePool } from '../../../core/model/infra.ts'
import { type Owner, ownerOf } from '../../../core/model/infra-owner.ts'
import type { ObservedObject, Readiness } from '../../../core/model/replica.ts'
import { type AksTarget, isUp } from '../clusters.ts'
import { aksSettings, clusterPath, groupPath } from '../settings.ts'
import { GROUPS_VERSION, IDENTITIES_VERSION, identityOutputs, type Placed, readPlaced } from './ground.ts'
import { HASH_TAG, identityName, isOurs, POOL_LABEL, type Tags, tagOf } from './names.ts'
import { clusterId, groupId, identityId, identityPath, poolId, STAGES } from './objects.ts'
import { operationCause } from './operations.ts'
import { mayEnter, readPriorities } from './priorities.ts'
import { readAssignments } from './read-assignments.ts'
import { readinessOf } from './readiness.ts'

export const observeInfra = async (aks: AksTarget, fleet: Fleet, signal: AbortSignal): Promise<InfraState> => {
  const { target } = aks
  const settings = aksSettings(target)
  const owner = ownerOf(fleet, target)
  const caller = await aks.caller(signal)
  aks.forget()
  const [cluster, group, identity] = await Promise.all([
    aks.describe(signal),
    readPlaced(aks, { path: groupPath(settings), version: GROUPS_VERSION }, signal),
    readPlaced(aks, { path: identityPath(settings, owner), version: IDENTITIES_VERSION }, signal),
  ])
  const principals = {
    kubelet: cluster?.identityProfile?.['kubeletidentity']?.objectId ?? '',
    identity: identity === null ? '' : (identityOutputs(identity.properties)['principalId'] ?? ''),
    deployer: caller.objectId,
  }
  const made = settings.create !== null || isOurs(cluster?.tags, owner)
  const at = cluster === null ? null : clusterPath(settings)
  const rights = made ? await readAssignments(aks, { owner, principals, cluster: at }, signal) : []
  const pools = cluster === null ? [] : await readPools(aks, { cluster, owner }, signal)
  const asks = cluster?.autoScalerProfile?.expander === 'priority' && isOurs(cluster.tags, owner) && isUp(cluster)
  const order = asks ? await readPriorities(aks, owner, signal) : null
  const own = cluster === null ? [] : [await clusterObject(aks, { cluster, owner, principals }, signal)]
  return {
    reachable: true,
    complete: true,
    because: null,
    observedAt: new Date().toISOString(),
    account: settings.subscription,
    cluster: phaseOf(cluster),
    objects: [
      ...placedObject(group, { id: groupId(settings), kind: 'ResourceGroup', name: settings.resourceGroup, owner }),
      ...placedObject(identity, {
        id: identityId(identityName(owner)),
        kind: 'Identity',
        name: identityName(owner),
        owner,
      }),
      ...(await proved(aks, { rights, cluster }, signal)),
      ...own,
      ...(order === null ? [] : [order]),
      ...pools.map((each) => each.object),
    ],
    pools: pools.flatMap((each) => each.live ?? []),
    diagnostics: [],
  }
}

/** Azure takes minutes to spread a new right: what is sent into the cluster before would be refused. */
const proved = async (
  aks: AksTarget,
  of: { readonly rights: readonly ObservedObject[]; readonly cluster: ManagedCluster | null },
  signal: AbortSignal,
): Promise<readonly ObservedObject[]> => {
  const fresh = of.rights.find((each) => aks.unproved.has(each.id))
  if (fresh === undefined || !isUp(of.cluster) || (await mayEnter(aks, signal))) {
    if (fresh !== undefined && isUp(of.cluster)) aks.unproved.delete(fresh.id)
    return of.rights
  }
  const readiness: Readiness = {
    state: 'progressing',
    message: 'the cluster does not know the right yet',
    retriable: true,
  }
  return of.rights.map((each) => (each === fresh ? { ...each, readiness } : each))
}

const phaseOf = (cluster: ManagedCluster | null): ClusterPhase => {
  if (cluster === null) return 'absent'
  if (cluster.powerState?.code === 'Stopped') return 'stopped'
  if (cluster.provisioningState === 'Failed' || cluster.provisioningState === 'Canceled') return 'failed'
  const notYet = ['Creating', 'Deleting', 'Starting', 'Stopping'].includes(cluster.provisioningState ?? '')
  return notYet ? 'progressing' : 'ready'
}

interface PlacedAs {
  readonly id: string
  readonly kind: 'ResourceGroup' | 'Identity'
  readonly name: string
  readonly owner: Owner
}

const placedObject = (placed: Placed | null, { id, kind, name, owner }: PlacedAs): readonly ObservedObject[] => {
  if (placed === null) return []
  const going = placed.properties['provisioningState'] === 'Deleting'
  return [
    {
      ...{ id, kind, name, uid: placed.id, scope: 'target', drift: [] },
      stage: kind === 'Identity' ? STAGES.identity : STAGES.group,
      guard: kind === 'Identity' ? 'none' : 'container',
      ...hashed(placed.tags),
      owner: isOurs(placed.tags, owner) ? 'ours' : 'foreign',
      readiness: going
        ? { state: 'progressing', message: 'deleting', retriable: true }
        : { state: 'ready', retriable: false },
      ...(kind === 'Identity' ? { outputs: identityOutputs(placed.properties) } : {}),
    },
  ]
}

const hashed = (tags: Tags | undefined): { readonly hash?: string } => {
  const hash = tagOf(tags, HASH_TAG)
  return hash === undefined ? {} : { hash }
}

interface ClusterOf {
  readonly cluster: ManagedCluster
  readonly owner: Owner
  readonly principals: { readonly kubelet: string; readonly deployer: string }
}

const clusterObject = async (
  aks: AksTarget,
  { cluster, owner, principals }: ClusterOf,
  signal: AbortSignal,
): Promise<ObservedObject> => {
  const settings = aksSettings(aks.target)
  const id = clusterId(settings)
  const readiness = await judged(aks, { id, seen: cluster }, signal)
  return {
    ...{ id, uid: cluster.id ?? settings.cluster, kind: 'Cluster', name: settings.cluster, scope: 'target' },
    guard: 'container',
    stage: STAGES.cluster,
    ...(isUnexplained(readiness) ? {} : hashed(cluster.tags)),
    // A used cluster is nobody's to change: it counts as foreign, and nothing is rendered under its id.
    owner: isOurs(cluster.tags, owner) ? 'ours' : 'foreign',
    drift: [],
    readiness,
    outputs: {
      kubelet: principals.kubelet,
      deployer: principals.deployer,
      issuer: cluster.oidcIssuerProfile?.issuerURL ?? '',
    },
    summary: {
      version: cluster.currentKubernetesVersion ?? cluster.kubernetesVersion ?? '',
      status: cluster.provisioningState ?? '',
    },
  }
}

interface Judged {
  readonly id: string
  readonly seen: Pick<ManagedCluster, 'provisioningState' | 'status'>
}

const judged = async (aks: AksTarget, { id, seen }: Judged, signal: AbortSignal): Promise<Readiness> => {
  const { provisioningState, status } = seen
  const failed = provisioningState === 'Failed' || provisioningState === 'Canceled'
  const cause = failed ? await operationCause(aks, id, signal) : null
  if (provisioningState === 'Succeeded') aks.operations.delete(id)
  return readinessOf({ provisioningState, error: status?.provisioningError, cause })
}

/** Failed, and nobody knows why (the process that had asked is gone): without its hash it is asked for again. */
const isUnexplained = ({ state, reason }: Readiness): boolean => state === 'failed' && reason === 'Failed'

interface ReadPool {
  readonly object: ObservedObject
  readonly live: LivePool | null
}

const readPools = (
  aks: AksTarget,
  { cluster, owner }: { readonly cluster: ManagedCluster; readonly owner: Owner },
  signal: AbortSignal,
): Promise<readonly ReadPool[]> =>
  Promise.all((cluster.agentPoolProfiles ?? []).map((pool) => readPool(aks, { cluster, pool, owner }, signal)))

const readPool = async (
  aks: AksTarget,
  of: { readonly cluster: ManagedCluster; readonly pool: ManagedClusterAgentPoolProfile; readonly owner: Owner },
  signal: AbortSignal,
): Promise<ReadPool> => {
  const { cluster, pool, owner } = of
  const id = poolId(pool.name)
  const readiness = await judged(aks, { id, seen: pool }, signal)
  const name = pool.nodeLabels?.[POOL_LABEL]
  const capacityType = pool.scaleSetPriority === 'Spot' ? 'spot' : 'on-demand'
  const nodes = pool.count ?? 0
  const object: ObservedObject = {
    ...{ id, uid: `${cluster.id}/agentPools/${pool.name}`, kind: 'AgentPool', name: pool.name, scope: 'target' },
    guard: 'container',
    // The last system pool goes with its cluster, so it stands before it where the order is turned round.
    stage: pool.mode === 'System' ? STAGES.grant : STAGES.pool,
    ...(isUnexplained(readiness) ? {} : hashed(pool.tags)),
    owner: isOurs(pool.tags, owner) ? 'ours' : 'foreign',
    drift: [],
    readiness,
    summary: { ...(name === undefined ? {} : { pool: name, capacityType }), nodes },
  }
  // What could not come, or goes, is no reason to keep its size.
  const stands = readiness.state !== 'failed' && pool.provisioningState !== 'Deleting'
  if (name === undefined || object.owner !== 'ours' || !stands) return { object, live: null }
  return { object, live: { pool: name, group: pool.name, capacityType, instanceTypes: [pool.vmSize ?? ''], nodes } }
}
