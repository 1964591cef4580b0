// Attribute paths such as services.*.ports, as the tables of the loader name them. `*` stands for any key or list item;
// list items are met under the segment '[]'.

export type Trail = readonly string[]

export interface PatternTable<T> {
  find(trail: Trail): T | undefined
}

interface Entry<T> {
  readonly parts: readonly string[]
  readonly value: T
}

/** Looks up by length and last segment first: the tables have a hundred rows and are asked at every node. */
export const patternTable = <T>(rows: Readonly<Record<string, T>>): PatternTable<T> => {
  const index = new Map<string, Entry<T>[]>()
  for (const [pattern, value] of Object.entries(rows)) {
    const parts = pattern.split('.')
    const key = `${parts.length} ${parts.at(-1)}`
    index.set(key, [...(index.get(key) ?? []), { parts, value }])
  }
  const among = (entries: readonly Entry<T>[] | undefined, trail: Trail): T | undefined =>
    entries?.find((entry) => fits(entry.parts, trail))?.value
  return {
    find: (trail) =>
      among(index.get(`${trail.length} ${trail.at(-1)}`), trail) ?? among(index.get(`${trail.length} *`), trail),
  }
}

export const fits = (pattern: readonly string[], trail: Trail): boolean =>
  pattern.length === trail.length && pattern.every((part, i) => part === '*' || part === trail[i])

/** Spreads rows under several prefixes: services and jobs share most of their attributes. */
export const under = <T>(prefixes: readonly string[], rows: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(prefixes.flatMap((p) => Object.entries(rows).map(([k, v]) => [k === '' ? p : `${p}.${k}`, v])))
