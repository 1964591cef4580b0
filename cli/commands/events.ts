// events: what the targets say of the application's objects, in the order of time; with --follow what comes as it comes.
import type { EventType } from '../../core/model/event.ts'
import type { TargetEvent } from '../../core/model/target-event.ts'
import type { Call, Run } from '../call.ts'
import { createEventLines } from '../render/event-lines.ts'
import { oneLine } from '../render/plain-text.ts'
import type { Style } from '../render/style.ts'
import { sinceOf } from '../since.ts'

export const run: Run = async (call) => {
  const { context, args, flags } = call
  const request = {
    targets: context.options.targets,
    services: args,
    follow: flags.on('follow'),
    sinceMs: sinceOf(call),
  }
  const subject = await context.subject()
  const engine = await context.engine()
  const events = engine.events(subject, request, context.signal)
  return context.options.json ? printObjects(call, events, subject.app) : printLines(call, events)
}

const printLines = async ({ context }: Call, events: AsyncIterable<TargetEvent>): Promise<number> => {
  for await (const event of events) context.print(eventLine(event, context.style.out))
  return 0
}

const eventLine = (event: TargetEvent, style: Style): string => {
  const about = event.slot === null || event.service === null ? event.object.name : `${event.service}.${event.slot}`
  const paint = event.severity === 'warning' ? style.yellow : style.green
  const count = event.count > 1 ? ` (${event.count} times)` : ''
  return `${event.at} ${event.target} ${event.object.kind} ${about} ${paint(event.reason)}: ${oneLine(event.message)}${count}`
}

const printObjects = async ({ context }: Call, events: AsyncIterable<TargetEvent>, app: string): Promise<number> => {
  const out = createEventLines(app, context.world.now)
  for await (const { at, target, service, message, ...data } of events) {
    const about = service === null ? {} : { service }
    context.world.stdout.write(
      out.event({ type: typeOf(data), seq: 0, time: at, app, target, ...about, code: 'SP-I4080', message, data }),
    )
  }
  context.world.stdout.write(out.result({ ok: true, exitCode: 0, summary: { targets: [], leftBehind: [], next: [] } }))
  return 0
}

/** About a replica, about the health of a whole target, or about another object. */
const typeOf = ({ replica, object }: Pick<TargetEvent, 'replica' | 'object'>): EventType => {
  if (replica !== null) return 'replica'
  return object.kind === 'Target' ? 'health' : 'action'
}
