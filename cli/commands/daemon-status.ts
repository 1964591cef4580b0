// daemon status: whether this user's local control plane runs. Never starts one; exit 0 either way.
import type { Run } from '../call.ts'
import { renderDaemon } from '../render/daemon.ts'

export const run: Run = async ({ context }) => {
  const daemon = await context.daemon()
  const status = await daemon.status(context.signal)
  if (context.options.json) context.document(status)
  else context.print(renderDaemon(status, context.style.out, context.world.now()))
  return 0
}
