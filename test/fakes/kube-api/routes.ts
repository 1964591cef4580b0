// Requests of the fake as functions from request to answer: strict where the API server is (namespaces must exist,
// versions and uids must match, apply and update have their own content types).
import { asObject, type RawObject, textAt } from '../../../providers/kubernetes/raw.ts'
import { applyFields, type Json, updateFields } from './ownership.ts'
import { labelsOf, type Place, type Store, uidIn } from './store.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly contentType: string
  readonly body: unknown
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export const refused = (status: number, reason: string, message: string, causes: readonly Json[] = []): Answer => ({
  status,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message, details: { causes } },
})

/** null: no object path. name '': the collection. */
export const placeIn = (path: string): (Place & { readonly sub: string }) | null => {
  const parts = path
    .split('/')
    .filter((p) => p !== '')
    .map(decodeURIComponent)
  const [root, ...rest] = parts
  const group = root === 'api' ? '' : (rest.shift() ?? '')
  if (root !== 'api' && root !== 'apis') return null
  rest.shift()
  const namespaced = rest[0] === 'namespaces' && rest.length > 2
  const namespace = namespaced ? (rest.splice(0, 2)[1] ?? '') : ''
  const [plural = '', name = '', sub = ''] = rest
  return plural === '' ? null : { group, plural, namespace, name, sub }
}

const SERVED = new Set([
  '',
  'apps',
  'batch',
  'networking.k8s.io',
  'policy',
  'autoscaling',
  'coordination.k8s.io',
  'storage.k8s.io',
  'authorization.k8s.io',
  'metrics.k8s.io',
])

export const answer = (store: Store, asked: Asked): Answer => {
  if (asked.path === '/version') return { status: 200, body: { gitVersion: 'v1.36.3' } }
  if (asked.path === '/apis') return { status: 200, body: { kind: 'APIGroupDiscoveryList', items: [] } }
  const place = placeIn(asked.path)
  if (place === null || !SERVED.has(place.group))
    return refused(404, 'NotFound', 'the server could not find the requested resource')
  if (place.plural === 'selfsubjectaccessreviews') return { status: 201, body: { status: { allowed: true } } }
  if (place.group === 'metrics.k8s.io') return measured(store, place, asked.query)
  if (asked.method === 'GET') return place.name === '' ? listed(store, place, asked.query) : read(store, place)
  if (asked.method === 'DELETE') return removed(store, place, asked.body)
  return written(store, place, asked)
}

const missing = (place: Place): Answer => refused(404, 'NotFound', `${place.plural} "${place.name}" not found`)

const read = (store: Store, place: Place): Answer => {
  const found = store.shown(place)
  return found === null ? missing(place) : { status: 200, body: found }
}

export const selects = (object: RawObject, query: URLSearchParams): boolean => {
  const [label, value] = (query.get('labelSelector') ?? '').split('=')
  if (label !== undefined && label !== '') {
    const found = labelsOf(object)[label]
    if (found === undefined || (value !== undefined && found !== value)) return false
  }
  const name = /metadata\.name=([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1]
  return name === undefined || textAt(object, 'metadata.name') === name
}

const listed = (store: Store, place: Place, query: URLSearchParams): Answer => {
  const all = store.list(place.group, place.plural, place.namespace).filter((o) => selects(o, query))
  const from = Number(query.get('continue') ?? 0)
  const to = from + Math.min(2, Number(query.get('limit') ?? 500))
  const next = to < all.length ? { continue: String(to) } : {}
  // Items of lists do not say what they are; pages are small, so that every client turns them.
  const items = all.slice(from, to).map(({ kind: _, apiVersion: __, ...item }) => item)
  return { status: 200, body: { kind: 'List', metadata: { resourceVersion: store.version(), ...next }, items } }
}

const measured = (store: Store, place: Place, query: URLSearchParams): Answer => {
  const items = store
    .list('', 'pods', place.namespace)
    .filter((pod) => selects(pod, query) && textAt(pod, 'status.phase') === 'Running')
    .map((pod) => ({
      metadata: pod['metadata'],
      timestamp: new Date().toISOString(),
      containers: [{ name: 'main', usage: { cpu: '3012345n', memory: '12Mi' } }],
    }))
  return { status: 200, body: { items, metadata: {} } }
}

const removed = (store: Store, place: Place, body: unknown): Answer => {
  const live = store.shown(place)
  if (live === null) return missing(place)
  const [uid, version] = [textAt(body, 'preconditions.uid'), textAt(body, 'preconditions.resourceVersion')]
  if (
    (uid !== null && uid !== uidIn(live)) ||
    (version !== null && version !== textAt(live, 'metadata.resourceVersion'))
  )
    return refused(409, 'Conflict', 'the precondition does not hold')
  const kept = store.get(place)
  if (place.plural === 'namespaces' && kept !== null) {
    const metadata = { ...asObject(kept.object['metadata']), deletionTimestamp: new Date().toISOString() }
    store.put(place, { ...kept, object: { ...kept.object, metadata, status: { phase: 'Terminating' } } })
  } else store.remove(place)
  return { status: 200, body: { kind: 'Status', status: 'Success' } }
}

const written = (store: Store, given: Place, asked: Asked): Answer => {
  const body = asObject(asked.body)
  const place = { ...given, name: given.name === '' ? (textAt(body, 'metadata.name') ?? '') : given.name }
  const refusal = misplaced(store, place, { asked, body })
  if (refusal !== null) return refusal
  if (asked.method === 'POST') return created(store, place, { asked, body })
  if (asked.method === 'PUT') return replaced(store, place, { asked, body })
  return asked.contentType.startsWith('application/apply-patch')
    ? applied(store, place, { asked, body })
    : patched(store, place, { asked, body })
}

interface Write {
  readonly asked: Asked
  readonly body: RawObject
}

const misplaced = (store: Store, place: Place, { body }: Write): Answer | null => {
  if (place.namespace === '') return null
  const namespace = store.shown({ group: '', plural: 'namespaces', namespace: '', name: place.namespace })
  if (namespace === null) return refused(404, 'NotFound', `namespaces "${place.namespace}" not found`)
  const going = textAt(namespace, 'metadata.deletionTimestamp') !== null
  if (going && store.get(place) === null)
    return refused(
      403,
      'Forbidden',
      `unable to create new content in namespace ${place.namespace} because it is being terminated`,
      [{ reason: 'NamespaceTerminating', message: place.namespace, field: 'metadata.namespace' }],
    )
  const written = textAt(body, 'metadata.namespace')
  return written === null || written === place.namespace
    ? null
    : refused(400, 'BadRequest', 'the namespaces do not match')
}

const managerOf = (asked: Asked): string => asked.query.get('fieldManager') ?? 'unknown'

const created = (store: Store, place: Place, { asked, body }: Write): Answer => {
  if (store.get(place) !== null) return refused(409, 'AlreadyExists', `${place.plural} "${place.name}" already exists`)
  return { status: 201, body: store.put(place, updateFields(null, complete(body, place), managerOf(asked))) }
}

const versionOf = (object: unknown): string | null => textAt(object, 'metadata.resourceVersion')

const replaced = (store: Store, place: Place, { asked, body }: Write): Answer => {
  const live = store.get(place)
  if (live === null) return missing(place)
  if (versionOf(body) !== null && versionOf(body) !== versionOf(live.object))
    return refused(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version')
  return { status: 200, body: store.put(place, updateFields(live, complete(body, place), managerOf(asked))) }
}

const patched = (store: Store, place: Place, { asked, body }: Write): Answer => {
  const live = store.get(place)
  if (live === null) return missing(place)
  const next = asObject(merged(live.object, body))
  return { status: 200, body: store.put(place, updateFields(live, next, managerOf(asked))) }
}

/** RFC 7386. */
const merged = (target: unknown, patch: unknown): unknown => {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const next: Record<string, unknown> = { ...asObject(target) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete next[key]
    else next[key] = merged(next[key], value)
  }
  return next
}

const applied = (store: Store, place: Place, { asked, body }: Write): Answer => {
  const live = store.get(place)
  const uid = textAt(body, 'metadata.uid')
  if (uid !== null && (live === null || uid !== textAt(live.object, 'metadata.uid')))
    return refused(409, 'Conflict', 'uid mismatch')
  // As the real servers of both minors: a version binds only where there is an object.
  if (live !== null && versionOf(body) !== null && versionOf(body) !== versionOf(live.object))
    return refused(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version')
  const force = asked.query.get('force') === 'true'
  const result = applyFields({ live, body: complete(withoutIdentity(body), place), manager: managerOf(asked), force })
  if ('object' in result && asked.query.get('dryRun') === 'All') return { status: 200, body: result.object }
  if ('object' in result) return { status: live === null ? 201 : 200, body: store.put(place, result) }
  const causes = result.conflicts.map(({ manager, field: name }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${manager}" using v1`,
    field: name,
  }))
  return refused(409, 'Conflict', `Apply failed with ${causes.length} conflicts`, causes)
}

const withoutIdentity = (body: RawObject): RawObject => {
  const { uid: _, resourceVersion: __, ...metadata } = asObject(body['metadata'])
  return { ...body, metadata }
}

/** What the server fills in: the namespace of the path, data of Secrets, a phase for namespaces. */
const complete = (body: RawObject, place: Place): Json => {
  const metadata = { ...asObject(body['metadata']), ...(place.namespace === '' ? {} : { namespace: place.namespace }) }
  const { stringData, ...rest } = body
  const data = Object.entries(asObject(stringData)).map(([k, v]) => [k, Buffer.from(String(v)).toString('base64')])
  return {
    ...rest,
    metadata,
    ...(stringData === undefined ? {} : { data: { ...asObject(body['data']), ...Object.fromEntries(data) } }),
    ...(place.plural === 'namespaces' ? { status: { phase: 'Active' } } : {}),
    ...(place.plural === 'persistentvolumeclaims' ? { status: { phase: 'Bound' } } : {}),
  }
}
