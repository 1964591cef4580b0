// apps: every application on the targets of this fleet.
import type { Run } from '../call.ts'
import { oneLine } from '../render/plain-text.ts'
import { renderTable } from '../render/table.ts'
import { noteSilent } from '../silent.ts'

export const run: Run = async ({ context }) => {
  const fleet = await context.fleet()
  const engine = await context.engine()
  const report = await engine.apps(fleet, context.signal)
  if (context.options.json) context.document(report)
  else if (report.apps.length === 0) context.print('no applications')
  else
    context.print(
      renderTable(
        ['APP', 'TARGETS', 'ORIGIN'],
        report.apps.map((app) => [app.name, app.targets.join(', '), oneLine(app.origin)]),
        context.style.out,
      ),
    )
  noteSilent(context, report)
  return 0
}
