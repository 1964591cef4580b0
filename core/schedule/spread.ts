// Spreading over domains: each level (a placement preference, then the zone) splits the one before, as Swarm's nested
// preferences do. Domains with fewer replicas of the service come first.
import { nodeValue } from './node-value.ts'
import { type Domain, domainOf, type NodeTable, zoneDomain } from './table.ts'
import type { ReplicaClass } from './types.ts'

export interface SpreadLevels {
  /** Row → innermost domain. */
  readonly leafOf: Int32Array
  readonly leaves: number
  /** < 0: a's domains hold fewer replicas than b's. */
  compare(a: number, b: number): number
  /** Keeps the rows whose domains hold fewest at the front and says how many. */
  narrow(rows: Int32Array, size: number): number
  count(row: number, by: number): void
}

/** `alone`: one replica and none running, for which all domains are equal. */
export const spreadLevels = (
  table: NodeTable,
  cls: ReplicaClass,
  { zones, alone }: { readonly zones: boolean; readonly alone: boolean },
): SpreadLevels => {
  if (alone) return ALL_EQUAL
  const domains = cls.preferences.map(({ spread }) =>
    domainOf(table, `by ${spread}`, (node) => nodeValue(node, spread) ?? ''),
  )
  if (zones) domains.push(zoneDomain(table))
  const levels = nested(domains.filter((domain) => domain.size > 1)).map((domain) => ({
    of: domain.of,
    counts: new Int32Array(domain.size),
  }))
  const last = levels.at(-1)
  const spread: SpreadLevels = {
    leafOf: last?.of ?? new Int32Array(table.size),
    leaves: last?.counts.length ?? 1,
    compare: (a, b) => {
      for (let i = 0; i < levels.length; i++) {
        const level = levels[i]
        if (level === undefined) break
        const difference = (level.counts[level.of[a] ?? 0] ?? 0) - (level.counts[level.of[b] ?? 0] ?? 0)
        if (difference !== 0) return difference
      }
      return 0
    },
    narrow: (rows, size) => levels.reduce((kept, level) => keepFewest(level, rows, kept), size),
    count: (row, by) => {
      for (const { of, counts } of levels) counts[of[row] ?? 0] = (counts[of[row] ?? 0] ?? 0) + by
    },
  }
  for (const [row, count] of table.replicas.get(cls.key) ?? []) spread.count(row, count)
  return spread
}

const ALL_EQUAL: SpreadLevels = {
  leafOf: new Int32Array(0),
  leaves: 1,
  compare: () => 0,
  narrow: (_, size) => size,
  count: () => undefined,
}

interface Level {
  readonly of: Int32Array
  readonly counts: Int32Array
}

const keepFewest = ({ of, counts }: Level, rows: Int32Array, size: number): number => {
  let fewest = Number.POSITIVE_INFINITY
  let kept = 0
  for (let i = 0; i < size; i++) {
    const row = rows[i] ?? 0
    const count = counts[of[row] ?? 0] ?? 0
    if (count < fewest) {
      fewest = count
      kept = 0
    }
    if (count === fewest) rows[kept++] = row
  }
  return kept
}

const nested = (domains: readonly Domain[]): readonly Domain[] => {
  const levels: Domain[] = []
  for (const domain of domains) {
    const outer = levels.at(-1)
    levels.push(outer === undefined ? domain : product(outer, domain))
  }
  return levels
}

const product = (outer: Domain, inner: Domain): Domain => {
  const ids = new Map<number, number>()
  const of = outer.of.map((id, row) => {
    const pair = id * inner.size + (inner.of[row] ?? 0)
    const known = ids.get(pair) ?? ids.size
    ids.set(pair, known)
    return known
  })
  return { of, size: ids.size }
}
