// Drift as the server sees it: our fields are applied in a dry run, and what comes out as it stands now is no drift but
// another spelling of the same ('1000m' for '1'). Only objects that seem to differ are asked about, and Secrets
// that no look has seen; nothing is written but a note that one of those is gone.
import { isStormportError } from '../../core/errors.ts'
import { canonicalJson } from '../../core/model/canonical.ts'
import type { ObservedObject } from '../../core/model/replica.ts'
import { APPLY_PATCH } from './app-map.ts'
import { kindOfId, pathOf } from './client/kinds.ts'
import type { Cluster } from './cluster.ts'
import { MANAGER } from './names.ts'
import { asObject } from './raw.ts'
import { isThere } from './relied.ts'

export const confirmDrift = async (
  cluster: Cluster,
  { app, objects }: { readonly app: string; readonly objects: readonly ObservedObject[] },
  signal: AbortSignal,
): Promise<readonly ObservedObject[]> => {
  const confirmed = await Promise.all(objects.map((object) => confirm(cluster, { app, object }, signal)))
  return confirmed.filter((object) => object.drift.length > 0)
}

const confirm = async (
  cluster: Cluster,
  { app, object }: { readonly app: string; readonly object: ObservedObject },
  signal: AbortSignal,
): Promise<ObservedObject> => {
  if (object.assumed === true)
    return (await isThere(cluster, { app, name: object.name }, signal)) ? object : { ...object, drift: [ABSENT] }
  const wanted = await dryRun(cluster, { app, object }, signal)
  if (wanted === null) return object
  return { ...object, drift: object.drift.filter(({ path, live }) => !same(valueAt(wanted, path), live)) }
}

const ABSENT = { path: '', want: 'present', live: 'absent' }

/** null: it cannot be asked; then the comparison stands as it is. */
const dryRun = async (
  cluster: Cluster,
  { app, object }: { readonly app: string; readonly object: ObservedObject },
  signal: AbortSignal,
): Promise<unknown> => {
  const kind = kindOfId(object.id)
  if (kind === undefined || object.body === undefined) return null
  const path = pathOf(kind, { namespace: cluster.namespace(app), name: object.name })
  const query = { fieldManager: MANAGER, force: 'true', dryRun: 'All' }
  try {
    const body = asObject(object.body)
    return (await cluster.api.send({ method: 'PATCH', path, query, body, contentType: APPLY_PATCH }, signal)).body
  } catch (error) {
    signal.throwIfAborted()
    if (isStormportError(error)) return null
    throw error
  }
}

const same = (a: unknown, b: unknown): boolean => canonicalJson(a ?? null) === canonicalJson(b ?? null)

/** By the paths of drift: 'spec.containers[web].image', 'metadata.labels["a.b/c"]'. */
const valueAt = (object: unknown, path: string): unknown =>
  [...path.matchAll(/\["([^"]*)"\]|\[([^\]]*)\]|([^.[\]]+)/g)].reduce<unknown>((value, [, quoted, item, name]) => {
    if (item !== undefined) return Array.isArray(value) ? value.find((each) => isItem(each, item)) : undefined
    const key = quoted ?? name ?? ''
    return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  }, object)

/** Lists are told by name or by their first key, such as a port. */
const isItem = (value: unknown, item: string): boolean => {
  const fields = asObject(value)
  return String(fields['name'] ?? '') === item || Object.values(fields).some((each) => String(each) === item)
}
