// Scheduled jobs: each fire is a run of its own. A fire that was missed while no daemon ran is made up for once, within
// startDeadline where one is given.
import { Cron } from 'croner'
import { type Alloc, isLive, type SpecVersion, slotOf, type Work } from '../model.ts'
import { type Change, type Decision, endOf, type WorkView } from './decide.ts'
import { earliest } from './service.ts'

/** Finished runs that stay for their logs. */
const KEPT_RUNS = 3

export const decideCron = (view: WorkView, spec: SpecVersion, now: number): Decision => {
  const { schedule } = spec.body
  const work = settled(view.work)
  if (schedule === null) return { work, changes: [], wakeAt: null, waiting: null }
  const fire = lastFire(schedule, work.lastFireAt ?? now, now)
  const tidy = olderRuns(view.allocs)
  const next = nextFire(schedule, now)
  if (fire === null) {
    const again = retries(view, spec, now)
    return { work, changes: [...tidy, ...again.changes], wakeAt: earliest([next, again.wakeAt]), waiting: null }
  }
  const running = view.allocs.filter((a) => isLive(a) || (a.intent === 'stop' && a.state === 'running'))
  const handled = { ...work, lastFireAt: fire, slots: {} }
  const late = schedule.startDeadlineMs !== null && now - fire > schedule.startDeadlineMs
  if (late || (schedule.concurrency === 'forbid' && running.length > 0))
    return { work: handled, changes: tidy, wakeAt: next, waiting: null }
  const replaced = schedule.concurrency === 'replace' ? running.flatMap((a) => endOf(a, 'the next run begins')) : []
  return { work: handled, changes: [...replaced, ...tidy, ...runOf(spec, fire)], wakeAt: next, waiting: null }
}

const runOf = (spec: SpecVersion, fire: number): readonly Change[] =>
  Array.from(
    { length: spec.body.replicas },
    (_, i): Change => ({
      kind: 'allocate',
      slot: i + 1,
      spec,
      run: new Date(fire).toISOString(),
      node: null,
      because: 'its time has come',
    }),
  )

/** A schedule stands as soon as it is known: there is nothing to wait for. */
const settled = (work: Work): Work =>
  work.rollout.state === 'progressing'
    ? { ...work, stable: work.spec, rollout: { ...work.rollout, state: 'complete', proven: true } }
    : work

type Schedule = NonNullable<SpecVersion['body']['schedule']>

const cronOf = (schedule: Schedule): Cron => new Cron(schedule.cron, { timezone: schedule.timezone, paused: true })

const nextFire = (schedule: Schedule, after: number): number | null =>
  cronOf(schedule).nextRun(new Date(after))?.getTime() ?? null

/** The latest fire in (since, now]; earlier ones that were missed are dropped. Looks back step by step from now. */
const lastFire = (schedule: Schedule, since: number, now: number): number | null => {
  for (let backMs = 60_000; ; backMs *= 8) {
    const from = Math.max(since, now - backMs)
    let found: number | null = null
    for (let at = nextFire(schedule, from); at !== null && at <= now; at = nextFire(schedule, at)) found = at
    if (found !== null || from === since) return found
  }
}

/** A failed attempt of the latest run is repeated as the restart policy says; without a policy it is not. */
const retries = (
  { work, allocs }: WorkView,
  spec: SpecVersion,
  now: number,
): { readonly changes: readonly Change[]; readonly wakeAt: number | null } => {
  const run = work.lastFireAt === null ? null : new Date(work.lastFireAt).toISOString()
  const ofRun = allocs.filter((a) => a.run === run)
  const slots = ofRun.length === 0 ? [] : Array.from({ length: spec.body.replicas }, (_, i) => i + 1)
  const open = slots.filter((slot) => !ofRun.some((a) => a.slot === slot && isLive(a)) && !slotOf(work, slot).finished)
  const due = open.filter((slot) => slotOf(work, slot).notBefore <= now)
  return {
    changes: due.map(
      (slot): Change => ({ kind: 'allocate', slot, spec, run, node: null, because: 'the attempt before failed' }),
    ),
    wakeAt: earliest(open.filter((slot) => !due.includes(slot)).map((slot) => slotOf(work, slot).notBefore)),
  }
}

const olderRuns = (allocs: readonly Alloc[]): readonly Change[] => {
  const ended = allocs.filter((a) => a.state === 'exited').sort((a, b) => b.createdAt - a.createdAt)
  return ended.slice(KEPT_RUNS).flatMap((a) => endOf(a, 'newer runs are there'))
}
