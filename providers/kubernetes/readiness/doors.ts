// Services and routes: what the outside comes in by. Kubernetes has no word for "the address is there", so it is looked at.
import type { Readiness } from '../../../core/model/replica.ts'
import { conditionOf, field, listAt, type RawObject, textAt } from '../raw.ts'
import { hindered, msOf, progressing, READY, type Related, ready } from './verdict.ts'

export const serviceReadiness = (object: RawObject, { nowMs, addressWaitMs }: Related): Readiness => {
  if (textAt(object, 'spec.type') !== 'LoadBalancer') return READY
  if (listAt(object, 'status.loadBalancer.ingress').length > 0) return READY
  const age = nowMs - msOf(field(object, 'metadata.creationTimestamp'))
  const message = 'its load balancer has no address yet'
  return age < (addressWaitMs ?? 0) ? progressing('AddressPending', message) : ready('AddressPending', message)
}

/** Each Gateway answers for itself; one that nobody serves never answers, and that is said, not waited for. */
export const routeReadiness = (object: RawObject): Readiness => {
  const parents = listAt(object, 'status.parents')
  if (parents.length === 0) return ready('NotAccepted', 'no Gateway has accepted the route yet')
  for (const parent of parents) {
    for (const type of ['Accepted', 'ResolvedRefs', 'Programmed']) {
      const condition = conditionOf({ status: parent }, type)
      if (condition?.status === 'False')
        return hindered(condition.reason ?? `Not${type}`, condition.message ?? `the Gateway says ${type} is false`)
    }
  }
  return READY
}
