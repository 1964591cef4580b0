// target destroy: takes down what we made under targets; refused while an application has a release there.
import type { Run } from '../call.ts'
import { followEvents } from '../follow.ts'
import { commonOf } from '../requests.ts'
import { refuseUnknownTargets } from '../subject.ts'

export const run: Run = async ({ context, args }) => {
  const fleet = await context.fleet()
  refuseUnknownTargets(args, fleet.targets)
  const engine = await context.engine()
  const request = { ...commonOf(context.options), targets: args, allow: context.options.allow }
  const app = args.join(', ')
  return followEvents(context, engine.destroyTargets(fleet, request, context.signal), { verb: 'target destroy', app })
}
