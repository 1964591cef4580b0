// Reads a namespace: one list for each kind, all at once; the namespace and the app's Secrets by name, unless
// they may be relied on. What could not be
// read is named, so that a part is never taken for the whole.
import {
  type ApiKind,
  apiVersionOf,
  EVENT,
  LISTED,
  NAMESPACE,
  POD,
  pathOf,
  REPLICA_SET,
  SECRET,
} from './client/kinds.ts'
import type { Cluster } from './cluster.ts'
import { isForbidden, isMissing } from './errors.ts'
import { APP_LABEL, labelValue } from './names.ts'
import type { RawObject } from './raw.ts'
import { reliedSecrets } from './relied.ts'
import { type Snapshot, secretNames, withKind } from './view.ts'

export interface Read extends Snapshot {
  /** Kinds that we may not read, in words. */
  readonly missing: readonly string[]
}

export const queryFor = (kind: ApiKind, app: string): Readonly<Record<string, string>> => {
  if (kind === EVENT) return { fieldSelector: 'type!=Normal' }
  return kind.labelled === true ? { labelSelector: `${APP_LABEL}=${labelValue(app)}` } : {}
}

export const readNamespace = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<Read> => {
  const namespace = cluster.namespace(app)
  const missing: string[] = []
  const list = async (kind: ApiKind): Promise<readonly RawObject[]> => {
    try {
      const found = await cluster.api.list(pathOf(kind, { namespace }), queryFor(kind, app), signal)
      return found.items.map((o) => withKind(o, { apiVersion: apiVersionOf(kind), kind: kind.kind }))
    } catch (error) {
      // Rights are asked before the API: a kind that is not served is forbidden to most.
      if (kind.optional === true && (isMissing(error) || isForbidden(error))) return []
      if (!isForbidden(error)) throw error
      // Events only explain.
      if (kind !== EVENT) missing.push(kind.plural)
      return []
    }
  }
  const [own, pods, replicaSets, events, ...lists] = await Promise.all([
    readNamed(cluster, { kind: NAMESPACE, namespace, names: [namespace] }, signal),
    list(POD),
    list(REPLICA_SET),
    list(EVENT),
    ...LISTED.map(list),
  ])
  const objects = lists.flat()
  cluster.inPlay.saw(
    app,
    LISTED.filter((_, i) => (lists[i] ?? []).length > 0),
  )
  const relied = reliedSecrets({ objects, pods, replicaSets, events }, { app, namespace, nowMs: Date.now() })
  const names = secretNames(objects)
  const looked = names.filter((name) => !relied.has(name))
  const secrets = await readNamed(cluster, { kind: SECRET, namespace, names: looked }, signal)
  for (const name of names) keepRelied(cluster, pathOf(SECRET, { namespace, name }), relied.get(name))
  // Who may read all that is in it was given it: it is there, and somebody else's.
  const given = own.missing.length > 0 && missing.length === 0
  return {
    objects: [
      ...(given ? [givenNamespace(namespace)] : own.objects),
      ...objects,
      ...relied.values(),
      ...secrets.objects,
    ],
    pods,
    replicaSets,
    events,
    missing: [...missing, ...(given ? [] : own.missing), ...secrets.missing].sort(),
  }
}

const keepRelied = ({ relied }: Cluster, path: string, secret: RawObject | undefined): void => {
  if (secret === undefined) relied.delete(path)
  else relied.set(path, secret)
}

const givenNamespace = (name: string): RawObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

export interface Named {
  readonly kind: ApiKind
  readonly namespace: string
  readonly names: readonly string[]
}

export const readNamed = async (
  cluster: Cluster,
  { kind, namespace, names }: Named,
  signal: AbortSignal,
): Promise<{ readonly objects: readonly RawObject[]; readonly missing: readonly string[] }> => {
  const read = async (name: string): Promise<RawObject | null | 'forbidden'> => {
    try {
      return await cluster.api.find(pathOf(kind, { namespace, name }), signal)
    } catch (error) {
      if (isForbidden(error)) return 'forbidden'
      throw error
    }
  }
  const answers = await Promise.all(names.map(read))
  return {
    objects: answers.flatMap((o) => (o === null || o === 'forbidden' ? [] : [withoutData(o)])),
    missing: answers.includes('forbidden') ? [kind.plural] : [],
  }
}

/** The values of a Secret are read with it and dropped at once. */
export const withoutData = (object: RawObject): RawObject => {
  if (object['kind'] !== 'Secret') return object
  const { data: _, stringData: __, ...rest } = object
  return rest
}
