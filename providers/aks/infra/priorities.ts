// In which order the autoscaler asks pools for nodes: the ways to buy of a pool as the user lists them. AKS has a switch for
// it and reads the order from a ConfigMap (cluster-autoscaler, expander priority): the higher number wins.

import { isStormportError } from '../../../core/errors.ts'
import type { InfraSpec } from '../../../core/model/infra.ts'
import type { Owner } from '../../../core/model/infra-owner.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { ObservedObject } from '../../../core/model/replica.ts'
import type { AksTarget } from '../clusters.ts'
import { withInner } from '../inner.ts'
import { record } from './ground.ts'
import { object, STAGES } from './objects.ts'
import type { Applied, Removal, Step } from './step.ts'

const NAME = 'cluster-autoscaler-priority-expander'
const PATH = `/api/v1/namespaces/kube-system/configmaps/${NAME}`
export const PRIORITIES_ID = `kubernetes/ConfigMap/kube-system/${NAME}`

export interface PrioritiesBody {
  readonly priorities: string
}

const FIRST = 100
const STEP = 10

export const prioritiesObject = (
  pools: readonly NativeObject[],
  { spec, owner, awaits }: { readonly spec: InfraSpec; readonly owner: Owner; readonly awaits: readonly string[] },
): NativeObject => {
  const ranks = spec.pools.flatMap(({ groups }) => groups.map((_, i) => FIRST - i * STEP))
  const byRank = Map.groupBy(pools, (_, i) => ranks[i] ?? FIRST)
  const body: PrioritiesBody = { priorities: text(byRank) }
  return object('ConfigMap', NAME, { id: PRIORITIES_ID, owner, stage: STAGES.access + 1, awaits, body })
}

/** Scale sets are called aks-POOL-NUMBER-vmss. */
const text = (byRank: ReadonlyMap<number, readonly NativeObject[]>): string =>
  [...byRank]
    .sort(([a], [b]) => b - a)
    .flatMap(([rank, pools]) => [`${rank}:`, ...pools.map(({ name }) => `  - ^aks-${name}-.*`)])
    .join('\n')

const FLEET = 'stormport.dev/fleet'
const TARGET = 'stormport.dev/target'
const HASH = 'stormport.dev/hash'

/** null: none, or the cluster does not let us look: then the step that makes it says why. */
export const readPriorities = async (
  aks: AksTarget,
  owner: Owner,
  signal: AbortSignal,
): Promise<ObservedObject | null> => {
  const found = await withInner(aks, (api) => api.read(PATH, signal), signal).catch((error: unknown) => {
    if (isStormportError(error) && error.code !== 'Aborted') return null
    throw error
  })
  if (found === null) return null
  const annotations = record(record(found['metadata'])['annotations'])
  const hash = annotations[HASH]
  return {
    ...{ id: PRIORITIES_ID, uid: PATH, kind: 'ConfigMap', name: NAME, scope: 'target', guard: 'none', drift: [] },
    stage: STAGES.access + 1,
    ...(typeof hash === 'string' ? { hash } : {}),
    owner: annotations[FLEET] === owner.fleet && annotations[TARGET] === owner.target ? 'ours' : 'foreign',
    readiness: { state: 'ready', retriable: false },
  }
}

/** False only where the cluster itself says no: one that cannot be reached from here is no matter of rights. */
export const mayEnter = (aks: AksTarget, signal: AbortSignal): Promise<boolean> =>
  withInner(aks, (api) => api.read('/api/v1/namespaces/kube-system', signal), signal).then(
    () => true,
    (error: unknown) => !isStormportError(error) || error.code !== 'Forbidden',
  )

export const applyPriorities = async (
  { aks, owner, body, signal }: Step<PrioritiesBody>,
  hash: string,
): Promise<Applied> => {
  const annotations = { [FLEET]: owner.fleet, [TARGET]: owner.target, [HASH]: hash }
  const metadata = { name: NAME, namespace: 'kube-system', annotations }
  const sent = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { priorities: body.priorities } }
  await withInner(aks, (api) => api.apply(PATH, sent, signal), signal)
  return { changed: true }
}

/** A cluster that goes takes it along, so one that no longer answers is no reason to stay. */
export const removePriorities = async ({ aks, signal }: Removal): Promise<boolean> =>
  withInner(aks, (api) => api.remove(PATH, signal), signal).then(
    () => true,
    (error: unknown) => {
      if (isStormportError(error) && (error.code === 'Unreachable' || error.code === 'NotFound')) return false
      throw error
    },
  )
