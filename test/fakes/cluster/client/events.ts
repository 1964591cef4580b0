// Events of the fake cluster: objects of kind Event, read from the one watch that it has.
import type { Target } from '../../../../core/model/fleet.ts'
import type { TargetEvent } from '../../../../core/model/target-event.ts'
import type { EventQuery } from '../../../../core/ports.ts'
import type { Change, StoredObject } from '../server/store.ts'
import { apiOf } from './http.ts'
import { namespaceOf } from './render.ts'

export async function* events(target: Target, query: EventQuery, signal: AbortSignal): AsyncIterable<TargetEvent> {
  const path = `/watch/${namespaceOf(target, query.app)}`
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const early: TargetEvent[] = []
  let synced = false
  try {
    for await (const line of apiOf(target).lines<Change | { readonly type: 'synced' }>(
      { method: 'GET', path },
      until,
    )) {
      if (line.type === 'synced') {
        synced = true
        yield* early.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
        if (!query.follow) return
      } else if (line.type === 'put' && line.object.kind === 'Event') {
        const event = eventOf(line.object, target)
        if (!isAsked(event, query)) continue
        if (synced) yield event
        else early.push(event)
      }
    }
  } finally {
    over.abort()
  }
}

const isAsked = (event: TargetEvent, { services, sinceMs }: EventQuery): boolean =>
  (services.length === 0 || services.includes(event.service ?? '')) &&
  (sinceMs === null || Date.parse(event.at) >= sinceMs)

const eventOf = ({ spec, labels }: StoredObject, target: Target): TargetEvent => ({
  at: String(spec['at']),
  target: target.name,
  service: labels['service'] ?? null,
  replica: String(spec['pod']),
  slot: null,
  object: { kind: 'Pod', name: String(spec['pod']) },
  severity: ['CrashLoop', 'FailedScheduling'].includes(String(spec['reason'])) ? 'warning' : 'normal',
  reason: String(spec['reason']),
  message: String(spec['message']),
  count: 1,
})
