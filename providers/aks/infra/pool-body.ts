// A pool as AKS takes it. What is ours to say is said; what AKS adds of its own (the spot taint and label) stays.

import type { AgentPool, ManagedClusterAgentPoolProfile } from '@azure/arm-containerservice'
import { minorOf } from '../../../core/model/cluster-version.ts'
import type { PoolBody } from './bodies.ts'

/** Added by AKS to spot pools and not to be taken away; the label is set by AKS under a reserved prefix (spot-node-pool). */
export const SPOT_LABEL = 'kubernetes.azure.com/scalesetpriority'
export const SPOT_TAINT = `${SPOT_LABEL}=spot:NoSchedule`

type Common = Omit<ManagedClusterAgentPoolProfile, 'name' | 'type'>

/** `count` is written here and never again: it belongs to the autoscaler. */
export const newPool = (body: PoolBody, tags: Record<string, string>): Common => ({
  ...changeable(body, tags),
  mode: body.mode,
  vmSize: body.vmSize,
  osType: 'Linux',
  count: body.scale === null ? 1 : Math.max(body.scale.min, body.mode === 'System' ? 1 : 0),
  ...(body.version === null ? {} : { orchestratorVersion: body.version }),
  ...(body.subnet === null ? {} : { vnetSubnetID: body.subnet }),
  ...(body.zones.length === 0 ? {} : { availabilityZones: [...body.zones] }),
  ...(body.gpu === null ? {} : { gpuProfile: { driver: body.gpu.driver } }),
  ...(body.gpu === null || body.gpu.mig === null ? {} : { gpuInstanceProfile: body.gpu.mig }),
  ...(body.capacityType === 'spot'
    ? { scaleSetPriority: 'Spot', scaleSetEvictionPolicy: 'Delete', spotMaxPrice: -1 }
    : // A third more nodes during an upgrade: quick, and spot pools may not have it.
      { upgradeSettings: { maxSurge: '33%' } }),
})

const changeable = (body: PoolBody, tags: Record<string, string>): Common => ({
  tags,
  nodeLabels: { ...body.labels },
  nodeTaints: [...body.taints, ...(body.capacityType === 'spot' ? [SPOT_TAINT] : [])],
  ...(body.scale === null ? {} : { enableAutoScaling: true, minCount: body.scale.min, maxCount: body.scale.max }),
})

/** The pool as it stands with ours laid over it. */
export const changedPool = (live: AgentPool, body: PoolBody, tags: Record<string, string>): AgentPool => {
  const { count: _, ...kept } = live
  const labels = live.nodeLabels?.[SPOT_LABEL] === undefined ? {} : { [SPOT_LABEL]: 'spot' }
  const ours = changeable(body, { ...live.tags, ...tags })
  return {
    ...kept,
    ...ours,
    nodeLabels: { ...labels, ...ours.nodeLabels },
    ...(body.version === null || isAt(live, body.version) ? {} : { orchestratorVersion: body.version }),
  }
}

export const isAt = (live: AgentPool, version: string): boolean =>
  minorOf(live.currentOrchestratorVersion ?? live.orchestratorVersion) >= minorOf(version)

/**
 * A min above the present count is refused (Azure/AKS#1481), so the pool is brought there by hand first, and scales itself
 * again in the next step. null: no such step.
 */
export const raisedPool = (live: AgentPool, body: PoolBody): AgentPool | null => {
  if (body.scale === null || body.scale.min <= (live.count ?? 0)) return null
  const { minCount: _min, maxCount: _max, ...kept } = live
  return { ...kept, enableAutoScaling: false, count: body.scale.min }
}

/** What of ours differs, as 'maxCount is 7, 5 is wanted'. */
export const poolDifferences = (live: AgentPool, body: PoolBody): readonly string[] => {
  const wanted = changeable(body, {})
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['minCount', live.minCount, wanted.minCount],
    ['maxCount', live.maxCount, wanted.maxCount],
    ['nodeTaints', sorted(live.nodeTaints), sorted(wanted.nodeTaints)],
    ['nodeLabels', labelText(live.nodeLabels), labelText(wanted.nodeLabels)],
  ]
  return pairs
    .filter(([, is, want]) => (is ?? '') !== (want ?? ''))
    .map(([field, is, want]) => `${field} is ${String(is ?? 'none')}, ${String(want ?? 'none')} is wanted`)
}

const sorted = (list: readonly string[] | undefined): string => [...(list ?? [])].sort().join(', ')

const labelText = (labels: Readonly<Record<string, string>> | undefined): string =>
  sorted(
    Object.entries(labels ?? {})
      .filter(([key]) => key !== SPOT_LABEL)
      .map(([key, value]) => `${key}=${value}`),
  )
