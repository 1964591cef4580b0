// Which pods, ReplicaSets and events belong to which object, found once for all objects: the rules of readiness look at
// their own few instead of at everything in the namespace.
import { uidOf } from './client/metadata.ts'
import { listAt, type RawObject, textAt } from './raw.ts'
import type { Related } from './readiness.ts'

export interface Relations {
  readonly pods: readonly RawObject[]
  readonly replicaSets: readonly RawObject[]
  readonly events: readonly RawObject[]
}

export const relationsOf = (all: Relations, nowMs: number): ((object: RawObject) => Related) => {
  const pods = byOwner(all.pods)
  const replicaSets = byOwner(all.replicaSets)
  const events = Map.groupBy(all.events, aboutUid)
  return (object) => {
    const uid = uidOf(object)
    const own = replicaSets.get(uid) ?? NONE
    return {
      // A claim is told by name, from any pod.
      pods: object['kind'] === 'PersistentVolumeClaim' ? all.pods : podsOf(uid, own, pods),
      replicaSets: own,
      events: events.get(uid) ?? NONE,
      nowMs,
    }
  }
}

const NONE: readonly RawObject[] = []

const podsOf = (
  uid: string,
  replicaSets: readonly RawObject[],
  pods: ReadonlyMap<string, readonly RawObject[]>,
): readonly RawObject[] =>
  replicaSets.length === 0
    ? (pods.get(uid) ?? NONE)
    : [...(pods.get(uid) ?? NONE), ...replicaSets.flatMap((set) => pods.get(uidOf(set)) ?? NONE)]

const byOwner = (objects: readonly RawObject[]): ReadonlyMap<string, readonly RawObject[]> => {
  const found = new Map<string, RawObject[]>()
  for (const object of objects)
    for (const reference of listAt(object, 'metadata.ownerReferences')) {
      const uid = textAt(reference, 'uid')
      if (uid === null) continue
      const known = found.get(uid)
      if (known === undefined) found.set(uid, [object])
      else known.push(object)
    }
  return found
}

const aboutUid = (event: RawObject): string =>
  textAt(event, 'involvedObject.uid') ?? textAt(event, 'regarding.uid') ?? ''
