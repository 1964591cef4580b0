// Deployments, StatefulSets and DaemonSets: complete, with nothing of the old version left; the reasons come from the pods
// of the newest version.
import type { Readiness } from '../../../core/model/replica.ts'
import { conditionOf, field, listAt, numberAt, type RawObject, textAt } from '../raw.ts'
import { podTrouble } from './pods.ts'
import {
  eventAbout,
  failed,
  hindered,
  hinderedSince,
  isOwnedBy,
  msOf,
  progressing,
  READY,
  type Related,
  ready,
  type Told,
} from './verdict.ts'

export const deploymentReadiness = (object: RawObject, related: Related): Readiness => {
  const newest = newestReplicaSet(object, related)
  const pods = newest === null ? [] : related.pods.filter((pod) => isOwnedBy(pod, newest))
  const stuck = conditionOf(object, 'ReplicaFailure')
  if (stuck?.status === 'True')
    return refusedPods({ message: stuck.message ?? 'its pods cannot be created', sinceMs: stuckSince(object) }, related)
  const trouble = worst(pods, related)
  if (trouble !== null) return trouble
  const progress = conditionOf(object, 'Progressing')
  if (progress?.reason === 'ProgressDeadlineExceeded')
    return failed('ProgressDeadlineExceeded', progress.message ?? 'it made no progress in time')
  const wanted = numberAt(object, 'spec.replicas') ?? 1
  const short = shortfall(object, { wanted, updated: 'updatedReplicas', available: 'availableReplicas' })
  return short ?? draining(object, related) ?? READY
}

const REVISION = 'deployment.kubernetes.io/revision'

const newestReplicaSet = (object: RawObject, { replicaSets }: Related): RawObject | null => {
  const own = replicaSets.filter((set) => isOwnedBy(set, object))
  const revision = annotation(object, REVISION)
  return own.find((set) => annotation(set, REVISION) === revision) ?? null
}

const annotation = (object: RawObject, key: string): string | null => {
  const value = Object(field(object, 'metadata.annotations'))[key]
  return typeof value === 'string' ? value : null
}

/** A quota may be raised and a webhook may answer again; what a policy forbids stays forbidden. */
const refusedPods = ({ message, sinceMs }: Told, { nowMs }: Related): Readiness =>
  /violates PodSecurity|forbidden: violates|Invalid value|is invalid/.test(message)
    ? failed('PodsRefused', message)
    : hinderedSince(sinceMs, nowMs, hindered('PodsRefused', message))

/** A rollout that moves under a tight quota gets on whenever an old pod is gone: only its last step counts. */
const stuckSince = (object: RawObject): number =>
  Math.max(
    0,
    ...listAt(object, 'status.conditions')
      .filter((c) => c['type'] === 'ReplicaFailure' || c['type'] === 'Progressing')
      .map((c) => Math.max(msOf(c['lastTransitionTime']), c['type'] === 'Progressing' ? msOf(c['lastUpdateTime']) : 0)),
  )

const worst = (pods: readonly RawObject[], related: Related): Readiness | null => {
  const troubles = pods
    .filter((pod) => field(pod, 'metadata.deletionTimestamp') === undefined)
    .flatMap((pod) => podTrouble(pod, related) ?? [])
  return (
    troubles.find((t) => t.state === 'failed' && !t.retriable) ??
    troubles.find((t) => t.state === 'failed') ??
    troubles[0] ??
    null
  )
}

interface Counts {
  readonly wanted: number
  readonly updated: string
  readonly available: string
}

const shortfall = (object: RawObject, { wanted, updated, available }: Counts): Readiness | null => {
  const count = (key: string): number => numberAt(object, `status.${key}`) ?? 0
  if (numberAt(object, 'status.observedGeneration') === null && wanted > 0)
    return progressing('NotObserved', 'its controller has not seen it yet')
  if (count(updated) < wanted) return progressing('Updating', `${count(updated)} of ${wanted} replicas are new`)
  if (count('replicas') > count(updated))
    return progressing('Surplus', `${count('replicas') - count(updated)} old replicas are still there`)
  if (count(available) < wanted) return progressing('NotReady', `${count(available)} of ${wanted} replicas are ready`)
  return null
}

/** A node that is gone never confirms the end of its pods: what is long overdue is not waited for. */
const OVERDUE_MS = 30_000

const draining = (object: RawObject, related: Related): Readiness | null => {
  const own = related.replicaSets.filter((set) => isOwnedBy(set, object))
  const leaving = related.pods.filter(
    (pod) =>
      field(pod, 'metadata.deletionTimestamp') !== undefined &&
      [object, ...own].some((owner) => isOwnedBy(pod, owner)) &&
      related.nowMs - msOf(field(pod, 'metadata.deletionTimestamp')) < OVERDUE_MS,
  )
  return leaving.length === 0 ? null : progressing('Draining', `${leaving.length} replicas are being stopped`)
}

/** Its controller has no deadline of its own: the deploy's ends the wait. */
export const statefulSetReadiness = (object: RawObject, related: Related): Readiness => {
  const pods = related.pods.filter((pod) => isOwnedBy(pod, object))
  const revision = textAt(object, 'status.updateRevision')
  const newest = pods.filter((pod) => revision === null || label(pod, 'controller-revision-hash') === revision)
  const trouble = worst(newest, related) ?? creationTrouble(object, related)
  if (trouble !== null) return trouble
  if (textAt(object, 'spec.updateStrategy.type') === 'OnDelete') return READY
  const wanted = numberAt(object, 'spec.replicas') ?? 1
  const partition = numberAt(object, 'spec.updateStrategy.rollingUpdate.partition') ?? 0
  const short = shortfall(object, {
    wanted: Math.max(0, wanted - partition),
    updated: partition === 0 ? 'updatedReplicas' : 'replicas',
    available: 'availableReplicas',
  })
  if (short !== null) return short
  const current = textAt(object, 'status.currentRevision')
  if (partition === 0 && wanted > 0 && revision !== null && current !== revision)
    return progressing('Updating', 'the update is being finished')
  return draining(object, related) ?? READY
}

const label = (object: RawObject, key: string): string | null => {
  const value = Object(field(object, 'metadata.labels'))[key]
  return typeof value === 'string' ? value : null
}

export const daemonSetReadiness = (object: RawObject, related: Related): Readiness => {
  const count = (key: string): number => numberAt(object, `status.${key}`) ?? 0
  const pods = related.pods.filter((pod) => isOwnedBy(pod, object))
  const newest = pods.filter((pod) => label(pod, 'pod-template-generation') === generationOf(object))
  const trouble = worst(newest, related) ?? creationTrouble(object, related)
  if (trouble !== null) return trouble
  if (numberAt(object, 'status.observedGeneration') === null)
    return progressing('NotObserved', 'its controller has not seen it yet')
  const wanted = count('desiredNumberScheduled')
  if (wanted === 0) return ready('NoNode', 'no node is eligible, so it runs nowhere')
  if (count('updatedNumberScheduled') < wanted)
    return progressing('Updating', `${count('updatedNumberScheduled')} of ${wanted} nodes have the new version`)
  if (count('numberAvailable') < wanted || count('currentNumberScheduled') < wanted)
    return progressing('NotReady', `${count('numberAvailable')} of ${wanted} nodes are ready`)
  return draining(object, related) ?? READY
}

const generationOf = (object: RawObject): string => String(numberAt(object, 'metadata.generation') ?? 1)

/** Only Deployments say in a condition that pods are refused; the others say it in events. */
const creationTrouble = (object: RawObject, related: Related): Readiness | null => {
  const satisfied = (numberAt(object, 'status.readyReplicas') ?? numberAt(object, 'status.numberReady') ?? 0) > 0
  const told = satisfied ? null : eventAbout(object, 'FailedCreate', related.events)
  return told === null ? null : refusedPods(told, related)
}
