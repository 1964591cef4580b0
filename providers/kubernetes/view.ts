// What was read of a namespace → objects, replicas and services as the engine reads them. Pure: observe and watch show the
// same picture of the same answers.
import type { ObservedObject, Readiness, Replica, ServiceStatus } from '../../core/model/replica.ts'
import { annotationOf, labelOf, nameIn, uidOf } from './client/metadata.ts'
import { endpointsOf } from './endpoints.ts'
import { driftOf } from './managed-fields.ts'
import { APPLIED, appliedBody, bodyIn, HASH, isOurs, releaseOf, STAGE } from './marks.ts'
import { APP_CONFIG_MAP, objectId, SERVICE_LABEL, VOLUME_LABEL } from './names.ts'
import { asObject, field, listAt, numberAt, type RawObject, textAt } from './raw.ts'
import { type Related, readinessOf } from './readiness.ts'
import { relationsOf } from './relations.ts'
import { ownersOf, replicaOf } from './replicas.ts'

export interface Snapshot {
  /** Every object of the namespace that an app may be made of, the namespace itself too; each with kind and apiVersion. */
  readonly objects: readonly RawObject[]
  /** Of the app. */
  readonly pods: readonly RawObject[]
  readonly replicaSets: readonly RawObject[]
  readonly events: readonly RawObject[]
}

export interface ViewOf {
  readonly app: string
  readonly target: string
  readonly nowMs: number
  /** Where node ports are reached; absent: not known. */
  readonly node?: string | null
}

export interface View {
  readonly objects: readonly ObservedObject[]
  readonly replicas: readonly Replica[]
  readonly services: readonly ServiceStatus[]
}

/** What was drawn of the same answers before, so that a picture of many objects costs what has changed in it. */
export interface Drawn {
  object(object: RawObject, related: Related, draw: () => ObservedObject): ObservedObject
  replica(pod: RawObject, owner: RawObject | undefined, draw: () => Replica): Replica
}

export const viewOf = (snapshot: Snapshot, of: ViewOf, drawn?: Drawn): View => {
  const relatedTo = relationsOf(snapshot, of.nowMs)
  const objects = snapshot.objects.filter((o) => isShown(o, of.app))
  const owners = ownersOf([...snapshot.replicaSets, ...objects])
  const replicas = snapshot.pods.map((pod) => {
    const draw = (): Replica => replicaOf(pod, of.target, owners)
    return drawn === undefined ? draw() : drawn.replica(pod, owners.of(pod), draw)
  })
  const shown = objects.map((object) => {
    const related = relatedTo(object)
    if (drawn === undefined) return observedObject(object, of.app, related)
    return drawn.object(object, related, () => watchedObject(object, of.app, related))
  })
  return {
    objects: shown,
    replicas,
    services: servicesOf(
      objects.filter((_, i) => shown[i]?.owner === 'ours'),
      replicas,
      of.node ?? null,
    ),
  }
}

/** Made by the cluster itself in every namespace, or by a controller for another object: nobody asks for those. */
const isShown = (object: RawObject, app: string): boolean => {
  if (nameIn(object) === APP_CONFIG_MAP && object['kind'] === 'ConfigMap') return false
  if (listAt(object, 'metadata.ownerReferences').length > 0) return false
  return isOurs(object, app) || !isGiven(object)
}

export const isGiven = (object: RawObject): boolean => GIVEN.has(`${String(object['kind'])}/${nameIn(object)}`)

const GIVEN: ReadonlySet<string> = new Set([
  'ConfigMap/kube-root-ca.crt',
  'ServiceAccount/default',
  'Service/kubernetes',
])

/** The body stays the text that it came as until somebody asks for it: most objects of a plan are unchanged. */
const observedObject = (object: RawObject, app: string, related: Related): ObservedObject => {
  const shown = shownObject(object, app, related)
  const { drift, body } = appliedOf(object, app)
  if (body === undefined) return { ...shown, drift }
  const text = annotationOf(object, APPLIED)
  return {
    ...shown,
    drift,
    get body() {
      return bodyIn(text)
    },
  }
}

/** For a watch, which draws each version and is seldom asked what was applied: the objects are kept there anyway. */
const watchedObject = (object: RawObject, app: string, related: Related): ObservedObject => {
  let held: Applied | null = null
  const applied = (): Applied => {
    held ??= appliedOf(object, app)
    return held
  }
  return {
    ...shownObject(object, app, related),
    get drift() {
      return applied().drift
    },
    get body() {
      return applied().body
    },
  }
}

type Applied = Pick<ObservedObject, 'drift' | 'body'>

const appliedOf = (object: RawObject, app: string): Applied => {
  const body = isOurs(object, app) ? appliedBody(object) : undefined
  return body === undefined ? { drift: [] } : { drift: driftOf(object, body), body }
}

const shownObject = (object: RawObject, app: string, related: Related): Omit<ObservedObject, 'drift' | 'body'> => {
  const ours = isOurs(object, app)
  const release = releaseOf(object)
  const [service, hash] = [labelOf(object, SERVICE_LABEL), annotationOf(object, HASH)]
  const volume = ours ? labelOf(object, VOLUME_LABEL) : null
  return {
    id: idOf(object),
    uid: uidOf(object),
    kind: String(object['kind']),
    name: nameIn(object),
    ...(service === null ? {} : { service }),
    scope: 'app',
    guard: GUARDS[String(object['kind'])] ?? 'none',
    stage: Number(annotationOf(object, STAGE) ?? 0),
    ...(hash === null || !ours ? {} : { hash }),
    owner: ours ? 'ours' : 'foreign',
    ...(release === null ? {} : { release }),
    readiness: ours ? readinessOf(object, related) : FOREIGN_READY,
    ...(volume === null ? {} : { volume }),
    // Whatever the server itself tells has a uid.
    ...(uidOf(object) === '' ? { assumed: true } : {}),
  }
}

const FOREIGN_READY: Readiness = { state: 'ready', retriable: true }

const GUARDS: Readonly<Record<string, ObservedObject['guard']>> = {
  PersistentVolumeClaim: 'data',
  Namespace: 'container',
}

export const idOf = (object: RawObject): string =>
  objectId({
    apiVersion: String(object['apiVersion']),
    kind: String(object['kind']),
    namespace: textAt(object, 'metadata.namespace'),
    name: nameIn(object),
  })

/** Items of a list do not say what they are. */
export const withKind = (
  object: RawObject,
  kind: { readonly apiVersion: string; readonly kind: string },
): RawObject => ({
  ...object,
  apiVersion: kind.apiVersion,
  kind: kind.kind,
})

const WORKLOADS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'])

const servicesOf = (
  objects: readonly RawObject[],
  replicas: readonly Replica[],
  node: string | null,
): readonly ServiceStatus[] => {
  const endpoints = endpointsOf(objects, node)
  const readyPods = new Map<string, number>()
  for (const { service, ready } of replicas) if (ready) readyPods.set(service, (readyPods.get(service) ?? 0) + 1)
  const found = new Map<string, ServiceStatus>()
  for (const object of objects.filter((o) => WORKLOADS.has(String(o['kind'])))) {
    const service = labelOf(object, SERVICE_LABEL) ?? nameIn(object)
    const { desired, ready } = countsOf(object, readyPods.get(service) ?? 0)
    // Of several jobs of one service the newest is the one that counts.
    const known = found.get(service)
    const release = releaseOf(object)
    if (known !== undefined && (known.release ?? 0) > (release ?? 0)) continue
    found.set(service, { service, desired, ready, release, endpoints: endpoints.get(service) ?? [] })
  }
  return [...found.values()]
}

const countsOf = (object: RawObject, readyPods: number): { readonly desired: number; readonly ready: number } => {
  switch (object['kind']) {
    case 'DaemonSet':
      return { desired: numberAt(object, 'status.desiredNumberScheduled') ?? 0, ready: readyPods }
    case 'Job': {
      const desired = numberAt(object, 'spec.completions') ?? 1
      return { desired, ready: Math.min(desired, numberAt(object, 'status.succeeded') ?? 0) }
    }
    case 'CronJob':
      return { desired: 0, ready: 0 }
    default:
      return { desired: numberAt(object, 'spec.replicas') ?? 1, ready: readyPods }
  }
}

/** Secrets that the app's ConfigMap counts up: they are read by name and never listed. */
export const SECRET_KEY = 'secret.'
/** Stands for the hash of one that was looked for and not found. */
export const GONE = ''

export const secretNames = (objects: readonly RawObject[]): readonly string[] => [...secretMarks(objects).keys()]

/** Name → what the map says of it, in the order of the names. */
export const secretMarks = (objects: readonly RawObject[]): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(mapData(objects))
      .filter(([key]) => key.startsWith(SECRET_KEY))
      .map(([key, mark]) => [key.slice(SECRET_KEY.length), String(mark)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

const mapData = (objects: readonly RawObject[]): RawObject =>
  asObject(
    field(
      objects.find((o) => o['kind'] === 'ConfigMap' && nameIn(o) === APP_CONFIG_MAP),
      'data',
    ),
  )
