// daemon run: the local control plane in the foreground, for process managers; ends on Ctrl-C and TERM, work stays up.
import type { Run } from '../call.ts'

export const run: Run = async ({ context }) => {
  const { runInForeground } = await import('../context/daemon.ts')
  return runInForeground(context.environment, context.signal)
}
