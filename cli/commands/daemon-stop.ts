// daemon stop: returns when it is gone. What it runs and its published ports stay up, unless --all.
import type { Run } from '../call.ts'

export const run: Run = async ({ context, flags }) => {
  const daemon = await context.daemon()
  const all = flags.on('all')
  const stopped = await daemon.stop({ all }, context.signal)
  if (context.options.json) context.document({ stopped, all })
  else
    context.print(
      stopped
        ? `the local daemon has stopped; ${all ? 'so has everything that it ran' : 'what it ran stays up'}`
        : 'the local daemon was not running',
    )
  return 0
}
