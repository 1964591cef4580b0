// scale: changes counts by hand; the file wins at the next deploy.
import type { Run } from '../call.ts'
import { followEvents } from '../follow.ts'
import { commonOf, countsOf } from '../requests.ts'

export const run: Run = async ({ context, args, flags }) => {
  const counts = countsOf(args)
  const subject = await context.subject()
  const engine = await context.engine()
  const request = { ...commonOf(context.options), counts, wait: !flags.off('wait') }
  return followEvents(context, engine.scale(subject, request, context.signal), { verb: 'scale', app: subject.app })
}
