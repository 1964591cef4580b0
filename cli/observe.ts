// The state of an application as a stream: an event for what is seen first, then one for each change.
import type { Engine, StatusReport, Subject } from '../core/engine/api.ts'
import type { Event } from '../core/model/event.ts'
import { createClock } from './context/clock.ts'

export interface ObserveInput {
  readonly subject: Subject
  readonly intervalMs: number
}

export async function* observeChanges(
  engine: Pick<Engine, 'status'>,
  { subject, intervalMs }: ObserveInput,
  signal: AbortSignal,
): AsyncIterable<Event> {
  const clock = createClock()
  let before = ''
  for (let seq = 0; !signal.aborted; ) {
    const report = await engine.status(subject, null, signal)
    const now = comparable(report)
    if (now !== before) yield healthEvent(report, seq++, clock.now())
    before = now
    await clock.sleep(intervalMs, signal).catch(() => undefined)
  }
}

/** Each look has its own time; that alone is no change. */
const comparable = (report: StatusReport): string =>
  JSON.stringify({ ...report, targets: report.targets.map(({ observedAt, ...target }) => target) })

const healthEvent = (report: StatusReport, seq: number, now: number): Event => ({
  type: 'health',
  seq,
  time: new Date(now).toISOString(),
  app: report.app,
  code: 'SP-I4050',
  message: `${report.app} is ${report.state}`,
  data: report,
})
