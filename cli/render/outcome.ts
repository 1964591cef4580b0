// The end of a change in words: what is live where, what failed and why, and the next command. The same facts as the
// result line of --json.
import type { Result, TargetOutcome } from '../../core/model/event.ts'
import { oneLine } from './plain-text.ts'
import type { Progress } from './progress-model.ts'
import type { Style } from './style.ts'
import { took } from './time.ts'

export interface OutcomeView {
  readonly verb: string
  readonly app: string
  readonly style: Style
  readonly now: number
}

export const renderOutcome = (progress: Progress, result: Result, view: OutcomeView): readonly string[] => [
  ...headline(result, progress, view),
  ...result.summary.targets.flatMap((target) => targetLines(target, result, view.style)),
  ...(result.ok ? endpointLines(progress, result, view.style) : []),
  ...result.summary.leftBehind.map((item) => `  left behind: ${oneLine(item)}`),
  ...(result.summary.next.length > 0
    ? [`${view.style.bold('Next:')} ${result.summary.next.map(oneLine).join(', or ')}`]
    : []),
]

const GOOD: readonly TargetOutcome['outcome'][] = ['done', 'unchanged']

const headline = (result: Result, progress: Progress, { verb, app, style, now }: OutcomeView): readonly string[] => {
  const { targets } = result.summary
  const good = targets.filter((target) => GOOD.includes(target.outcome))
  const time = took(now - progress.startedMs)
  if (!result.ok)
    return [
      `${style.red(style.symbols.failed)} ${verb} of ${app} did not succeed${good.length > 0 ? `; good on ${good.length} of ${targets.length} targets` : ''} ${style.dim(`(${time})`)}`,
    ]
  const done = style.green(style.symbols.done)
  if (verb === 'destroy' && targets.length === 0)
    return [`${done} ${app} is not deployed, so there is nothing to remove`]
  if (verb === 'destroy') return [`${done} ${app} is gone ${style.dim(`(${time})`)}`]
  if (verb === 'target create')
    return [`${done} ${app} ${targets.length === 1 ? 'stands' : 'stand'} ${style.dim(`(${time})`)}`]
  if (verb === 'target destroy') return [`${done} nothing of ours is left under ${app} ${style.dim(`(${time})`)}`]
  const release = targets.map((target) => target.release).find((number) => number !== null)
  const where = good.map((target) => target.name).join(', ')
  const unchanged = targets.length > 0 && targets.every((target) => target.outcome === 'unchanged')
  const what = release === undefined ? app : `${app} release ${release}`
  return [
    unchanged
      ? `${done} nothing to change: ${what} is live on ${where}`
      : `${done} ${what} is live${where === '' ? '' : ` on ${where}`} ${style.dim(`(${time})`)}`,
  ]
}

/** Targets that are as wanted need no line of their own. */
const targetLines = (target: TargetOutcome, result: Result, style: Style): readonly string[] => {
  if (GOOD.includes(target.outcome) && result.ok) return []
  const release = target.release === null ? '' : `, release ${target.release}`
  const sign = GOOD.includes(target.outcome) ? style.green(style.symbols.done) : style.red(style.symbols.failed)
  return [
    `  ${sign} ${target.name}: ${OUTCOMES[target.outcome]}${release}${target.reason === null ? '' : `: ${oneLine(target.reason)}`}`,
  ]
}

const OUTCOMES: Readonly<Record<TargetOutcome['outcome'], string>> = {
  done: 'done',
  unchanged: 'unchanged',
  failed: 'failed',
  rolledBack: 'rolled back',
  owed: 'owed',
  skipped: 'not touched',
  unreachable: 'not reachable',
}

/** Of several targets each door says where it is. */
const endpointLines = (progress: Progress, { summary }: Result, style: Style): readonly string[] => {
  const rows = progress.rows.filter((row) => row.endpoints.length > 0)
  const width = Math.max(0, ...rows.map((row) => row.service.length))
  const where = (target: string): string =>
    summary.targets.length > 1 ? `  ${style.dim(`on ${oneLine(target)}`)}` : ''
  return rows.flatMap((row) =>
    row.endpoints.map((endpoint) => `  ${row.service.padEnd(width)}  ${oneLine(endpoint)}${where(row.target)}`),
  )
}
