// Server-side apply as the API server does it, on the lists that apps use: who owns which field, conflicts, what is taken
// away when an applier leaves it out. Checked against kube-apiserver 1.36.3 by running the conformance suite on both.

export type Json = Readonly<Record<string, unknown>>

/** Path of tokens as fieldsV1 writes them: 'f:spec', 'k:{"name":"web"}'. */
type Path = readonly string[]

export interface Manager {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly paths: ReadonlySet<string>
}

export interface Conflict {
  readonly manager: string
  readonly field: string
}

export interface Merged {
  readonly object: Json
  readonly managers: readonly Manager[]
}

/** Field of a list → the keys that tell its items apart; any other list is one value. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
}

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const keysFor = (name: string, items: readonly unknown[]): readonly string[] | null => {
  const first = items[0]
  if (name === 'ports' && isRecord(first))
    return 'containerPort' in first ? ['containerPort', 'protocol'] : ['port', 'protocol']
  return KEYS[name] ?? null
}

const UNTRACKED = new Set(['apiVersion', 'kind', 'status'])
const UNTRACKED_METADATA = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'deletionTimestamp',
]

/** Leaf paths of a body, each with its value. */
export const leavesOf = (body: Json): ReadonlyMap<string, unknown> => {
  const found = new Map<string, unknown>()
  const walk = (value: unknown, path: Path): void => {
    if (isRecord(value) && Object.keys(value).length > 0)
      for (const [key, v] of Object.entries(value)) walk(v, [...path, `f:${key}`])
    else if (Array.isArray(value) && listKeys(path, value) !== null)
      for (const item of value) walk(item, [...path, tokenOf(item, listKeys(path, value) ?? [])])
    else if (path.length > 0) found.set(JSON.stringify(path), value)
  }
  const { metadata, ...rest } = body
  for (const [key, v] of Object.entries(rest)) if (!UNTRACKED.has(key)) walk(v, [`f:${key}`])
  for (const [key, v] of Object.entries(isRecord(metadata) ? metadata : {}))
    if (!UNTRACKED_METADATA.includes(key)) walk(v, ['f:metadata', `f:${key}`])
  return found
}

const listKeys = (path: Path, items: readonly unknown[]): readonly string[] | null =>
  keysFor((path.at(-1) ?? '').slice(2), items)

const tokenOf = (item: unknown, keys: readonly string[]): string =>
  `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, isRecord(item) ? (item[key] ?? 'TCP') : null])))}`

export const valueAt = (object: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, token) => {
    if (token.startsWith('f:')) return isRecord(value) ? value[token.slice(2)] : undefined
    return Array.isArray(value) ? value.find((item) => matches(item, token)) : undefined
  }, object)

const matches = (item: unknown, token: string): boolean => {
  const keys: unknown = JSON.parse(token.slice(2))
  return isRecord(item) && isRecord(keys) && Object.entries(keys).every(([k, v]) => (item[k] ?? 'TCP') === v)
}

/** A copy with the value at the path set; undefined removes it, and what becomes empty by that goes too. */
const withValue = (object: unknown, path: Path, value: unknown): unknown => {
  const [token, ...rest] = path
  if (token === undefined) return value
  if (token.startsWith('f:')) {
    const key = token.slice(2)
    const record = isRecord(object) ? object : {}
    const next = withValue(record[key], rest, value)
    const { [key]: _, ...others } = record
    return next === undefined || (value === undefined && isEmpty(next)) ? others : { ...others, [key]: next }
  }
  const items: readonly unknown[] = Array.isArray(object) ? object : []
  const at = items.findIndex((item) => matches(item, token))
  if (at < 0) return value === undefined ? items : [...items, withValue(JSON.parse(token.slice(2)), rest, value)]
  const next = withValue(items[at], rest, value)
  return value === undefined && isEmpty(next) ? items.toSpliced(at, 1) : items.with(at, next)
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const asPath = (text: string): Path => JSON.parse(text)

export interface Applying {
  readonly live: Merged | null
  readonly body: Json
  readonly manager: string
  readonly force: boolean
}

export const applyFields = ({
  live,
  body,
  manager,
  force,
}: Applying): Merged | { readonly conflicts: readonly Conflict[] } => {
  const wanted = leavesOf(body)
  const isOurs = (m: Manager): boolean => m.manager === manager && m.operation === 'Apply'
  const others = (live?.managers ?? []).filter((m) => !isOurs(m))
  const ours = (live?.managers ?? []).find(isOurs)
  const differs = (path: string): boolean =>
    live !== null && !same(valueAt(live.object, asPath(path)), wanted.get(path))
  const conflicts = [...wanted.keys()].flatMap((path) =>
    others
      .filter((m) => m.paths.has(path) && differs(path))
      .map((m) => ({ manager: m.manager, field: fieldText(asPath(path)) })),
  )
  if (conflicts.length > 0 && !force) return { conflicts }
  const taken = new Set([...wanted.keys()].filter(differs))
  const left = others.map((m) => ({ ...m, paths: new Set([...m.paths].filter((p) => !taken.has(p))) }))
  let object: unknown = live?.object ?? {
    apiVersion: body['apiVersion'],
    kind: body['kind'],
    metadata: body['metadata'],
  }
  for (const path of ours?.paths ?? [])
    if (!wanted.has(path) && !left.some((m) => m.paths.has(path))) object = withValue(object, asPath(path), undefined)
  for (const [path, value] of wanted) object = withValue(object, asPath(path), value)
  const mine: Manager = { manager, operation: 'Apply', paths: new Set(wanted.keys()) }
  return { object: isRecord(object) ? object : {}, managers: [...left.filter((m) => m.paths.size > 0), mine] }
}

/** A write that is no apply: what it changes becomes the writer's own. */
export const updateFields = (live: Merged | null, next: Json, manager: string): Merged => {
  const leaves = leavesOf(next)
  const changed = new Set(
    [...leaves.keys()].filter((p) => live === null || !same(valueAt(live.object, asPath(p)), leaves.get(p))),
  )
  const before = live?.managers ?? []
  const kept = before.map((m) => ({
    ...m,
    paths: new Set([...m.paths].filter((p) => !changed.has(p) && valueAt(next, asPath(p)) !== undefined)),
  }))
  const own = kept.find((m) => m.manager === manager && m.operation === 'Update')
  const mine: Manager = { manager, operation: 'Update', paths: new Set([...(own?.paths ?? []), ...changed]) }
  return { object: next, managers: [...kept.filter((m) => m !== own), mine].filter((m) => m.paths.size > 0) }
}

export const managedFields = (managers: readonly Manager[]): readonly Json[] =>
  managers.map((m) => ({
    manager: m.manager,
    operation: m.operation,
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: treeOf([...m.paths].map(asPath)),
  }))

const treeOf = (paths: readonly Path[]): Json => {
  const byToken = Map.groupBy(paths, (path) => path[0] ?? '')
  return Object.fromEntries(
    [...byToken].map(([token, list]) => [token, treeOf(list.map((p) => p.slice(1)).filter((p) => p.length > 0))]),
  )
}

const fieldText = (path: Path): string =>
  path.map((token) => (token.startsWith('f:') ? `.${token.slice(2)}` : `[${token.slice(2)}]`)).join('')
