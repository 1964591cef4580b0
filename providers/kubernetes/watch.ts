// What changes about an app, from the present state on. One informer for each kind keeps a copy; whenever something moved,
// the same picture as observe's is drawn again and what differs is told. Readiness also moves with time alone.

import { setTimeout as sleep } from 'node:timers/promises'
import { isStormportError } from '../../core/errors.ts'
import { canonicalJson } from '../../core/model/canonical.ts'
import type { StateDelta } from '../../core/model/replica.ts'
import {
  type ApiKind,
  apiVersionOf,
  CONFIG_MAP,
  EVENT,
  LISTED,
  NAMESPACE,
  POD,
  pathOf,
  REPLICA_SET,
  SECRET,
} from './client/kinds.ts'
import { annotationOf, uidOf } from './client/metadata.ts'
import { GIVE_UP_MS, type WatchNote, watchKind } from './client/watch.ts'
import type { Cluster } from './cluster.ts'
import { readNodes } from './cluster-facts.ts'
import { createDrawn } from './drawn.ts'
import { nodeAddress } from './endpoints.ts'
import { isForbidden, isMissing } from './errors.ts'
import { HASH } from './marks.ts'
import type { RawObject } from './raw.ts'
import { queryFor, readNamed } from './snapshot.ts'
import { type Drawn, type Snapshot, secretMarks, type View, viewOf, withKind } from './view.ts'

/** Changes within one interval are told together; where drawing takes long, it leaves most of the time to others. */
const INTERVAL_MS = 50
const LONGEST_INTERVAL_MS = 500
const REST = 4
/** Deadlines inside readiness (a pod that finds no node) pass without an event, and the namespace is read by name. */
const TICK_MS = 1_000

const WATCHED: readonly ApiKind[] = [POD, REPLICA_SET, EVENT, ...LISTED]
/** Always in play: what others make of our objects, and the map that counts the Secrets. */
const ALWAYS: ReadonlySet<ApiKind> = new Set([POD, REPLICA_SET, EVENT, CONFIG_MAP])

export const watchApp = async function* (
  cluster: Cluster,
  app: string,
  signal: AbortSignal,
): AsyncIterable<StateDelta> {
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const store = createStore()
  const informers = WATCHED.map((kind) => inform(cluster, { kind, app, store }, until))
  const failed = firstFailure(informers)
  // It is looked at only while the reader asks for more.
  failed.catch(() => undefined)
  try {
    await Promise.race([store.synced(informers.length), failed])
    const node = nodeAddress((await readNodes(cluster, until)) ?? [])
    const told = { view: EMPTY }
    const look = { store, node, drawn: createDrawn() }
    const named = namedObjects(cluster, app, store)
    const bear = patience()
    await named.refresh(until)
    yield* difference(told, viewNow(cluster, app, look))
    yield { kind: 'synced' }
    let drawnMs = 0
    while (!signal.aborted) {
      const pauseMs = Math.min(LONGEST_INTERVAL_MS, Math.max(INTERVAL_MS, REST * drawnMs))
      await Promise.race([store.changed({ pauseMs, withinMs: TICK_MS }, until), failed])
      if (signal.aborted) return
      await bear(() => named.refresh(until))
      const fromMs = performance.now()
      yield* difference(told, viewNow(cluster, app, look))
      drawnMs = performance.now() - fromMs
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    over.abort()
    await Promise.allSettled(informers)
  }
}

/** What is read by name may fail as long as informers bear it: an API server that restarts ends no wait. */
const patience = (): ((work: () => Promise<void>) => Promise<void>) => {
  let failingSinceMs: number | null = null
  return async (work) => {
    try {
      await work()
      failingSinceMs = null
    } catch (error) {
      if (!isStormportError(error) || error.details.retry !== 'later') throw error
      failingSinceMs ??= performance.now()
      if (performance.now() - failingSinceMs > GIVE_UP_MS) throw error
    }
  }
}

/** Rejects with the first failure; kinds that tell nothing end quietly and are not waited for. */
const firstFailure = (informers: readonly Promise<void>[]): Promise<never> =>
  new Promise((_, reject) => {
    for (const informer of informers) informer.catch(reject)
  })

const EMPTY: View = { objects: [], replicas: [], services: [] }

interface Store {
  take(kind: ApiKind, note: WatchNote): void
  /** The kind has told its present state, or has none. */
  done(kind: ApiKind): void
  named(objects: readonly RawObject[]): void
  snapshot(): Snapshot
  synced(kinds: number): Promise<void>
  /** Not before the pause is over, and not later than `withinMs` after it. */
  changed(wait: { readonly pauseMs: number; readonly withinMs: number }, signal: AbortSignal): Promise<void>
}

const createStore = (): Store => {
  const byKind = new Map<ApiKind, Map<string, RawObject>>()
  const listed = new Set<ApiKind>()
  const waiters = new Set<() => void>()
  let named: readonly RawObject[] = []
  let dirty = false
  const wake = (): void => {
    dirty = true
    for (const waiter of waiters) waiter()
  }
  const of = (kind: ApiKind): readonly RawObject[] => [...(byKind.get(kind)?.values() ?? [])]
  return {
    take: (kind, note) => {
      const known = note.kind === 'list' ? new Map<string, RawObject>() : (byKind.get(kind) ?? new Map())
      const stated = (o: RawObject): RawObject => withKind(o, { apiVersion: apiVersionOf(kind), kind: kind.kind })
      if (note.kind === 'list') for (const item of note.items) known.set(uidOf(item), stated(item))
      else if (note.kind === 'put') known.set(uidOf(note.object), stated(note.object))
      else known.delete(uidOf(note.object))
      byKind.set(kind, known)
      listed.add(kind)
      wake()
    },
    done: (kind) => {
      listed.add(kind)
      wake()
    },
    named: (objects) => {
      named = objects
    },
    snapshot: () => ({
      objects: [...named, ...LISTED.flatMap(of)],
      pods: of(POD),
      replicaSets: of(REPLICA_SET),
      events: of(EVENT),
    }),
    synced: (kinds) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (listed.size < kinds) return
          waiters.delete(check)
          resolve()
        }
        waiters.add(check)
        check()
      }),
    changed: async ({ pauseMs, withinMs }, signal) => {
      await pause(pauseMs, signal)
      if (!dirty) await pauseOr(withinMs, waiters, signal)
      dirty = false
    },
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => pauseOr(ms, new Set(), signal)

const pauseOr = (ms: number, waiters: Set<() => void>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      waiters.delete(end)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    waiters.add(end)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })

interface Informer {
  readonly kind: ApiKind
  readonly app: string
  readonly store: Store
}

/** Ends by the signal; a kind that we may not read or that is not served tells nothing. */
const inform = async (cluster: Cluster, { kind, app, store }: Informer, signal: AbortSignal): Promise<void> => {
  const path = pathOf(kind, { namespace: cluster.namespace(app) })
  try {
    if (!ALWAYS.has(kind) && !cluster.inPlay.has(app, kind)) await awaitFirst(cluster, { kind, app, store }, signal)
    if (kind.optional === true && !(await isServed(cluster, path, signal))) return store.done(kind)
    for await (const note of watchKind(cluster.api, { path, query: queryFor(kind, app) }, signal))
      store.take(kind, note)
  } catch (error) {
    if (signal.aborted) return
    if (!isForbidden(error)) throw error
    store.done(kind)
  }
}

const SELDOM_MS = 10_000

/** Resolves when there is something of a kind that the last look found nothing of, or nobody answers: a watch bears that. */
const awaitFirst = async (cluster: Cluster, { kind, app, store }: Informer, signal: AbortSignal): Promise<void> => {
  const path = pathOf(kind, { namespace: cluster.namespace(app) })
  store.done(kind)
  for (;;) {
    await sleep(SELDOM_MS, undefined, { signal })
    const found = await cluster.api.list(path, queryFor(kind, app), signal).catch((error: unknown) => {
      if (signal.aborted || isForbidden(error)) throw error
      return isMissing(error) ? { items: [] } : null
    })
    if (found === null || found.items.length > 0) return
  }
}

const isServed = async (cluster: Cluster, path: string, signal: AbortSignal): Promise<boolean> => {
  try {
    await cluster.api.send({ method: 'GET', path, query: { limit: '1' } }, signal)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

interface Named {
  /** Reads what is known by name alone, when it may have changed. */
  refresh(signal: AbortSignal): Promise<void>
}

/** Secrets and the namespace may not be listed. Secrets never change; the map says which there are. */
const namedObjects = (cluster: Cluster, app: string, store: Store): Named => {
  const namespace = cluster.namespace(app)
  const secrets = new Map<string, { readonly mark: string; readonly objects: readonly RawObject[] }>()
  let own: readonly RawObject[] = []
  let readMs = Number.NEGATIVE_INFINITY
  const read = async (kind: ApiKind, name: string, signal: AbortSignal): Promise<readonly RawObject[]> =>
    (await readNamed(cluster, { kind, namespace, names: [name] }, signal)).objects
  return {
    refresh: async (signal) => {
      const marks = secretMarks(store.snapshot().objects)
      const stale = performance.now() - readMs >= TICK_MS
      for (const name of secrets.keys()) if (!marks.has(name)) secrets.delete(name)
      // One that is counted up and not there yet is asked for again, but not at every change.
      const due = [...marks].filter(([name, mark]) => {
        const known = secrets.get(name)
        return known?.mark !== mark || (stale && known.objects.length === 0)
      })
      if (stale) readMs = performance.now()
      await Promise.all([
        ...due.map(async ([name, mark]) => {
          const path = pathOf(SECRET, { namespace, name })
          const made = secrets.has(name) ? undefined : (cluster.made.get(path) ?? cluster.relied.get(path))
          const isIt = made !== undefined && annotationOf(made, HASH) === mark
          secrets.set(name, { mark, objects: isIt ? [made] : await read(SECRET, name, signal) })
        }),
        ...(stale ? [read(NAMESPACE, namespace, signal).then((found) => (own = found))] : []),
      ])
      store.named([...own, ...[...secrets.values()].flatMap(({ objects }) => objects)])
    },
  }
}

interface Look {
  readonly store: Store
  readonly node: string | null
  readonly drawn: Drawn
}

const viewNow = (cluster: Cluster, app: string, { store, node, drawn }: Look): View =>
  viewOf(store.snapshot(), { app, target: cluster.target.name, nowMs: Date.now(), node }, drawn)

const difference = function* (told: { view: View }, next: View): Iterable<StateDelta> {
  const before = told.view
  told.view = next
  // Each version of an object is told; what is drawn of one version stays the same thing until it differs.
  for (const object of changed(before.objects, next.objects, (o) => o.id)) yield { kind: 'object', object }
  for (const o of gone(before.objects, next.objects, (x) => x.id)) yield { kind: 'objectGone', id: o.id }
  for (const replica of differing(before.replicas, next.replicas, (r) => r.id)) yield { kind: 'replica', replica }
  for (const r of gone(before.replicas, next.replicas, (x) => x.id))
    yield { kind: 'replicaGone', id: r.id, service: r.service }
  for (const status of differing(before.services, next.services, (s) => s.service)) yield { kind: 'service', status }
}

const changed = <T>(before: readonly T[], next: readonly T[], id: (item: T) => string): readonly T[] => {
  const known = new Map(before.map((item) => [id(item), item]))
  return next.filter((item) => known.get(id(item)) !== item)
}

const differing = <T>(before: readonly T[], next: readonly T[], id: (item: T) => string): readonly T[] => {
  const known = new Map(before.map((item) => [id(item), item]))
  return changed(before, next, id).filter((item) => canonicalJson(known.get(id(item)) ?? null) !== canonicalJson(item))
}

const gone = <T>(before: readonly T[], next: readonly T[], id: (item: T) => string): readonly T[] => {
  const there = new Set(next.map(id))
  return before.filter((item) => !there.has(id(item)))
}
