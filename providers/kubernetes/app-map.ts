// The one ConfigMap that says which app lives in a namespace. It counts the app's Secrets up by name, so that Secrets never
// need to be listed, and is the parent of the ApplySet (KEP-3659). Written by merge patches of single keys: writers never
// undo each other.
import { setTimeout as sleep } from 'node:timers/promises'
import { StormportError } from '../../core/errors.ts'
import { CONFIG_MAP, LISTED, NAMESPACE, pathOf, SECRET } from './client/kinds.ts'
import { isGoing } from './client/metadata.ts'
import type { RetryRule } from './client/retry.ts'
import type { Cluster } from './cluster.ts'
import { isForbidden, isMissing, namespaceStuck, refusalError } from './errors.ts'
import type { Part } from './joined.ts'
import { APP_CONFIG_MAP, applySetId, commonLabels, MANAGER } from './names.ts'
import { field, listAt, type RawObject, textAt } from './raw.ts'
import { GONE, SECRET_KEY } from './view.ts'

/** An object of ours goes into it: makes it where there is none, and waits for one that is just being deleted. */
export const ensureNamespace = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<void> => {
  const name = cluster.namespace(app)
  const path = pathOf(NAMESPACE, { namespace: name, name })
  const found = await cluster.api.find(path, signal).catch((error: unknown) => {
    // Who may not look at it was given one.
    if (isForbidden(error)) return 'there' as const
    throw error
  })
  if (found === 'there' || (found !== null && !isGoing(found))) return
  if (found !== null) await untilGone(cluster, path, signal)
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: commonLabels({ app, service: null }) } }
  await cluster.api.send(
    { method: 'PATCH', path, query: { fieldManager: MANAGER }, body, contentType: APPLY_PATCH },
    signal,
  )
}

export const APPLY_PATCH = 'application/apply-patch+yaml'
const MERGE_PATCH = 'application/merge-patch+json'

const GONE_MS = 60_000
const POLL_MS = 250

/** A namespace ends in its own time; what holds it is told when it takes too long. */
export const untilGone = async (cluster: Cluster, path: string, signal: AbortSignal): Promise<void> => {
  const deadlineMs = performance.now() + GONE_MS
  for (;;) {
    const found = await cluster.api.find(path, signal)
    if (found === null) return
    if (performance.now() > deadlineMs) throw namespaceStuck(textAt(found, 'metadata.name') ?? '', holders(found))
    await sleep(POLL_MS, undefined, { signal })
  }
}

const holders = (namespace: RawObject): string =>
  listAt(namespace, 'status.conditions')
    .filter((c) => c['status'] === 'True')
    .flatMap((c) => textAt(c, 'message') ?? [])
    .join('; ')

interface MapPatch {
  readonly app: string
  readonly data: Part
}

/** Sets or (null) removes keys; makes the map when it is missing and there is something to set. */
export const patchAppMap = (cluster: Cluster, { app, data }: MapPatch, signal: AbortSignal): Promise<void> =>
  cluster.joined.write(app, data, (all) => writeAppMap(cluster, { app, data: all }, signal))

const writeAppMap = async (cluster: Cluster, { app, data }: MapPatch, signal: AbortSignal): Promise<void> => {
  const namespace = cluster.namespace(app)
  const path = pathOf(CONFIG_MAP, { namespace, name: APP_CONFIG_MAP })
  const patch = {
    method: 'PATCH',
    path,
    query: { fieldManager: MANAGER },
    body: { data },
    contentType: MERGE_PATCH,
  } as const
  const outcome = await cluster.api.ask(patch, signal)
  if (outcome.ok) return refuseOther(outcome.body, cluster, app)
  if (outcome.refusal.status !== 404) throw refusalError(outcome.refusal)
  const set = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null))
  if (Object.keys(set).length === 0) return
  await ensureNamespace(cluster, app, signal)
  const body = parentOf(app, namespace, set)
  const made = await cluster.api.ask(
    { method: 'POST', path: pathOf(CONFIG_MAP, { namespace }), query: { fieldManager: MANAGER }, body },
    signal,
  )
  if (made.ok) return
  // Somebody was quicker: then the patch has what it needs.
  if (made.refusal.status === 409) await cluster.api.send(patch, signal)
  else throw refusalError(made.refusal)
}

const parentOf = (app: string, namespace: string, data: Readonly<Record<string, unknown>>): RawObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: APP_CONFIG_MAP,
    namespace,
    labels: { ...commonLabels({ app, service: null }), 'applyset.kubernetes.io/id': applySetId(namespace) },
    annotations: {
      'applyset.kubernetes.io/tooling': 'stormport/v1',
      'applyset.kubernetes.io/contains-group-kinds': GROUP_KINDS,
    },
  },
  data: { name: app, ...data },
})

/** Always all of them: a crash anywhere leaves a superset, never an orphan. */
const GROUP_KINDS = [...LISTED, SECRET]
  .map((k) => (k.group === '' ? k.kind : `${k.kind}.${k.group}`))
  .sort()
  .join(',')

/** A note that is lost costs a later look, or is made good by one: no fault waits for it. */
const NOT_AGAIN: RetryRule = { attempts: 1, deadlineMs: 5_000, repeats: 'refused' }

/** The name stays counted up, so that nothing is forgotten; who may not write the map cannot make the Secret either. */
export const noteSecretGone = async (
  cluster: Cluster,
  { app, name }: { readonly app: string; readonly name: string },
  signal: AbortSignal,
): Promise<void> => {
  const path = pathOf(CONFIG_MAP, { namespace: cluster.namespace(app), name: APP_CONFIG_MAP })
  const body = { data: { [`${SECRET_KEY}${name}`]: GONE } }
  const query = { fieldManager: MANAGER }
  await cluster.api.ask({ method: 'PATCH', path, query, body, contentType: MERGE_PATCH, retry: NOT_AGAIN }, signal)
}

/** One app a namespace (DESIGN section 1). */
const refuseOther = (map: unknown, cluster: Cluster, app: string): void => {
  const name = textAt(map, 'data.name')
  if (name === null || name === app) return
  throw new StormportError('Foreign', `namespace ${cluster.namespace(app)} holds the app ${name}`, {
    diagnostic: 'SP3101',
    source: 'user',
    target: cluster.target.name,
    hint: 'give each app a namespace of its own',
  })
}

export const readAppMap = (cluster: Cluster, app: string, signal: AbortSignal): Promise<RawObject | null> =>
  cluster.api.find(pathOf(CONFIG_MAP, { namespace: cluster.namespace(app), name: APP_CONFIG_MAP }), signal)

/** The map goes last of the records; as long as Secrets are counted up it stays. */
export const removeAppMap = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<void> => {
  const found = await readAppMap(cluster, app, signal)
  if (found === null) return
  const data = field(found, 'data')
  const keys = Object.keys(typeof data === 'object' && data !== null ? data : {})
  if (keys.some((key) => key.startsWith(SECRET_KEY))) return
  const path = pathOf(CONFIG_MAP, { namespace: cluster.namespace(app), name: APP_CONFIG_MAP })
  await removeQuietly(cluster, path, signal)
}

export const removeQuietly = async (cluster: Cluster, path: string, signal: AbortSignal): Promise<void> => {
  try {
    await cluster.api.send({ method: 'DELETE', path }, signal)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
