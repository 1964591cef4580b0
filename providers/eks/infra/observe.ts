// What stands in the account for a target: the cluster by its name, everything in it, and our roles by theirs. Ours is what
// carries the fleet's and the target's tags; what stands under one of our names without them is foreign.
import type { Cluster } from '@aws-sdk/client-eks'
import type { Fleet, Target } from '../../../core/model/fleet.ts'
import type { ClusterPhase, InfraState } from '../../../core/model/infra.ts'
import { type Owner, ownerOf } from '../../../core/model/infra-owner.ts'
import type { ObservedObject } from '../../../core/model/replica.ts'
import type { EksTarget } from '../clusters.ts'
import { eksSettings } from '../settings.ts'
import { readAccess, readAddons, readGroups, readProfiles } from './members.ts'
import { HASH_TAG, isOurs } from './names.ts'
import { lingering } from './network-linger.ts'
import { type Found, findNetwork, observedNetwork } from './network-read.ts'
import { clusterId, STAGES } from './objects.ts'
import { clusterReadiness } from './readiness.ts'
import { readRoles } from './roles.ts'
import { withUpdates } from './updates.ts'

export const observeInfra = async (eks: EksTarget, fleet: Fleet, signal: AbortSignal): Promise<InfraState> => {
  const { target } = eks
  const owner = ownerOf(fleet, target)
  const account = await eks.account(signal)
  eks.forget()
  const cluster = await eks.describe(signal)
  const [roles, groups, profiles, access] = await Promise.all([
    readRoles(eks, owner, signal),
    cluster === null ? [] : readGroups(eks, owner, signal),
    cluster === null ? [] : readProfiles(eks, owner, signal),
    cluster === null ? [] : readAccess(eks, owner, signal),
  ])
  // An add-on that waits for a node is judged by whether there shall be one.
  const nodes = groups.some(({ object }) => Number(object.summary?.['nodes'] ?? 0) > 0)
  const addons = cluster === null ? [] : await readAddons(eks, { owner, nodes }, signal)
  const network = await networkIfAny(eks, { owner, cluster, roles }, signal)
  const own = cluster === null ? await lingering(eks, network, signal) : [clusterObject(target, cluster, owner)]
  return {
    reachable: true,
    complete: true,
    because: null,
    observedAt: new Date().toISOString(),
    account,
    cluster: phaseOf(cluster),
    objects: await withUpdates(
      eks,
      [
        ...roles,
        ...observedNetwork(network),
        ...own,
        ...groups.map((each) => each.object),
        ...profiles,
        ...addons,
        ...access,
      ],
      signal,
    ),
    pools: groups.flatMap((each) => each.live ?? []),
    diagnostics: buys(target) ? (await eks.offers(signal)).diagnostics : [],
  }
}

const buys = (target: Target): boolean => target.pools.some((pool) => pool.kind === 'nodes')

/** Asked only where there can be one of ours: who gives a network needs no rights in EC2. */
const networkIfAny = async (
  eks: EksTarget,
  of: { readonly owner: Owner; readonly cluster: Cluster | null; readonly roles: readonly ObservedObject[] },
  signal: AbortSignal,
): Promise<readonly Found[]> => {
  const { create } = eksSettings(eks.target)
  const left = isOurs(of.cluster?.tags, of.owner) || of.roles.some((role) => role.owner === 'ours')
  const possible = create === null ? left : create.use === null
  return possible && of.owner.fleet !== '' ? findNetwork(eks, of.owner, signal) : []
}

const phaseOf = (cluster: Cluster | null): ClusterPhase => {
  if (cluster === null) return 'absent'
  if (cluster.status === 'ACTIVE' || cluster.status === 'UPDATING') return 'ready'
  return cluster.status === 'FAILED' ? 'failed' : 'progressing'
}

const clusterObject = (target: Target, cluster: Cluster, owner: Owner): ObservedObject => {
  const settings = eksSettings(target)
  const hash = cluster.tags?.[HASH_TAG]
  return {
    id: clusterId(settings),
    uid: cluster.arn ?? settings.cluster,
    kind: 'Cluster',
    name: settings.cluster,
    scope: 'target',
    guard: 'container',
    stage: STAGES.cluster,
    ...(hash === undefined ? {} : { hash }),
    // A used cluster is nobody's to change: it counts as foreign, and nothing is rendered under its id.
    owner: isOurs(cluster.tags, owner) ? 'ours' : 'foreign',
    drift: [],
    readiness: clusterReadiness(cluster),
    summary: {
      version: cluster.version ?? '',
      status: cluster.status ?? '',
      subnets: (cluster.resourcesVpcConfig?.subnetIds ?? []).join(','),
    },
  }
}
