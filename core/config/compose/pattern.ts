// Attribute paths such as services.*.ports, as the tables of the loader name them, and the way through a tree along
// them. `*` stands for any key or list item; list items are met under the segment '[]'.

/** Where a walk stands in a table: what is said about this place, and where each key leads. */
export interface State<T> {
  readonly value: T | undefined
  step(key: string): State<T> | undefined
}

/** The way from the root to a place. Nothing in the table lies below a place without state. */
export interface Trail<T = unknown> {
  readonly parent: Trail<T> | undefined
  readonly key: string
  readonly depth: number
  readonly state: State<T> | undefined
}

export const ROOT: Trail<never> = { parent: undefined, key: '', depth: 0, state: undefined }

export const into = <T>(trail: Trail<T>, key: string): Trail<T> => ({
  parent: trail,
  key,
  depth: trail.depth + 1,
  state: trail.state?.step(key),
})

export const along = <T>(trail: Trail<T>, keys: readonly string[]): Trail<T> => keys.reduce(into<T>, trail)

export const partsOf = (trail: Trail): readonly string[] => {
  const parts: string[] = []
  for (let at: Trail | undefined = trail; at?.parent !== undefined; at = at.parent) parts.push(at.key)
  return parts.reverse()
}

/** As a reader writes it: without the marks of list items. */
export const shown = (trail: Trail): string =>
  partsOf(trail)
    .filter((part) => part !== '[]')
    .join('.')

/** The service that a place belongs to. */
export const serviceOf = (trail: Trail): string | undefined => {
  const [section, name] = partsOf(trail)
  return section === 'services' ? name : undefined
}

interface Branch<T> {
  value: T | undefined
  readonly keys: Map<string, Branch<T>>
}

/** The root of a walk along the table. */
export const patternTable = <T>(rows: Readonly<Record<string, T>>): Trail<T> => {
  const root: Branch<T> = { value: undefined, keys: new Map() }
  for (const [pattern, value] of Object.entries(rows)) plant(root, pattern.split('.'), value)
  return { parent: undefined, key: '', depth: 0, state: stateOf([root]) }
}

const plant = <T>(root: Branch<T>, parts: readonly string[], value: T): void => {
  let at = root
  for (const part of parts) {
    const next = at.keys.get(part) ?? { value: undefined, keys: new Map() }
    at.keys.set(part, next)
    at = next
  }
  at.value = value
}

// A key may fit a name and `*` alike, so a place is a set of branches; the sets are few and made once.
const stateOf = <T>(branches: readonly Branch<T>[]): State<T> | undefined => {
  if (branches.length === 0) return undefined
  const wild = branches.flatMap((branch) => branch.keys.get('*') ?? [])
  const names = new Set(branches.flatMap((branch) => [...branch.keys.keys()]))
  names.delete('*')
  const named = new Map(
    [...names].map((name) => [name, stateOf([...branches.flatMap((b) => b.keys.get(name) ?? []), ...wild])] as const),
  )
  const other = stateOf(wild)
  return {
    value: branches.find((branch) => branch.value !== undefined)?.value,
    step: (key) => named.get(key) ?? other,
  }
}

/** Spreads rows under several prefixes: services and jobs share most of their attributes. */
export const under = <T>(prefixes: readonly string[], rows: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(prefixes.flatMap((p) => Object.entries(rows).map(([k, v]) => [k === '' ? p : `${p}.${k}`, v])))
