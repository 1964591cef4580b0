// history: who did what, when, and how it ended.
import type { Run } from '../call.ts'
import { oneLine } from '../render/plain-text.ts'
import { renderTable } from '../render/table.ts'
import { noteSilent } from '../silent.ts'

export const run: Run = async ({ context }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const report = await engine.history(subject, context.options.targets, context.signal)
  if (context.options.json) {
    context.document(report)
    return 0
  }
  const rows = report.entries.map((entry) => [
    entry.at,
    entry.action,
    entry.release === null ? '-' : String(entry.release),
    entry.targets.join(', '),
    entry.by,
    entry.result,
    oneLine(entry.message ?? entry.because ?? ''),
  ])
  context.print(
    rows.length === 0
      ? `nothing is known of ${subject.app}`
      : renderTable(['TIME', 'ACTION', 'RELEASE', 'TARGETS', 'BY', 'RESULT', 'MESSAGE'], rows, context.style.out),
  )
  noteSilent(context, report)
  return 0
}
