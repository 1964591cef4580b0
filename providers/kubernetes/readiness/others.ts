// Jobs, claims and namespaces.
import type { Readiness } from '../../../core/model/replica.ts'
import { conditionOf, field, listAt, numberAt, type RawObject, textAt } from '../raw.ts'
import { podTrouble } from './pods.ts'
import {
  eventAbout,
  eventMessage,
  failed,
  hindered,
  hinderedSince,
  isOwnedBy,
  progressing,
  READY,
  type Related,
} from './verdict.ts'

/** Done when it is complete: whoever waits for a job waits for its end. */
export const jobReadiness = (object: RawObject, related: Related): Readiness => {
  if (conditionOf(object, 'Complete')?.status === 'True') return READY
  const broken = conditionOf(object, 'Failed')
  if (broken?.status === 'True') return failed(broken.reason ?? 'Failed', broken.message ?? 'the job failed')
  if (field(object, 'spec.suspend') === true) return progressing('Suspended', 'the job is suspended')
  const waiting = related.pods
    .filter((pod) => isOwnedBy(pod, object) && textAt(pod, 'status.phase') !== 'Failed')
    .flatMap((pod) => podTrouble(pod, related) ?? [])
  const refused = waiting.length === 0 ? eventAbout(object, 'FailedCreate', related.events) : null
  if (refused !== null && (numberAt(object, 'status.active') ?? 0) === 0)
    return hinderedSince(refused.sinceMs, related.nowMs, hindered('PodsRefused', refused.message))
  return waiting[0] ?? progressing('Running', `${numberAt(object, 'status.active') ?? 0} pods are running`)
}

/** Many classes bind a claim only for a pod that has a node: as long as nobody asks for it there is nothing to wait for. */
export const claimReadiness = (object: RawObject, { pods, events }: Related): Readiness => {
  const phase = textAt(object, 'status.phase')
  if (phase === 'Bound') return READY
  if (phase === 'Lost') return failed('VolumeLost', 'the volume behind the claim is gone')
  const name = textAt(object, 'metadata.name')
  const consumers = pods.filter((pod) =>
    listAt(pod, 'spec.volumes').some((v) => textAt(v, 'persistentVolumeClaim.claimName') === name),
  )
  if (consumers.length === 0 || consumers.some((pod) => textAt(pod, 'spec.nodeName') !== null)) return READY
  const broken = eventMessage(object, 'ProvisioningFailed', events)
  return progressing('Pending', broken ?? 'the claim waits for a volume')
}

export const namespaceReadiness = (object: RawObject): Readiness => {
  if (textAt(object, 'status.phase') !== 'Terminating') return READY
  const left = listAt(object, 'status.conditions')
    .filter((c) => c['status'] === 'True' && /ContentRemaining|FinalizersRemaining|Failure/.test(String(c['type'])))
    .flatMap((c) => textAt(c, 'message') ?? [])
  return failed('Terminating', ['the namespace is being removed', ...left].join(': '))
}
