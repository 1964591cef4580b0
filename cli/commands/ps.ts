// ps: every replica, where it is and how it does.
import type { Run } from '../call.ts'
import { renderReplicas } from '../render/status.ts'
import { noteSilent } from '../silent.ts'

export const run: Run = async ({ context, args }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const report = await engine.replicas(subject, context.options.targets, context.signal)
  const replicas =
    args.length === 0 ? report.replicas : report.replicas.filter((replica) => args.includes(replica.service))
  if (context.options.json) context.document({ ...report, replicas })
  else context.print(renderReplicas({ replicas }, context.style.out, context.world.now()))
  noteSilent(context, report)
  return 0
}
