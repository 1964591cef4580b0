// Events of an app's objects, oldest first, then as they come. Events carry no labels: whose they are is told by the object
// that they are about, and for pods that are gone by the name of the workload which made them.
import type { TargetEvent } from '../../core/model/target-event.ts'
import type { EventQuery } from '../../core/ports.ts'
import { EVENT, LISTED, POD, pathOf, REPLICA_SET } from './client/kinds.ts'
import { labelOf, nameIn, uidOf, versionOf } from './client/metadata.ts'
import { watchKind } from './client/watch.ts'
import type { Cluster } from './cluster.ts'
import { isForbidden, isMissing } from './errors.ts'
import { isOurs } from './marks.ts'
import { APP_LABEL, labelValue, SERVICE_LABEL } from './names.ts'
import { numberAt, type RawObject, textAt } from './raw.ts'

export const readEvents = async function* (
  cluster: Cluster,
  query: EventQuery,
  signal: AbortSignal,
): AsyncIterable<TargetEvent> {
  const path = pathOf(EVENT, { namespace: cluster.namespace(query.app) })
  const owners = createOwners(cluster, query.app)
  if (!query.follow) {
    const { items } = await cluster.api.list(path, {}, signal)
    yield* await told(items, { cluster, query, owners }, signal)
    return
  }
  // After an expired position everything is listed again: what was told is known by its version.
  const known = new Map<string, string>()
  try {
    for await (const note of watchKind(cluster.api, { path, query: {} }, signal)) {
      const items = note.kind === 'list' ? note.items : note.kind === 'put' ? [note.object] : []
      const fresh = items.filter((item) => known.get(uidOf(item)) !== versionOf(item))
      for (const item of fresh) known.set(uidOf(item), versionOf(item))
      if (note.kind === 'gone') known.delete(uidOf(note.object))
      yield* await told(fresh, { cluster, query, owners }, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

interface Telling {
  readonly cluster: Cluster
  readonly query: EventQuery
  readonly owners: Owners
}

const told = async (
  items: readonly RawObject[],
  { cluster, query, owners }: Telling,
  signal: AbortSignal,
): Promise<readonly TargetEvent[]> => {
  const found: TargetEvent[] = []
  for (const item of items) {
    const at = timeOf(item)
    if (query.sinceMs !== null && Date.parse(at) < query.sinceMs) continue
    const owner = await owners.of(item, signal)
    if (owner === null || (query.services.length > 0 && !query.services.includes(owner.service ?? ''))) continue
    found.push(eventOf(item, { at, target: cluster.target.name, service: owner.service }))
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

const eventOf = (
  item: RawObject,
  { at, target, service }: { readonly at: string; readonly target: string; readonly service: string | null },
): TargetEvent => {
  const object = { kind: textAt(item, 'involvedObject.kind') ?? '', name: textAt(item, 'involvedObject.name') ?? '' }
  return {
    at,
    target,
    service,
    replica: object.kind === 'Pod' ? object.name : null,
    slot: null,
    object,
    severity: textAt(item, 'type') === 'Warning' ? 'warning' : 'normal',
    reason: textAt(item, 'reason') ?? 'Unknown',
    message: textAt(item, 'message') ?? '',
    count: numberAt(item, 'series.count') ?? numberAt(item, 'count') ?? 1,
  }
}

/** Old recorders set the first two, new ones `eventTime` and, once it repeats, the series. */
const TIMES = ['series.lastObservedTime', 'lastTimestamp', 'eventTime', 'metadata.creationTimestamp']

const timeOf = (item: RawObject): string => {
  const found = TIMES.map((path) => Date.parse(textAt(item, path) ?? '')).find((ms) => !Number.isNaN(ms))
  return new Date(found ?? 0).toISOString()
}

interface Owners {
  /** null: not of this app. */
  of(event: RawObject, signal: AbortSignal): Promise<{ readonly service: string | null } | null>
}

const REFRESH_MS = 1_000

/**
 * Looks the objects of the app up again when an event is about one that is not known: at most once a second where its name
 * tells anyway whose it is, and once for each stranger.
 */
const createOwners = (cluster: Cluster, app: string): Owners => {
  const strangers = new Set<string>()
  let known = new Map<string, string | null>()
  let workloads: readonly (readonly [string, string | null])[] = []
  let readMs = Number.NEGATIVE_INFINITY
  const refresh = async (signal: AbortSignal): Promise<void> => {
    readMs = performance.now()
    const objects = await ownObjects(cluster, app, signal)
    // What was once of the app stays so: its last events come after it is gone.
    known = new Map([...known, ...objects.map((o) => [keyOf(o.kind, nameIn(o.object)), o.service] as const)])
    workloads = objects
      .filter(({ kind }) => WORKLOADS.has(kind))
      .map((o) => [nameIn(o.object), o.service] as const)
      .sort(([a], [b]) => b.length - a.length)
  }
  const makerOf = (kind: string, name: string) =>
    MADE.has(kind) ? workloads.find(([workload]) => name.startsWith(`${workload}-`)) : undefined
  return {
    of: async (event, signal) => {
      const [kind, name] = [textAt(event, 'involvedObject.kind') ?? '', textAt(event, 'involvedObject.name') ?? '']
      const key = keyOf(kind, name)
      if (strangers.has(key)) return null
      const isOld = performance.now() - readMs >= REFRESH_MS
      if (!known.has(key) && (isOld || makerOf(kind, name) === undefined)) await refresh(signal)
      const service = known.get(key)
      if (service !== undefined) return { service }
      const maker = makerOf(kind, name)
      if (maker !== undefined) return { service: maker[1] }
      strangers.add(key)
      return null
    },
  }
}

/** Kinds that controllers make and name after the workload. */
const MADE: ReadonlySet<string> = new Set(['Pod', 'ReplicaSet', 'Job', 'PersistentVolumeClaim'])

const WORKLOADS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job'])

const keyOf = (kind: string, name: string): string => `${kind}/${name}`

interface Owned {
  readonly kind: string
  readonly object: RawObject
  readonly service: string | null
}

const ownObjects = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<readonly Owned[]> => {
  const namespace = cluster.namespace(app)
  const query = { labelSelector: `${APP_LABEL}=${labelValue(app)}` }
  const lists = await Promise.all(
    [POD, REPLICA_SET, ...LISTED].map(async (kind) => {
      const items = await unlessClosed(cluster, pathOf(kind, { namespace }), { query, signal })
      return items
        .filter((object) => kind === POD || kind === REPLICA_SET || isOurs(object, app))
        .map((object) => ({ kind: kind.kind, object, service: labelOf(object, SERVICE_LABEL) }))
    }),
  )
  return lists.flat()
}

const unlessClosed = async (
  cluster: Cluster,
  path: string,
  { query, signal }: { readonly query: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<readonly RawObject[]> => {
  try {
    return (await cluster.api.list(path, query, signal)).items
  } catch (error) {
    if (isForbidden(error) || isMissing(error)) return []
    throw error
  }
}
