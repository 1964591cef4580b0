// Who owns which field of a live object (server-side apply's managedFields), compared with what we applied: a field of ours
// that now belongs to somebody else, or to nobody, and holds another value, is drift. Defaults of the server are none: we
// never wrote them.
import { canonicalJson } from '../../core/model/canonical.ts'
import type { ObservedObject } from '../../core/model/replica.ts'
import { MANAGER } from './names.ts'
import { asObject, listAt, type RawObject, textAt } from './raw.ts'

type Drift = ObservedObject['drift'][number]

/** A node of fieldsV1: 'f:spec', 'k:{"name":"web"}', '.'; undefined: not owned here. */
type Tree = RawObject | undefined

interface Owner {
  readonly manager: string
  readonly tree: Tree
}

interface At {
  readonly path: string
  readonly want: unknown
  readonly live: unknown
  readonly ours: Tree
  readonly others: readonly Owner[]
}

export const managersOf = (object: RawObject): readonly string[] => [
  ...new Set(listAt(object, 'metadata.managedFields').flatMap((entry) => textAt(entry, 'manager') ?? [])),
]

export const isOurEntry = (entry: RawObject): boolean =>
  entry['manager'] === MANAGER && entry['operation'] === 'Apply' && textAt(entry, 'subresource') === null

/** Lists keep it as text. */
const treeOf = (entry: RawObject | undefined): RawObject => {
  const fields = entry?.['fieldsV1']
  return asObject(typeof fields === 'string' ? JSON.parse(fields) : fields)
}

/** True when our applied set holds the field: ownsField(object, ['spec', 'replicas']). */
export const ownsField = (object: RawObject, path: readonly string[]): boolean => {
  const ours = listAt(object, 'metadata.managedFields').find(isOurEntry)
  const found = path.reduce<Tree>((tree, key) => child(tree, `f:${key}`), treeOf(ours))
  return ours !== undefined && found !== undefined
}

/** `body` is what we applied last. */
export const driftOf = (object: RawObject, body: unknown): readonly Drift[] => {
  const entries = listAt(object, 'metadata.managedFields')
  const ours = entries.find(isOurEntry)
  // Without our entry nothing is known of what is ours.
  if (ours === undefined) return []
  const others = entries
    .filter((entry) => !isOurEntry(entry))
    .map((entry) => ({ manager: textAt(entry, 'manager') ?? 'unknown', tree: treeOf(entry) }))
  const found: Drift[] = []
  walk({ path: '', want: body, live: object, ours: treeOf(ours), others }, found)
  return found
}

/** Not tracked by the server: what names the object. */
const UNTRACKED: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata.name', 'metadata.namespace'])

const walk = (at: At, found: Drift[]): void => {
  if (at.want === null || at.want === undefined || UNTRACKED.has(at.path)) return
  if (at.ours === undefined) lost(at, found)
  else if (Object.keys(at.ours).every((key) => key === '.')) return
  else if (Array.isArray(at.want)) walkList(at, found)
  else if (typeof at.want === 'object') walkFields(at, found)
}

const walkFields = (at: At, found: Drift[]): void => {
  const live = asObject(at.live)
  for (const [key, want] of Object.entries(asObject(at.want)))
    walk(step(at, { token: `f:${key}`, path: joined(at.path, key), want, live: live[key] }), found)
}

const lost = ({ path, want, live, others }: At, found: Drift[]): void => {
  if (isEmpty(want) || same(want, live)) return
  const owner = others.find((o) => o.tree !== undefined)
  found.push({ path, want, live: live ?? null, ...(owner === undefined ? {} : { manager: owner.manager }) })
}

/** Items of associative lists are told by their keys; any other list is owned as a whole. */
const walkList = (at: At, found: Drift[]): void => {
  const tokens = Object.keys(at.ours ?? {}).filter((key) => key.startsWith('k:'))
  const keys = keyNames(tokens[0])
  if (keys.length === 0 || !Array.isArray(at.want)) return
  const live = Array.isArray(at.live) ? at.live.map(asObject) : []
  for (const want of at.want.map(asObject)) {
    const token = tokenOf(tokens, want, keys)
    const path = `${at.path}[${String(want['name'] ?? want[keys[0] ?? ''] ?? '')}]`
    walk(
      step(at, { token, path, want, live: live.find((item) => keys.every((key) => same(item[key], want[key]))) }),
      found,
    )
  }
}

const keyNames = (token: string | undefined): readonly string[] =>
  token === undefined ? [] : Object.keys(asObject(JSON.parse(token.slice(2))))

const tokenOf = (tokens: readonly string[], want: RawObject, keys: readonly string[]): string =>
  tokens.find((token) => {
    const parts = asObject(JSON.parse(token.slice(2)))
    return keys.every((key) => same(parts[key], want[key]))
  }) ?? `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, want[key]])))}`

const step = (at: At, to: { readonly token: string } & Pick<At, 'path' | 'want' | 'live'>): At => ({
  path: to.path,
  want: to.want,
  live: to.live,
  ours: child(at.ours, to.token),
  others: at.others.map((o) => ({ manager: o.manager, tree: child(o.tree, to.token) })),
})

const child = (tree: Tree, token: string): Tree => {
  const found = tree?.[token]
  return found === undefined ? undefined : asObject(found)
}

const same = (a: unknown, b: unknown): boolean => a === b || canonicalJson(a ?? null) === canonicalJson(b ?? null)

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

const joined = (path: string, key: string): string => {
  const name = /^[^.[\]]+$/.test(key) ? key : null
  if (name === null) return `${path}["${key}"]`
  return path === '' ? name : `${path}.${name}`
}
