// Places classes of equal replicas on nodes: filters, scores, bind; then preemption by priority; gangs whole or not at all.
// Classes go by priority, then in input order. Same input, same answer, whatever the order of the nodes.
import type { Refusal } from '../model/placement.ts'
import { type Binding, give } from './bind.ts'
import { eligibility } from './filters/registry.ts'
import { groupRunning, type Preemption, preemptOne, type RunningByRow, restoreVictims } from './preempt.ts'
import { nodeRefusals } from './refusals.ts'
import { type RunContext, selectNodes } from './select.ts'
import { buildNodeTable, type NodeTable } from './table.ts'
import type { ReplicaClass, ScheduleInput, ScheduleResult } from './types.ts'
import { typicalWorkload } from './workload.ts'

interface Run {
  readonly table: NodeTable
  readonly context: RunContext
  readonly running: RunningByRow
  readonly preemption: boolean
}

interface ClassOutcome {
  readonly bindings: readonly Binding[]
  readonly refusals: readonly Refusal[]
  readonly preempted: readonly string[]
}

export const schedule = (input: ScheduleInput): ScheduleResult => {
  const table = buildNodeTable(input.target, input.nodes, input.seed)
  const run: Run = {
    table,
    context: runContext(input),
    running: groupRunning(table, input.preemption ? input.running : []),
    preemption: input.preemption,
  }
  const outcomes: ClassOutcome[] = new Array(input.classes.length)
  for (const index of byPriority(input.classes)) {
    const cls = input.classes[index]
    if (cls !== undefined) outcomes[index] = placeClass(run, cls, input.counts[index] ?? 0)
  }
  return assemble(table, outcomes, input.counts)
}

export const runContext = (input: Pick<ScheduleInput, 'classes' | 'counts' | 'policy'>): RunContext => ({
  policy: input.policy,
  workload: typicalWorkload(input.classes, input.counts),
  avoid: avoidance(input.classes),
})

const placeClass = (run: Run, cls: ReplicaClass, count: number): ClassOutcome => {
  const { table, context } = run
  const bindings = selectNodes(table, cls, count, context)
  const preemptions = run.preemption ? preemptFor(run, cls, count - bindings.length) : []
  const all = [...bindings, ...preemptions.map((p) => p.binding)]
  if (all.length >= count)
    return { bindings: all, refusals: [], preempted: preemptions.flatMap((p) => p.victims.map((v) => v.id)) }
  const refusals = nodeRefusals(table, eligibility(table, cls, context))
  if (!cls.gang) return { bindings: all, refusals, preempted: preemptions.flatMap((p) => p.victims.map((v) => v.id)) }
  for (const binding of all) give(table, cls, binding)
  for (const preemption of preemptions.toReversed()) restoreVictims(table, run.running, preemption)
  const together: Refusal = {
    target: table.target,
    reason: `all ${count} replicas or none (gang); ${all.length} fit`,
    count: table.size,
    example: '',
  }
  return { bindings: [], refusals: [together, ...refusals], preempted: [] }
}

const preemptFor = (run: Run, cls: ReplicaClass, count: number): readonly Preemption[] => {
  const preemptions: Preemption[] = []
  while (preemptions.length < count) {
    const preemption = preemptOne(run.table, cls, run.running, run.context)
    if (preemption === undefined) break
    preemptions.push(preemption)
  }
  return preemptions
}

const byPriority = (classes: readonly ReplicaClass[]): readonly number[] =>
  classes.map((_, index) => index).sort((a, b) => (classes[b]?.priority ?? 0) - (classes[a]?.priority ?? 0) || a - b)

/** Anti-affinity binds both: a class also avoids those that named it. */
const avoidance = (classes: readonly ReplicaClass[]): ReadonlyMap<string, readonly string[]> => {
  const avoid = new Map<string, Set<string>>()
  const add = (key: string, other: string): void => {
    avoid.set(key, (avoid.get(key) ?? new Set()).add(other))
  }
  for (const cls of classes) {
    for (const other of cls.antiAffinity) {
      add(cls.key, other)
      add(other, cls.key)
    }
  }
  return new Map([...avoid].map(([key, others]) => [key, [...others].sort()]))
}

const assemble = (table: NodeTable, outcomes: readonly ClassOutcome[], counts: Int32Array): ScheduleResult => {
  const offsets = new Int32Array(outcomes.length + 1)
  outcomes.forEach((_, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + Math.max(0, counts[index] ?? 0)
  })
  const nodeOf = new Int32Array(offsets[outcomes.length] ?? 0).fill(-1)
  const gpusOf = new Map<number, readonly number[]>()
  outcomes.forEach(({ bindings }, index) => {
    bindings.forEach(({ row, devices }, i) => {
      const entry = (offsets[index] ?? 0) + i
      nodeOf[entry] = table.inputIndex[row] ?? -1
      if (devices.length > 0)
        gpusOf.set(
          entry,
          devices.map((device) => device - (table.deviceStart[row] ?? 0)),
        )
    })
  })
  return {
    nodeOf,
    offsets,
    gpusOf,
    refusals: outcomes.map((o) => o.refusals),
    preempted: outcomes.flatMap((o) => o.preempted),
  }
}
