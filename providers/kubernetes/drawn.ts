// Remembers what a watch has drawn of each answer. An answer is one version of an object and never changes, so that the same
// answers with the same neighbours give the same picture; only what is still moving is drawn again, because time moves it.
import { canonicalJson } from '../../core/model/canonical.ts'
import type { ObservedObject, Replica } from '../../core/model/replica.ts'
import type { RawObject } from './raw.ts'
import type { Related } from './readiness.ts'
import type { Drawn } from './view.ts'

interface DrawnObject {
  readonly related: Related
  readonly picture: ObservedObject
}

interface DrawnReplica {
  readonly owner: RawObject | undefined
  readonly picture: Replica
}

export const createDrawn = (): Drawn => {
  const objects = new WeakMap<RawObject, DrawnObject>()
  const replicas = new WeakMap<RawObject, DrawnReplica>()
  return {
    object: (object, related, draw) => {
      const known = objects.get(object)
      if (known !== undefined && isSettled(known.picture) && isSame(known.related, related)) return known.picture
      const drawn = draw()
      const picture = known !== undefined && isAsReady(known.picture, drawn) ? known.picture : drawn
      objects.set(object, { related, picture })
      return picture
    },
    replica: (pod, owner, draw) => {
      const known = replicas.get(pod)
      if (known !== undefined && known.owner === owner) return known.picture
      const picture = draw()
      replicas.set(pod, { owner, picture })
      return picture
    },
  }
}

const isSettled = ({ readiness }: ObservedObject): boolean => readiness.state === 'ready'

/** Of one version of an object nothing else can differ. */
const isAsReady = (a: ObservedObject, b: ObservedObject): boolean =>
  canonicalJson(a.readiness) === canonicalJson(b.readiness)

const isSame = (a: Related, b: Related): boolean =>
  equal(a.pods, b.pods) && equal(a.replicaSets, b.replicaSets) && equal(a.events, b.events)

const equal = (a: readonly RawObject[], b: readonly RawObject[]): boolean =>
  a === b || (a.length === b.length && a.every((item, i) => item === b[i]))
