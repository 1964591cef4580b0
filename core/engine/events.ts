// Events of several targets as one stream: what is kept in the order of time over all targets, then what comes as it comes.
// A target that does not answer is told as an event of its own, never left out in silence.
import type { TargetEvent } from '../model/target-event.ts'
import type { EventQuery } from '../ports.ts'
import type { EngineDeps } from './api.ts'
import { createChannel } from './channel.ts'
import type { Observed } from './observe.ts'
import type { EventsRequest } from './reports.ts'
import { type Asked, lookAt } from './status.ts'

export async function* eventsOf(
  asked: Asked,
  request: EventsRequest,
  deps: EngineDeps,
  signal: AbortSignal,
): AsyncGenerator<TargetEvent> {
  const observed = await lookAt(asked, deps, signal)
  for (const o of observed) if (!o.state.reachable) yield silent(o, deps.clock.now())
  const answering = observed.filter((o) => o.state.reachable)
  const { services, sinceMs } = request
  const query = { app: asked.subject.app, services, sinceMs }
  const kept = await keptEvents(answering, { ...query, follow: false }, signal)
  yield* kept
  if (!request.follow) return
  // Each stream begins with what is kept: that has been told.
  const told = new Set(kept.map(keyOf))
  for await (const event of merged(answering, { ...query, follow: true }, signal))
    if (!told.delete(keyOf(event))) yield event
}

export const keptEvents = async (
  observed: readonly Observed[],
  query: EventQuery,
  signal: AbortSignal,
): Promise<readonly TargetEvent[]> => {
  const lists = await Promise.all(observed.map((o) => Array.fromAsync(o.provider.events(o.target, query, signal))))
  return lists.flat().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

const keyOf = ({ at, target, object, reason, message, count }: TargetEvent): string =>
  JSON.stringify([at, target, object.kind, object.name, reason, message, count])

const merged = (observed: readonly Observed[], query: EventQuery, signal: AbortSignal): AsyncIterable<TargetEvent> => {
  const channel = createChannel<TargetEvent>()
  const pump = async (o: Observed): Promise<void> => {
    for await (const event of o.provider.events(o.target, query, signal)) channel.push(event)
  }
  Promise.all(observed.map(pump)).then(channel.end, channel.fail)
  return channel.items
}

const silent = ({ target, state }: Observed, now: number): TargetEvent => ({
  at: new Date(now).toISOString(),
  target: target.name,
  service: null,
  replica: null,
  slot: null,
  object: { kind: 'Target', name: target.name },
  severity: 'warning',
  reason: 'Unreachable',
  message: state.because ?? 'it does not answer',
  count: 1,
})
