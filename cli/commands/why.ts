// why: one replica explained: what it does, since when and for which reason, who refuses it, its last events and lines, and
// what to run next.
import type { WhyReport } from '../../core/engine/api.ts'
import type { Run } from '../call.ts'
import type { Context } from '../context.ts'
import { oneLine } from '../render/plain-text.ts'
import { replicaName } from '../render/status.ts'
import { age } from '../render/time.ts'

export const run: Run = async ({ context, args: [name = ''] }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const why = await engine.why(subject, { name, targets: context.options.targets }, context.signal)
  if (context.options.json) context.document(why)
  else context.print(whyText(why, context).join('\n'))
  return 0
}

const whyText = (why: WhyReport, { style: { out: style }, world }: Context): readonly string[] => {
  const bullet = (text: string): string => `  ${style.symbols.rule} ${text}`
  return [
    headline(why, { bold: style.bold, now: world.now() }),
    ...(why.restarts > 0 ? [`restarted ${why.restarts} times`] : []),
    ...section(
      'refused:',
      why.refusals.map((r) => bullet(`${placeOf(r)}: ${oneLine(r.reason)} ${style.symbols.arrow} ${r.fix}`)),
    ),
    ...section(
      'events:',
      why.events.map((e) => bullet(`${e.at} ${e.reason}: ${oneLine(e.message)}${times(e.count)}`)),
    ),
    ...section(
      'last lines:',
      why.lastLogs.map((line) => bullet(oneLine(line))),
    ),
    ...(why.next.length === 0 ? [] : [`${style.bold('Next:')} ${why.next.join(', or ')}`]),
  ]
}

const headline = (
  why: WhyReport,
  { bold, now }: { readonly bold: (text: string) => string; readonly now: number },
): string => {
  const name = why.replica === null ? why.service : replicaName({ ...why, id: why.replica })
  const place = why.target === null ? '' : ` on ${why.target}${why.node === null ? '' : `/${why.node}`}`
  const since = why.since === null ? '' : ` for ${age(why.since, now)}`
  return `${bold(name)}${place}: ${why.phase}${since}${why.reason === null ? '' : `: ${oneLine(why.reason)}`}`
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [title, ...lines]

const placeOf = ({ target, node }: WhyReport['refusals'][number]): string =>
  node === null ? target : `${target}/${node}`

const times = (count: number): string => (count > 1 ? ` (${count} times)` : '')
