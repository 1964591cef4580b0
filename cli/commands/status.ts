// status: what is live where. Exit 0, unless --check asks whether that is as it should be.
import type { StatusReport } from '../../core/engine/api.ts'
import type { Run } from '../call.ts'
import { renderStatus } from '../render/status.ts'

export const run: Run = async ({ context, flags }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const report = await engine.status(subject, context.options.targets, context.signal)
  if (context.options.json) context.document(report)
  else context.print(renderStatus(report, context.style.out, context.world.now()))
  return flags.on('check') ? checkedExit(report) : 0
}

/** 7 when a target is dark or owed, 6 when anything is not healthy. */
const checkedExit = (report: StatusReport): number => {
  if (report.targets.some((target) => !target.reachable || target.owed)) return 7
  return report.state === 'healthy' ? 0 : 6
}
