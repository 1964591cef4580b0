// lock release: frees the lock of a holder that is gone. One that still works is never robbed: that would be two deploys
// at once; it is named, so that it can be ended first.
import { StormportError } from '../../core/errors.ts'
import type { Run } from '../call.ts'

export const run: Run = async ({ context }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const report = await engine.locks(subject, context.options.targets, context.signal)
  const held = report.locks.find((lock) => lock.held !== false)
  if (held !== undefined) {
    throw new StormportError(
      held.reachable ? 'Locked' : 'Unreachable',
      `${subject.app} on ${held.target}: ${held.because ?? 'the lock is held'}`,
      {
        diagnostic: held.reachable ? 'SP3101' : 'SP3001',
        source: 'target',
        target: held.target,
        hint: held.reachable ? 'end that command first; its lock then ends within 15 s' : 'stormport target check',
      },
    )
  }
  if (context.options.json) context.document(report)
  else context.print(`${subject.app}: no lock is held`)
  return 0
}
