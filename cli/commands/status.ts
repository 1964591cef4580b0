// status: what is live where. Exit 0, unless --check asks whether that is as it should be.
import type { StatusReport } from '../../core/engine/api.ts'
import type { Call, Run } from '../call.ts'
import { renderStatus } from '../render/status.ts'
import { watchStatus } from './status-watch.ts'

export const run: Run = async (call) => {
  const { context, flags } = call
  const subject = await context.subject()
  const engine = await context.engine()
  const read = (): Promise<StatusReport> => engine.status(subject, context.options.targets, context.signal)
  const report = flags.on('watch') ? await watchStatus(call, read) : await read()
  if (!flags.on('watch')) show(call, report)
  return flags.on('check') ? checkedExit(report) : 0
}

const show = ({ context }: Call, report: StatusReport): void => {
  if (context.options.json) context.document(report)
  else context.print(renderStatus(report, context.style.out, context.world.now()))
}

/** 7 when a target is dark or owed, 6 when anything is not healthy. */
const checkedExit = (report: StatusReport): number => {
  if (report.targets.some((target) => !target.reachable || target.owed)) return 7
  return report.state === 'healthy' ? 0 : 6
}
