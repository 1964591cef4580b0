// Makes room by priority: on each node the fewest, least important running replicas that would have to go; of the nodes the
// one whose victims matter least. A replica never makes way for one of its own or a lower priority.
import { addReplicas, addResources, type Binding, take } from './bind.ts'
import { type Eligibility, eligibility } from './filters/registry.ts'
import type { RunContext } from './select.ts'
import { type NodeTable, SHARE_UNITS } from './table.ts'
import type { ReplicaClass, RunningReplica } from './types.ts'

/** Running replicas by row; those that went are taken out. */
export type RunningByRow = Map<number, RunningReplica[]>

export interface Preemption {
  readonly binding: Binding
  readonly row: number
  readonly victims: readonly RunningReplica[]
}

export const groupRunning = (table: NodeTable, running: readonly RunningReplica[]): RunningByRow => {
  const byRow: RunningByRow = new Map()
  for (const replica of running) {
    const row = table.rowOf[replica.node]
    if (row !== undefined) byRow.set(row, [...(byRow.get(row) ?? []), replica])
  }
  for (const replicas of byRow.values()) replicas.sort(byImportance)
  return byRow
}

/** Evicts and binds one replica; undefined when no eviction would make room. */
export const preemptOne = (
  table: NodeTable,
  cls: ReplicaClass,
  running: RunningByRow,
  context: RunContext,
): Preemption | undefined => {
  const eligible = eligibility(table, cls, context)
  let best: { row: number; victims: readonly RunningReplica[] } | undefined
  for (let row = 0; row < table.size; row++) {
    const victims = victimsOn(table, cls, running.get(row) ?? [], { row, eligible })
    if (victims !== undefined && (best === undefined || lessHarm(victims, best.victims))) best = { row, victims }
  }
  if (best === undefined) return undefined
  for (const victim of best.victims) moveRunning(table, victim, best.row, 1)
  const gone = new Set(best.victims)
  running.set(
    best.row,
    (running.get(best.row) ?? []).filter((replica) => !gone.has(replica)),
  )
  return { ...best, binding: take(table, cls, best.row) }
}

export const restoreVictims = (table: NodeTable, running: RunningByRow, { row, victims }: Preemption): void => {
  for (const victim of victims) moveRunning(table, victim, row, -1)
  running.set(row, [...(running.get(row) ?? []), ...victims].sort(byImportance))
}

/** All that may go, minus those that can stay after all, the most important first. */
const victimsOn = (
  table: NodeTable,
  cls: ReplicaClass,
  running: readonly RunningReplica[],
  at: { readonly row: number; readonly eligible: Eligibility },
): readonly RunningReplica[] | undefined => {
  const lower = running.filter((replica) => replica.priority < cls.priority)
  if (at.eligible.mask[at.row] !== 1 || lower.length === 0) return undefined
  for (const replica of lower) moveRunning(table, replica, at.row, 1)
  const victims: RunningReplica[] = []
  const possible = at.eligible.fits(at.row)
  for (const replica of possible ? lower : []) {
    moveRunning(table, replica, at.row, -1)
    if (at.eligible.fits(at.row)) continue
    moveRunning(table, replica, at.row, 1)
    victims.push(replica)
  }
  const undo = possible ? victims : lower
  for (const replica of undo) moveRunning(table, replica, at.row, -1)
  return possible ? victims : undefined
}

/** +1 gives its resources back to the row, -1 takes them again. */
const moveRunning = (table: NodeTable, replica: RunningReplica, row: number, sign: 1 | -1): void => {
  addResources(table, replica, row, sign)
  addReplicas(table, replica.key, row, -sign)
  const start = table.deviceStart[row] ?? 0
  for (const { device, share } of replica.gpus) {
    table.deviceFree[start + device] = (table.deviceFree[start + device] ?? 0) + sign * Math.round(share * SHARE_UNITS)
  }
}

const lessHarm = (a: readonly RunningReplica[], b: readonly RunningReplica[]): boolean =>
  (highest(a) - highest(b) || sum(a) - sum(b) || a.length - b.length) < 0

const highest = (victims: readonly RunningReplica[]): number =>
  victims.reduce((max, v) => Math.max(max, v.priority), Number.NEGATIVE_INFINITY)

const sum = (victims: readonly RunningReplica[]): number => victims.reduce((total, v) => total + v.priority, 0)

const byImportance = (a: RunningReplica, b: RunningReplica): number => b.priority - a.priority || (a.id < b.id ? -1 : 1)
