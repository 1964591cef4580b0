// target create and target destroy: the same request of the engine, one way and the other.
import type { Engine } from '../core/engine/api.ts'
import type { Run } from './call.ts'
import { followEvents } from './follow.ts'
import { commonOf } from './requests.ts'
import { refuseUnknownTargets } from './subject.ts'

type Change = Engine['createTargets']

export const targetRun =
  (verb: string, change: (engine: Engine) => Change): Run =>
  async ({ context, args }) => {
    const fleet = await context.fleet()
    refuseUnknownTargets(args, fleet.targets)
    const engine = await context.engine()
    const request = { ...commonOf(context.options), targets: args, allow: context.options.allow }
    return followEvents(context, change(engine)(fleet, request, context.signal), { verb, app: args.join(', ') })
  }
