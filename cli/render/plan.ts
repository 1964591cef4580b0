// A plan on the screen: what changes on each target with its reason, what does not fit, which doors open, what is lost
// with a target. The words come from core/plan; here are columns and colours.

import type { PlanReport } from '../../core/plan/types.ts'
import { describePlan, type PlanGroup, type PlanRow, type PlanWords } from '../../core/plan/words.ts'
import { oneLine } from './plain-text.ts'
import type { Style } from './style.ts'
import { seenWidth, wrap } from './table.ts'

export interface PlanView {
  readonly app: string
  readonly baseRelease: number | null
  /** That the deploy would make, or go on with. */
  readonly release: number
  readonly style: Style
  /** Every field of every change. */
  readonly full: boolean
}

export const renderPlan = (report: PlanReport, view: PlanView): string => {
  const words = describePlan(report)
  const lines = [
    headline(report, view),
    ...words.groups.flatMap((group) => groupLines(group, view)),
    ...unplaceableLines(words, view.style),
    ...section('exposed:', words.exposed, view.style),
    ...section('if a target is lost:', words.ifLost, view.style),
    view.style.bold(words.footer),
    ...consentLines(report),
  ]
  return lines.map((line) => line.trimEnd()).join('\n')
}

const headline = (report: PlanReport, { app, baseRelease, release, style }: PlanView): string => {
  const releases =
    report.changes.length === 0
      ? `release ${baseRelease ?? 'none'}`
      : baseRelease === null
        ? `first release`
        : baseRelease === release
          ? `release ${release} goes on`
          : `release ${baseRelease} ${style.symbols.arrow} ${release}`
  return `${style.bold(oneLine(app))} ${style.symbols.dot} ${releases}`
}

const groupLines = (group: PlanGroup, { style, full }: PlanView): readonly string[] => {
  const width = Math.max(...group.rows.map((row) => seenWidth(`${row.kind} ${row.name}`)))
  const heading = group.scope === 'target' ? `${group.target} (clusters, pools and networks)` : group.target
  return [
    style.bold(oneLine(heading)),
    ...group.rows.flatMap((row) => [
      ...rowLines(row, width, style),
      ...(full ? row.fields.map((field) => `      ${style.dim(oneLine(field))}`) : []),
    ]),
  ]
}

const rowLines = (row: PlanRow, width: number, style: Style): readonly string[] => {
  const what = oneLine(`${row.kind} ${row.name}`)
  const before = `  ${sign(row, style)} ${what.padEnd(width)}  ${row.action.padEnd(7)}  `
  const room = style.width === null ? Number.POSITIVE_INFINITY : Math.max(30, style.width - seenWidth(before))
  const [first = '', ...rest] = wrap(oneLine(row.because), room)
  return [before + first, ...rest.map((line) => ' '.repeat(seenWidth(before)) + line)]
}

const sign = ({ sign: mark }: PlanRow, style: Style): string => {
  if (mark === '+') return style.green(style.symbols.create)
  if (mark === '-') return style.red(style.symbols.remove)
  return style.yellow(mark === '±' ? style.symbols.replace : mark)
}

const unplaceableLines = ({ unplaceable }: PlanWords, style: Style): readonly string[] =>
  unplaceable.flatMap(({ text, reasons, hint }) => [
    `${style.red(style.symbols.warn)} ${oneLine(text)}`,
    ...reasons.map((reason) => `    ${oneLine(reason)}`),
    ...(hint === '' ? [] : [`    ${style.bold('help:')} ${oneLine(hint)}`]),
  ])

const section = (title: string, items: readonly string[], style: Style): readonly string[] =>
  items.length === 0 ? [] : [style.bold(title), ...items.map((item) => `  ${oneLine(item)}`)]

const consentLines = ({ summary }: PlanReport): readonly string[] => {
  const needed = summary.consent.filter((consent) => consent !== 'none')
  return needed.length === 0 ? [] : [`Asks for: ${needed.join(', ')}`]
}
