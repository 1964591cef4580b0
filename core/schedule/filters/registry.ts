// All filters, in the order in which a refusal is explained: what the user wrote first, what is merely full last.

import type { NodeMask, NodeTable } from '../table.ts'
import type { ReplicaClass } from '../types.ts'
import { antiAffinity } from './anti-affinity.ts'
import { constraints } from './constraints.ts'
import { cordon } from './cordon.ts'
import type { Filter, FilterContext, NodeCheck, Reason } from './filter.ts'
import { gpu } from './gpu.ts'
import { hostPorts } from './host-ports.ts'
import { maxPerNode } from './max-per-node.ts'
import { platform } from './platform.ts'
import { resources } from './resources.ts'
import { taints } from './taints.ts'
import { volumes } from './volumes.ts'

export const filters: readonly Filter[] = [
  cordon,
  platform,
  constraints,
  taints,
  volumes,
  antiAffinity,
  maxPerNode,
  hostPorts,
  gpu,
  resources,
]

export interface Eligibility {
  /** All that placements never change: 1 = eligible. Shared by classes of equal needs. */
  readonly mask: Uint8Array
  fits(row: number): boolean
  /** Writes the rows that fit, in order, and says how many. */
  collect(rows: Int32Array): number
  /** null: the row fits. */
  explain(row: number): Reason | null
}

export const eligibility = (table: NodeTable, cls: ReplicaClass, context: FilterContext): Eligibility => {
  const prepared = filters.map((filter) => ({ filter, check: filter.prepare(table, cls, context) }))
  const checks = (reads: Filter['reads']): NodeCheck[] =>
    prepared.flatMap(({ filter, check }) => (filter.reads === reads && check !== null ? [check] : []))
  const { of: mask, rows: eligible } = nodeMask(table, cls, checks('node'))
  // Resources refuse most often and cost least: ask them first, explain them last.
  const state = checks('state').reverse()
  return {
    mask,
    fits: (row) => mask[row] === 1 && everyFits(state, row),
    collect: (rows) => {
      let size = eligible.length
      rows.set(eligible)
      for (const check of state) size = check.narrow?.(rows, size) ?? keepFitting(check, rows, size)
      return size
    },
    explain: (row) => {
      for (const { check } of prepared) if (check !== null && !check.fits(row)) return check.explain(row)
      return null
    },
  }
}

const keepFitting = (check: NodeCheck, rows: Int32Array, size: number): number => {
  let kept = 0
  for (let i = 0; i < size; i++) {
    const row = rows[i] ?? 0
    if (check.fits(row)) rows[kept++] = row
  }
  return kept
}

const everyFits = (checks: readonly NodeCheck[], row: number): boolean => {
  for (let i = 0; i < checks.length; i++) if (checks[i]?.fits(row) === false) return false
  return true
}

const nodeMask = (table: NodeTable, cls: ReplicaClass, checks: readonly NodeCheck[]): NodeMask => {
  const reads = JSON.stringify([cls.platforms, cls.constraints, cls.tolerations])
  const known = table.masks.get(reads)
  if (known !== undefined) return known
  const of = Uint8Array.from({ length: table.size }, (_, row) => (everyFits(checks, row) ? 1 : 0))
  const mask = { of, rows: Int32Array.from({ length: table.size }, (_, row) => row).filter((row) => of[row] === 1) }
  table.masks.set(reads, mask)
  return mask
}
