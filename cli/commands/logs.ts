// logs: the lines of all replicas in one stream, each with its replica in front; with --follow new replicas join.

import type { Subject } from '../../core/engine/api.ts'
import type { LogLine } from '../../core/model/replica.ts'
import type { Call, Run } from '../call.ts'
import { badValue } from '../options.ts'
import { createEventLines } from '../render/event-lines.ts'
import { createLogLines } from '../render/log-lines.ts'
import { noteSilent } from '../silent.ts'
import { sinceOf } from '../since.ts'

export const run: Run = async (call) => {
  const { context, args, flags } = call
  const request = {
    targets: context.options.targets,
    services: args,
    replicas: flags.list('replica'),
    follow: flags.on('follow'),
    sinceMs: sinceOf(call),
    tail: tailOf(call),
  }
  const subject = await context.subject()
  const engine = await context.engine()
  const lines = engine.logs(subject, request, context.signal)
  noteSilent(context, subject)
  return context.options.json ? printObjects(call, lines, subject.app) : printLines(call, lines, subject)
}

const printLines = async (
  { context, flags }: Call,
  lines: AsyncIterable<LogLine>,
  subject: Subject,
): Promise<number> => {
  const several = (context.options.targets ?? subject.fleet.targets).length > 1
  const render = createLogLines({ style: context.style.out, timestamps: flags.on('timestamps'), several })
  for await (const line of lines) context.print(render(line))
  return 0
}

const printObjects = async ({ context }: Call, lines: AsyncIterable<LogLine>, app: string): Promise<number> => {
  const out = createEventLines(app, context.world.now)
  for await (const { at, target, service, text, ...data } of lines) {
    context.world.stdout.write(
      out.event({ type: 'log', seq: 0, time: at, app, target, service, code: 'SP-I4040', message: text, data }),
    )
  }
  context.world.stdout.write(out.result({ ok: true, exitCode: 0, summary: { targets: [], leftBehind: [], next: [] } }))
  return 0
}

const tailOf = ({ flags }: Call): number | null => {
  const text = flags.text('tail')
  if (text === null || text === 'all') return null
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw badValue('tail', `"${text}" is no number of lines`, 'write a number, or all')
}
