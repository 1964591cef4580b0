// The reconciler: wanted × allocations × now → what to do next. Pure, and safe to ask again at any time: an answer that
// was carried out halfway, or not at all, leads to the same end.
import { type Alloc, isLive, type SpecVersion, type Work } from '../model.ts'
import { decideCron } from './cron.ts'
import { decideJob } from './job.ts'
import { decideService } from './service.ts'

export interface DependencyState {
  /** A replica runs. */
  readonly started: boolean
  /** A replica has its place on a node: nothing that takes room now can keep it from starting. */
  readonly placed: boolean
  /** Every wanted replica of the newest spec is ready. */
  readonly healthy: boolean
  readonly completed: 'yes' | 'no' | 'failed'
}

export interface WorkView {
  readonly work: Work
  readonly allocs: readonly Alloc[]
  readonly dependencies: Readonly<Record<string, DependencyState>>
  /** mode global: the nodes that want one replica each. */
  readonly nodes: readonly string[]
}

export type Change =
  /** node: null lets the scheduler choose. */
  | {
      readonly kind: 'allocate'
      readonly slot: number
      readonly spec: SpecVersion
      readonly run: string | null
      readonly node: string | null
      readonly because: string
      /** Its gate is about to open: everything but the start is done. */
      readonly ahead?: true
    }
  /** It was made ahead, and its gate is open now. */
  | { readonly kind: 'run'; readonly id: string; readonly because: string }
  | { readonly kind: 'stop'; readonly id: string; readonly because: string }
  | { readonly kind: 'remove'; readonly id: string; readonly because: string }

export interface Decision {
  readonly work: Work
  readonly changes: readonly Change[]
  /** Ask again then even if nothing happens; null: only events matter. */
  readonly wakeAt: number | null
  /** Why nothing starts, for people. */
  readonly waiting: string | null
}

export const decide = (view: WorkView, now: number): Decision => {
  const { spec } = view.work
  if (spec === null) return decideRemoval(view)
  if (spec.body.kind === 'job') return decideJob(view, spec, now)
  if (spec.body.kind === 'cron') return decideCron(view, spec, now)
  return decideService(view, spec, now)
}

/** Everything goes at once; the caller forgets the service when nothing is left. */
const decideRemoval = (view: WorkView): Decision => ({
  work: view.work,
  changes: view.allocs.flatMap((alloc) => endOf(alloc, 'the service is removed')),
  wakeAt: null,
  waiting: null,
})

/** The next step on the way out of an allocation that nobody wants; none while one is under way. */
export const endOf = (alloc: Alloc, because: string): readonly Change[] => {
  if (alloc.intent === 'remove') return []
  if (alloc.intent === 'stop' && alloc.state === 'running') return []
  if (isLive(alloc) && alloc.state === 'running') return [{ kind: 'stop', id: alloc.id, because }]
  return [{ kind: 'remove', id: alloc.id, because }]
}
