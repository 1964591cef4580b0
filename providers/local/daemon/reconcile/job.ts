// One-shot jobs: each completion runs once to exit code 0; a changed job runs again, an unfinished one is replaced.
import { isLive, type SpecVersion, slotOf, type Work } from '../model.ts'
import { type Change, type Decision, endOf, type WorkView } from './decide.ts'
import { gateOf } from './dependencies.ts'
import { brokenBy, earliest } from './service.ts'

export const decideJob = (view: WorkView, spec: SpecVersion, now: number): Decision => {
  const { work, allocs } = view
  const foreign = allocs.filter((a) => a.spec.replicaHash !== spec.replicaHash || a.slot > spec.body.replicas)
  const leaving = foreign.flatMap((a) => endOf(a, 'its spec changed'))
  if (work.rollout.state === 'complete')
    return { work, changes: [...leaving, ...olderRuns(view)], wakeAt: null, waiting: null }
  const slots = Array.from({ length: spec.body.replicas }, (_, i) => i + 1)
  const open = slots.filter((n) => !slotOf(work, n).finished)
  if (open.length === 0 && work.rollout.state === 'progressing')
    return { work: completed(work), changes: [...leaving, ...olderRuns(view)], wakeAt: null, waiting: null }
  const gate = gateOf(spec, view)
  if (gate.kind !== 'open')
    return {
      work: gate.kind === 'broken' && work.rollout.state === 'progressing' ? brokenBy(work, spec, gate.because) : work,
      changes: leaving,
      wakeAt: null,
      waiting: gate.because,
    }
  const idle = open.filter(
    (n) => !allocs.some((a) => a.slot === n && isLive(a)) && !foreign.some((a) => a.state === 'running'),
  )
  const due = idle.filter((n) => slotOf(work, n).notBefore <= now)
  const wakeAt = earliest(idle.filter((n) => slotOf(work, n).notBefore > now).map((n) => slotOf(work, n).notBefore))
  const starts = due.map(
    (slot): Change => ({
      kind: 'allocate',
      slot,
      spec,
      run: null,
      node: null,
      because: slotOf(work, slot).crashes > 0 ? 'the attempt before failed' : 'the job is new or changed',
    }),
  )
  return { work, changes: [...leaving, ...starts, ...olderRuns(view)], wakeAt, waiting: null }
}

const completed = (work: Work): Work => ({
  ...work,
  stable: work.spec,
  rollout: { ...work.rollout, state: 'complete', proven: true, failure: null },
})

/** The newest attempt of a slot stays: its logs are what people look for after a job. */
const olderRuns = (view: WorkView): readonly Change[] =>
  view.allocs
    .filter(
      (a) =>
        a.state === 'exited' &&
        view.allocs.some((b) => b.slot === a.slot && b.id !== a.id && b.createdAt > a.createdAt),
    )
    .flatMap((a) => endOf(a, 'a newer attempt is there'))
