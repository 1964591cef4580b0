// What time has done since the last look: things that were coming are there, things that were going are gone.
import type { Addon, FargateProfile, Nodegroup } from '@aws-sdk/client-eks'
import type { AwsState, Timed } from '../state.ts'
import { MINUTE } from './typed.ts'

const CLUSTER_MINUTES = 9
const CLUSTER_GONE_MINUTES = 8
const GROUP_MINUTES = 3
const PROFILE_MINUTES = 2
const ADDON_MINUTES = 1

export const settle = (state: AwsState): void => {
  const now = state.clock.now()
  for (const [name, record] of state.clusters) {
    for (const [id, update] of record.updates) {
      if (update.update.status !== 'InProgress' || update.doneAtMs > now) continue
      record.updates.set(id, { ...update, update: { ...update.update, status: 'Successful' } })
      update.apply()
    }
    settleAll(record.groups, now, GROUP_MINUTES, (group) => groupStatus(state, group))
    settleAll(
      record.profiles,
      now,
      PROFILE_MINUTES,
      (profile): FargateProfile => ({
        ...profile,
        status: 'ACTIVE',
      }),
    )
    settleAll(record.addons, now, ADDON_MINUTES, (addon) => addonStatus(state, nodesOf(state, name), addon))
    settleCluster(state, name, now)
  }
}

const settleCluster = (state: AwsState, name: string, now: number): void => {
  const record = state.clusters.get(name)
  if (record === undefined) return
  if (record.deletedAtMs !== null) {
    if (now - record.deletedAtMs >= CLUSTER_GONE_MINUTES * MINUTE) state.clusters.delete(name)
    return
  }
  if (record.value.status === 'CREATING' && now - record.madeAtMs >= CLUSTER_MINUTES * MINUTE)
    state.clusters.set(name, { ...record, value: { ...record.value, status: 'ACTIVE' } })
}

const settleAll = <T>(all: Map<string, Timed<T>>, now: number, minutes: number, ready: (value: T) => T): void => {
  for (const [name, each] of all) {
    if (each.deletedAtMs !== null) {
      if (now - each.deletedAtMs >= minutes * MINUTE) all.delete(name)
    } else if (now - each.madeAtMs >= minutes * MINUTE) all.set(name, { ...each, value: ready(each.value) })
  }
}

/** A group whose type is short fails with the issue that its scaling group had; the others are there. */
const groupStatus = (state: AwsState, group: Nodegroup): Nodegroup => {
  if (group.status !== 'CREATING') return group
  const short = (group.instanceTypes ?? []).map((type) => state.shortages.get(type)).find((each) => each !== undefined)
  if (short === undefined || group.scalingConfig?.desiredSize === 0)
    return { ...group, status: 'ACTIVE', health: { issues: [] } }
  const issue = { code: short.code, message: short.message, resourceIds: [`asg-${group.nodegroupName}`] }
  return { ...group, status: 'CREATE_FAILED', health: { issues: [issue as never] } }
}

const NEEDS_NODE = new Set(['coredns', 'metrics-server'])

/** Those that the test says are ready, and those of groups that are there. */
const nodesOf = (state: AwsState, cluster: string): number =>
  [...(state.clusters.get(cluster)?.groups.values() ?? [])]
    .filter(({ value }) => value.status === 'ACTIVE')
    .reduce((sum, { value }) => sum + (value.scalingConfig?.desiredSize ?? 0), state.readyNodes.get(cluster) ?? 0)

const addonStatus = (state: AwsState, nodes: number, addon: Addon): Addon => {
  const waits = state.rules.holds('addonNeedsNode') && NEEDS_NODE.has(addon.addonName ?? '') && nodes === 0
  if (!waits) return { ...addon, status: 'ACTIVE', health: { issues: [] } }
  const issue = {
    code: 'InsufficientNumberOfReplicas' as const,
    message: 'The add-on is unhealthy because it does not have the desired number of replicas.',
  }
  return { ...addon, status: 'DEGRADED', health: { issues: [issue] } }
}
