// Pods → replicas in the words of all targets. Kubernetes has no slots; the release is that of the ReplicaSet or object
// which made the pod.
import type { Phase, Replica } from '../../core/model/replica.ts'
import { isGoing, labelOf, nameIn, uidOf } from './client/metadata.ts'
import { releaseOf } from './marks.ts'
import { SERVICE_LABEL } from './names.ts'
import { conditionOf, field, listAt, numberAt, type RawObject, textAt } from './raw.ts'

export interface Owners {
  /** uid → what may own pods: ReplicaSets, StatefulSets, DaemonSets, Jobs. */
  readonly byUid: ReadonlyMap<string, RawObject>
  /** The one whose controller made the pod. */
  of(pod: RawObject): RawObject | undefined
}

export const ownersOf = (objects: readonly RawObject[]): Owners => {
  const byUid = new Map(objects.map((object) => [uidOf(object), object]))
  return {
    byUid,
    of: (pod) => {
      const owner = listAt(pod, 'metadata.ownerReferences').find((o) => o['controller'] === true)
      return byUid.get(textAt(owner, 'uid') ?? '')
    },
  }
}

export const replicaOf = (pod: RawObject, target: string, owners: Owners): Replica => {
  const container = mainContainer(pod)
  const ready = conditionOf(pod, 'Ready')?.status === 'True' && !isGoing(pod)
  return {
    id: nameIn(pod),
    service: labelOf(pod, SERVICE_LABEL) ?? '',
    slot: null,
    target,
    pool: null,
    node: textAt(pod, 'spec.nodeName'),
    phase: phaseOf(pod, ready),
    ready,
    restarts: numberAt(container, 'restartCount') ?? 0,
    release: releaseFor(pod, owners),
    image: textAt(listAt(pod, 'spec.containers')[0], 'image'),
    address: textAt(pod, 'status.podIP'),
    startedAt: textAt(container, 'state.running.startedAt') ?? textAt(pod, 'status.startTime'),
    reason: reasonOf(pod, container),
    lastExit: lastExit(container),
    native: { kind: 'Pod', name: nameIn(pod), namespace: textAt(pod, 'metadata.namespace') },
    note: null,
  }
}

const mainContainer = (pod: RawObject): RawObject | undefined => {
  const name = textAt(listAt(pod, 'spec.containers')[0], 'name')
  return listAt(pod, 'status.containerStatuses').find((status) => status['name'] === name)
}

const releaseFor = (pod: RawObject, owners: Owners): number | null => {
  const object = owners.of(pod)
  if (object === undefined) return releaseOf(pod)
  // During an update the pods of the old revision still run the release before.
  const revision = textAt(object, 'status.updateRevision')
  const own = labelOf(pod, 'controller-revision-hash')
  return revision !== null && own !== null && own !== revision ? null : releaseOf(object)
}

const PULLING: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing'])

const phaseOf = (pod: RawObject, ready: boolean): Phase => {
  if (isGoing(pod)) return 'stopping'
  if (ready) return 'ready'
  switch (textAt(pod, 'status.phase')) {
    case 'Succeeded':
      return 'exited'
    case 'Failed':
      return textAt(pod, 'status.reason') === 'NodeLost' ? 'lost' : 'failed'
    case 'Pending':
      return textAt(pod, 'spec.nodeName') === null ? 'pending' : startPhase(pod)
    case 'Running':
      return runPhase(pod)
    default:
      return 'unknown'
  }
}

const startPhase = (pod: RawObject): Phase => {
  const waiting = waitingReason(mainContainer(pod))
  if (waiting === null) return 'starting'
  return PULLING.has(waiting) ? 'pulling' : 'failed'
}

const runPhase = (pod: RawObject): Phase => {
  const container = mainContainer(pod)
  if (waitingReason(container) !== null) return 'failed'
  if (field(container, 'state.terminated') !== undefined) return 'exited'
  if (field(container, 'started') === false) return 'starting'
  const since = Date.parse(
    String(listAt(pod, 'status.conditions').find((c) => c['type'] === 'Ready')?.['lastTransitionTime']),
  )
  // Its readiness fell after the container had begun: it was ready before.
  return since > Date.parse(textAt(container, 'state.running.startedAt') ?? '') ? 'unhealthy' : 'running'
}

const waitingReason = (container: RawObject | undefined): string | null => textAt(container, 'state.waiting.reason')

const reasonOf = (pod: RawObject, container: RawObject | undefined): string | null => {
  const waiting = waitingReason(container)
  if (waiting !== null && !PULLING.has(waiting)) return joined(waiting, textAt(container, 'state.waiting.message'))
  const scheduled = conditionOf(pod, 'PodScheduled')
  if (scheduled?.status === 'False') return joined(scheduled.reason ?? 'Unschedulable', scheduled.message)
  return textAt(pod, 'status.message') ?? textAt(pod, 'status.reason')
}

const joined = (reason: string, message: string | null): string =>
  message === null || message === '' ? reason : `${reason}: ${message}`

const lastExit = (container: RawObject | undefined): Replica['lastExit'] => {
  const ended = field(container, 'state.terminated') ?? field(container, 'lastState.terminated')
  if (ended === undefined || ended === null) return null
  const signal = numberAt(ended, 'signal')
  return {
    code: numberAt(ended, 'exitCode'),
    signal: signal === null || signal === 0 ? null : String(signal),
    at: textAt(ended, 'finishedAt') ?? '',
    oomKilled: textAt(ended, 'reason') === 'OOMKilled',
  }
}
