// Shows a stream of events in the way that was asked for, and turns its result into the exit status. stdout carries the
// result alone; with --json it carries nothing but lines of JSON.

import type { Diagnostic } from '../core/model/diagnostic.ts'
import type { Event, Result } from '../core/model/event.ts'
import type { Context } from './context.ts'
import { uniqueFindings } from './findings.ts'
import { isYes } from './options.ts'
import { createEventLines } from './render/event-lines.ts'
import { renderOutcome } from './render/outcome.ts'
import { oneLine } from './render/plain-text.ts'
import { applyEvent, type Progress, startProgress } from './render/progress-model.ts'
import { createPlainLines, HEARTBEAT_MS, heartbeat } from './render/progress-plain.ts'
import { createLiveTable, REDRAW_MS } from './render/progress-tty.ts'

export interface Followed {
  readonly verb: string
  readonly app: string
  /** What the files already say; errors among them are the stream's to tell. */
  readonly findings?: readonly Diagnostic[]
}

export const followEvents = (context: Context, events: AsyncIterable<Event>, followed: Followed): Promise<number> => {
  switch (modeOf(context)) {
    case 'json':
      return followAsLines(context, events, followed)
    case 'tty':
      return followLive(context, events, followed)
    case 'quiet':
      return followQuietly(context, events, followed)
    default:
      return followPlain(context, events, followed)
  }
}

const modeOf = ({ options, world }: Context): 'json' | 'tty' | 'plain' | 'quiet' => {
  if (options.json) return 'json'
  if (options.progress === 'tty' || options.progress === 'plain' || options.progress === 'quiet')
    return options.progress
  return world.stderr.isTTY && world.env['TERM'] !== 'dumb' && !isYes(world.env['CI']) ? 'tty' : 'plain'
}

const followAsLines = async (
  context: Context,
  events: AsyncIterable<Event>,
  { app, findings = [] }: Followed,
): Promise<number> => {
  const { world } = context
  const lines = createEventLines(app, world.now)
  let progress = startProgress(world.now())
  for (const finding of mild(findings)) world.stdout.write(lines.diagnostic(finding))
  for await (const event of events) {
    progress = applyEvent(progress, event, world.now())
    if (event.type !== 'result' && event.type !== 'version') world.stdout.write(lines.event(event))
  }
  const result = resultOf(progress, context)
  world.stdout.write(lines.result(result))
  return result.exitCode
}

const followQuietly = async (context: Context, events: AsyncIterable<Event>, followed: Followed): Promise<number> => {
  const { now } = context.world
  let progress = startProgress(now())
  for await (const event of events) progress = applyEvent(progress, event, now())
  return conclude(context, progress, followed)
}

const followPlain = async (context: Context, events: AsyncIterable<Event>, followed: Followed): Promise<number> => {
  const { now, every } = context.world
  let progress = startProgress(now())
  const lineOf = createPlainLines()
  const stop = every(HEARTBEAT_MS, () => context.note(heartbeat(progress, now())))
  try {
    for await (const event of events) {
      progress = applyEvent(progress, event, now())
      const line = lineOf(event)
      if (line !== null) context.note(line)
    }
  } finally {
    stop()
  }
  return conclude(context, progress, followed)
}

const followLive = async (context: Context, events: AsyncIterable<Event>, followed: Followed): Promise<number> => {
  const { now, every, stderr } = context.world
  const table = createLiveTable(stderr, context.style.err)
  let progress = startProgress(now())
  let begun = false
  // A question stands below what was drawn, and nothing is drawn over it.
  const stop = every(REDRAW_MS, () => (context.isAsking() ? table.forget() : begun && table.draw(progress, now())))
  try {
    for await (const event of events) {
      progress = applyEvent(progress, event, now())
      begun ||= event.type === 'action' || event.type === 'replica' || event.type === 'health'
      if (event.type !== 'lock') continue
      table.clear()
      context.note(oneLine(event.message))
    }
  } finally {
    stop()
  }
  if (begun) table.draw(progress, now())
  return conclude(context, progress, followed)
}

/** The end on the screen: findings with their places, last lines of what failed, then the summary. */
const conclude = (context: Context, progress: Progress, { verb, app, findings = [] }: Followed): number => {
  const result = resultOf(progress, context)
  if (context.signal.aborted) return result.exitCode
  context.diagnose(
    uniqueFindings([...mild(findings), ...progress.findings]).filter((finding) => finding.severity !== 'note'),
  )
  for (const { about, lines } of result.ok ? [] : progress.logs) {
    const rule = context.style.err.symbols.rule
    context.note([`last lines of ${about}:`, ...lines.map((line) => `  ${rule} ${line}`)].join('\n'))
  }
  const refused = !result.ok && result.summary.targets.every((target) => target.outcome === 'skipped')
  const style = result.ok ? context.style.out : context.style.err
  const text = renderOutcome(progress, result, { verb, app, style, now: context.world.now() }).join('\n')
  if (result.ok) context.print(text)
  else if (!refused) context.note(text)
  return result.exitCode
}

const mild = (findings: readonly Diagnostic[]): readonly Diagnostic[] =>
  findings.filter((finding) => finding.severity !== 'error')

/** A stream that ends without a result was cut off by us, or is a bug; a signal's status is the command's. */
const resultOf = ({ result }: Progress, context: Context): Result => {
  const exitCode = context.interruptedWith() ?? result?.exitCode ?? 1
  return { ok: exitCode === 0, exitCode, summary: result?.summary ?? { targets: [], leftBehind: [], next: [] } }
}
