// Is an object as it was wanted: the words that a deploy waits on. The rules of kstatus with the repairs that make waiting
// end at the right moment; pure over raw API objects, time included.
import type { Readiness } from '../../core/model/replica.ts'
import { conditionOf, field, listAt, numberAt, type RawObject, textAt } from './raw.ts'
import { routeReadiness, serviceReadiness } from './readiness/doors.ts'
import { claimReadiness, jobReadiness, namespaceReadiness } from './readiness/others.ts'
import { podReadiness } from './readiness/pods.ts'
import { progressing, READY, type Related, ready } from './readiness/verdict.ts'
import { daemonSetReadiness, deploymentReadiness, statefulSetReadiness } from './readiness/workloads.ts'

export type { Related } from './readiness/verdict.ts'

type Rule = (object: RawObject, related: Related) => Readiness

const RULES: Readonly<Record<string, Rule>> = {
  Deployment: deploymentReadiness,
  StatefulSet: statefulSetReadiness,
  DaemonSet: daemonSetReadiness,
  Job: jobReadiness,
  Pod: podReadiness,
  PersistentVolumeClaim: claimReadiness,
  Namespace: namespaceReadiness,
  Service: serviceReadiness,
  Ingress: (object) =>
    listAt(object, 'status.loadBalancer.ingress').length > 0 ? READY : ready('AddressUnknown', 'it has no address yet'),
  HTTPRoute: routeReadiness,
  HorizontalPodAutoscaler: (object) => autoscalerReadiness(object),
  CustomResourceDefinition: (object) => definitionReadiness(object),
  ResourceClaim: (object) => resourceClaimReadiness(object),
}

/** `related` holds the pods, ReplicaSets and events of the app; each rule picks those of its object. */
export const readinessOf = (object: RawObject, related: Related): Readiness => {
  if (field(object, 'metadata.deletionTimestamp') !== undefined && textAt(object, 'kind') !== 'Namespace')
    return progressing('Terminating', removalWords(object))
  const generation = numberAt(object, 'metadata.generation')
  const observed = numberAt(object, 'status.observedGeneration')
  if (generation !== null && observed !== null && observed < generation)
    return progressing('NotObserved', 'its controller has not seen the newest version yet')
  const rule = RULES[textAt(object, 'kind') ?? '']
  return rule === undefined ? generic(object) : rule(object, related)
}

/** Who has put a finalizer there must take it away before the object ends. */
const removalWords = (object: RawObject): string => {
  const finalizers = field(object, 'metadata.finalizers')
  const held = Array.isArray(finalizers) && finalizers.length > 0 ? `, held by ${finalizers.join(', ')}` : ''
  return `it is being removed${held}`
}

/** Objects without a rule: the conditions that kstatus gives a meaning to, and Ready where somebody sets it. */
const generic = (object: RawObject): Readiness => {
  const stalled = conditionOf(object, 'Stalled')
  if (stalled?.status === 'True')
    return {
      state: 'failed',
      reason: stalled.reason ?? 'Stalled',
      message: stalled.message ?? 'it is stalled',
      retriable: false,
    }
  if (conditionOf(object, 'Reconciling')?.status === 'True')
    return progressing('Reconciling', 'it is being brought about')
  const own = conditionOf(object, 'Ready')
  return own?.status === 'False' ? progressing(own.reason ?? 'NotReady', own.message ?? 'it is not ready') : READY
}

/** Without metrics replicas stay as they are: worth saying, but no reason to hold a release back. */
const autoscalerReadiness = (object: RawObject): Readiness => {
  const able = conditionOf(object, 'AbleToScale')
  if (able?.status === 'False') return progressing(able.reason ?? 'NotAbleToScale', able.message ?? 'it cannot scale')
  const active = conditionOf(object, 'ScalingActive')
  if (active?.status === 'False') return ready(active.reason ?? 'NotScaling', active.message ?? 'it does not scale')
  return READY
}

const definitionReadiness = (object: RawObject): Readiness => {
  const names = conditionOf(object, 'NamesAccepted')
  if (names?.status === 'False')
    return {
      state: 'failed',
      reason: names.reason ?? 'NamesNotAccepted',
      message: names.message ?? 'its names are taken',
      retriable: false,
    }
  return conditionOf(object, 'Established')?.status === 'True'
    ? READY
    : progressing('NotEstablished', 'it is not served yet')
}

const resourceClaimReadiness = (object: RawObject): Readiness =>
  field(object, 'status.allocation') === undefined
    ? progressing('NotAllocated', 'no device has been allocated yet')
    : listAt(object, 'status.reservedFor').length === 0
      ? progressing('NotReserved', 'its device is not reserved for a pod yet')
      : READY

/** Reason of a readiness → code that `stormport explain` knows; null for plain waiting. */
export const readinessCode = (reason: string | undefined): string | null => CODES[reason ?? ''] ?? null

const CODES: Readonly<Record<string, string>> = {
  ImagePullBackOff: 'SP4301',
  ErrImagePull: 'SP4301',
  ErrImageNeverPull: 'SP4301',
  InvalidImageName: 'SP4301',
  CrashLoopBackOff: 'SP4302',
  Unschedulable: 'SP4303',
  CreateContainerConfigError: 'SP4304',
  RunContainerError: 'SP4304',
  PodsRefused: 'SP4305',
  ProgressDeadlineExceeded: 'SP4306',
  VolumeLost: 'SP4307',
  AddressPending: 'SP4308',
  AddressUnknown: 'SP4308',
  OOMKilled: 'SP4309',
}
