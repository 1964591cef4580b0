// Why replicas found no node, tallied: equal reasons are one row with a count and one node as example.
import type { Refusal } from '../model/placement.ts'
import type { Eligibility } from './filters/registry.ts'
import type { NodeTable } from './table.ts'

export const MAX_REFUSALS = 20

/** Largest counts first; at most 20 rows, then one row 'others'. */
export const capRefusals = (target: string, rows: readonly Refusal[]): readonly Refusal[] => {
  const sorted = [...rows].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : a.reason > b.reason ? 1 : 0))
  if (sorted.length <= MAX_REFUSALS) return sorted
  const others = sorted.slice(MAX_REFUSALS).reduce((sum, row) => sum + row.count, 0)
  return [...sorted.slice(0, MAX_REFUSALS), { target, reason: 'others', count: others, example: '' }]
}

export const nodeRefusals = (table: NodeTable, eligible: Eligibility): readonly Refusal[] => {
  const { target } = table
  if (table.size === 0) return [{ target, reason: 'the target has no nodes', count: 0, example: '' }]
  const tally = new Map<string, Refusal>()
  for (const row of byName(table)) {
    const refusal = eligible.explain(row)
    if (refusal === null) continue
    const { reason, detail } = refusal
    const name = table.nodes[row]?.name ?? ''
    const known = tally.get(reason)
    tally.set(
      reason,
      known === undefined
        ? { target, reason, count: 1, example: detail === '' ? name : `${name}: ${detail}` }
        : { ...known, count: known.count + 1 },
    )
  }
  return capRefusals(target, [...tally.values()])
}

const byName = (table: NodeTable): readonly number[] => {
  const name = (row: number): string => table.nodes[row]?.name ?? ''
  return Array.from({ length: table.size }, (_, row) => row).sort((a, b) => (name(a) < name(b) ? -1 : 1))
}
