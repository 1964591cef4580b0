// logs: the lines of all replicas in one stream, each with its replica in front; with --follow new replicas join.

import { parseDuration } from '../../core/model/duration.ts'
import type { LogLine } from '../../core/model/replica.ts'
import type { Call, Run } from '../call.ts'
import { badValue } from '../options.ts'
import { createEventLines } from '../render/event-lines.ts'
import { createLogLines } from '../render/log-lines.ts'

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
  return context.options.json ? printObjects(call, lines, subject.app) : printLines(call, lines)
}

const printLines = async ({ context, flags }: Call, lines: AsyncIterable<LogLine>): Promise<number> => {
  const render = createLogLines({ style: context.style.out, timestamps: flags.on('timestamps') })
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

/** '10m' counts back from now; anything else is a time. */
const sinceOf = ({ context, flags }: Call): number | null => {
  const text = flags.text('since')
  if (text === null) return null
  const back = parseDuration(text)
  if (back !== null) return context.world.now() - back
  const at = Date.parse(text)
  if (Number.isNaN(at))
    throw badValue('since', `"${text}" is neither a duration nor a time`, 'write 10m, or 2026-01-31T12:00:00Z')
  return at
}

const tailOf = ({ flags }: Call): number | null => {
  const text = flags.text('tail')
  if (text === null || text === 'all') return null
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw badValue('tail', `"${text}" is no number of lines`, 'write a number, or all')
}
