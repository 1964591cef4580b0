// The requests that the fake API server answers, as functions from request to answer; no sockets here.
import { type ApplyRequest, applyObject } from './apply.ts'
import type { ObjectStore, StoredObject } from './store.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface Asked {
  readonly method: string
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly body: unknown
  readonly partial: boolean
}

const notFound = (what: string): Answer => ({ status: 404, body: { reason: 'NotFound', message: `${what} not found` } })

export const answer = (store: ObjectStore, asked: Asked): Answer => {
  const [root, namespace, kind, name] = asked.path
  if (root === 'version') return { status: 200, body: { version: 'v0.1-fake', clusterUid: store.clusterUid } }
  if (root === 'all' && namespace !== undefined)
    return { status: 200, body: { items: store.list(namespace, null), complete: true } }
  if (root === 'metrics' && namespace !== undefined) return { status: 200, body: { items: metrics(store, namespace) } }
  if (root !== 'ns' || namespace === undefined || kind === undefined) return notFound(asked.path.join('/'))
  if (name === undefined) return list(store, { namespace, kind, partial: asked.partial })
  if (asked.method === 'GET') return read(store.get(kind, namespace, name), name)
  if (asked.method === 'DELETE') return { status: 200, body: { changed: store.delete(kind, namespace, name) } }
  if (asked.method === 'PUT') return put(store, { namespace, kind, name, body: asked.body })
  if (asked.method === 'PATCH') return patch(store, { namespace, kind, name, asked })
  return { status: 405, body: { reason: 'MethodNotAllowed', message: asked.method } }
}

const list = (
  store: ObjectStore,
  at: { readonly namespace: string; readonly kind: string; readonly partial: boolean },
): Answer => {
  const items = store.list(at.kind, at.namespace)
  return {
    status: 200,
    body: at.partial ? { items: items.slice(0, items.length >> 1), complete: false } : { items, complete: true },
  }
}

const read = (object: StoredObject | undefined, name: string): Answer =>
  object === undefined ? notFound(name) : { status: 200, body: object }

interface At {
  readonly namespace: string
  readonly kind: string
  readonly name: string
}

/** Compare-and-set: body { expected, spec, labels }. */
const put = (store: ObjectStore, at: At & { readonly body: unknown }): Answer => {
  const { expected, spec, labels } = at.body as {
    expected: number | null
    spec: StoredObject['spec']
    labels: StoredObject['labels']
  }
  const { body: _, ...where } = at
  const object = store.put({ ...where, labels, annotations: {}, spec, managers: { spec: 'stormport' } }, expected)
  return object === undefined
    ? { status: 409, body: { reason: 'Conflict', message: `${at.name} has changed` } }
    : { status: 200, body: object }
}

const patch = (store: ObjectStore, { asked, ...at }: At & { readonly asked: Asked }): Answer => {
  const request = asked.body as Pick<ApplyRequest, 'labels' | 'annotations' | 'spec'>
  const manager = asked.query.get('manager') ?? 'unknown'
  const result = applyObject(store, { ...at, ...request, manager, force: asked.query.get('force') === 'true' })
  if (result.status !== 409) return { status: result.status, body: { changed: result.changed, object: result.object } }
  return {
    status: 409,
    body: {
      reason: 'ApplyConflict',
      message: `${result.manager} owns ${result.conflicts.join(', ')}`,
      conflicts: result.conflicts,
    },
  }
}

const metrics = (store: ObjectStore, namespace: string): readonly unknown[] =>
  store
    .list('Pod', namespace)
    .filter((p) => p.status['ready'] === true)
    .map((p) => ({ pod: p.name, service: p.labels['service'], cpuMillis: 3, memoryBytes: 12 * 2 ** 20 }))
