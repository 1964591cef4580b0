// destroy: removes the application from its targets; volumes stay unless --volumes, and a second time is fine.
import type { Run } from '../call.ts'
import { followEvents } from '../follow.ts'
import { commonOf } from '../requests.ts'

export const run: Run = async ({ context, flags }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const request = {
    ...commonOf(context.options),
    volumes: flags.on('volumes'),
    clusters: flags.on('clusters'),
    allow: context.options.allow,
  }
  return followEvents(context, engine.destroy(subject, request, context.signal), { verb: 'destroy', app: subject.app })
}
