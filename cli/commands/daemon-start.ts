// daemon start: starts the local control plane where none runs; commands that need it do this by themselves.
import type { Run } from '../call.ts'
import { renderDaemon } from '../render/daemon.ts'

export const run: Run = async ({ context }) => {
  const daemon = await context.daemon()
  const connection = await daemon.ensure(context.signal)
  connection.close()
  const status = await daemon.status(context.signal)
  if (context.options.json) context.document(status)
  else context.print(renderDaemon(status, context.style.out, context.world.now()))
  return 0
}
