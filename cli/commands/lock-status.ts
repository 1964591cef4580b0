// lock status: who holds the application's lock on each target.
import type { LockState } from '../../core/engine/api.ts'
import type { Run } from '../call.ts'
import { oneLine } from '../render/plain-text.ts'
import { renderTable } from '../render/table.ts'

export const run: Run = async ({ context }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const report = await engine.locks(subject, context.options.targets, context.signal)
  if (context.options.json) context.document(report)
  else context.print(renderTable(['TARGET', 'LOCK', 'HOLDER'], report.locks.map(lockRow), context.style.out))
  return 0
}

const lockRow = (lock: LockState): readonly string[] => [
  lock.target,
  lock.held === null ? 'unknown' : lock.held ? 'held' : 'free',
  oneLine(lock.because ?? ''),
]
