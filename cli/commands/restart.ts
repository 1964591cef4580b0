// restart: replaces the replicas of services as an update would, with the same spec.
import type { Run } from '../call.ts'
import { followEvents } from '../follow.ts'
import { commonOf } from '../requests.ts'

export const run: Run = async ({ context, args, flags }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const request = { ...commonOf(context.options), services: args, wait: !flags.off('wait') }
  return followEvents(context, engine.restart(subject, request, context.signal), { verb: 'restart', app: subject.app })
}
