// A pool of nodes that can be filled step by step and rolled back: how place asks what still fits on a target, with the
// same filters and scores that place the replicas in the end.
import type { Refusal } from '../model/placement.ts'
import type { NodeCapacity } from '../model/resources.ts'
import { give, take } from './bind.ts'
import { devicesSuit } from './devices.ts'
import { eligibility } from './filters/registry.ts'
import { nodeRefusals } from './refusals.ts'
import { runContext } from './schedule.ts'
import { selectNodes } from './select.ts'
import { buildNodeTable } from './table.ts'
import type { ReplicaClass } from './types.ts'

export interface PoolInput {
  readonly target: string
  readonly nodes: readonly NodeCapacity[]
  readonly classes: readonly ReplicaClass[]
  readonly seed: number
}

export interface Pool {
  /** Binds up to `count` more replicas of the class (all or none for a gang) and says how many. */
  add(cls: ReplicaClass, count: number): number
  /** Takes away up to `count` replicas that run since before, fullest nodes first. */
  free(cls: ReplicaClass, count: number): void
  /** Nodes that suit the class whether or not there is room now, and those that run it. */
  eligibleNodes(cls: ReplicaClass): number
  refusals(cls: ReplicaClass): readonly Refusal[]
  mark(): number
  /** Undoes every add and free since the mark. */
  rollback(mark: number): void
}

export const createPool = (input: PoolInput): Pool => {
  const table = buildNodeTable(input.target, input.nodes, input.seed)
  const context = runContext({
    classes: input.classes,
    counts: new Int32Array(input.classes.length).fill(1),
    policy: 'balanced',
  })
  const undoLog: (() => void)[] = []
  const rollback = (to: number): void => {
    for (const undo of undoLog.splice(to).reverse()) undo()
  }
  return {
    add: (cls, count) => {
      const start = undoLog.length
      for (const binding of selectNodes(table, cls, count, context)) undoLog.push(() => give(table, cls, binding))
      const added = undoLog.length - start
      if (!cls.gang || added === count) return added
      rollback(start)
      return 0
    },
    free: (cls, count) => {
      // Which cards it holds is not known here: they are not given back.
      const cardless = { ...cls, gpu: null }
      for (let left = count; left > 0; left--) {
        const row = fullestRow(table.replicas.get(cls.key))
        if (row === undefined) return
        give(table, cardless, { row, devices: [], pins: [] })
        undoLog.push(() => take(table, cardless, row))
      }
    },
    eligibleNodes: (cls) => {
      const { mask } = eligibility(table, cls, context)
      const running = table.replicas.get(cls.key)
      let nodes = 0
      for (let row = 0; row < table.size; row++) {
        if (running?.has(row) === true || (mask[row] === 1 && (cls.gpu === null || devicesSuit(table, cls.gpu, row))))
          nodes++
      }
      return nodes
    },
    refusals: (cls) => nodeRefusals(table, eligibility(table, cls, context)),
    mark: () => undoLog.length,
    rollback,
  }
}

const fullestRow = (replicas: ReadonlyMap<number, number> | undefined): number | undefined => {
  let fullest: number | undefined
  let most = 0
  for (const [row, count] of replicas ?? []) {
    // By row among equals, for the order of the map tells which rollbacks there were.
    if (count < most || (count === most && fullest !== undefined && fullest < row)) continue
    fullest = row
    most = count
  }
  return fullest
}
