// Ctrl-C and TERM: the first one stops waiting and leaves work as it is, the second one ends at once.
import { StormportError } from '../core/errors.ts'
import type { StopSignal, World } from './world.ts'

export interface Interruption {
  readonly signal: AbortSignal
  /** 130 or 143 once a signal has come, else null. */
  exitCode(): number | null
  stop(): void
}

const EXIT: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 }

/** `leavesWork`: something goes on elsewhere, and the user is told so. */
export const watchInterruption = (world: World, leavesWork: boolean): Interruption => {
  const controller = new AbortController()
  let exitCode: number | null = null
  const stop = world.onSignal((signal) => {
    if (exitCode !== null) {
      world.exitNow(EXIT[signal])
      return
    }
    exitCode = EXIT[signal]
    if (leavesWork)
      world.stderr.write(
        '\nstopped waiting; what is under way goes on on its targets. stormport status shows it. Again: end at once\n',
      )
    controller.abort(new StormportError('Aborted', 'interrupted', { source: 'user' }))
  })
  return { signal: controller.signal, exitCode: () => exitCode, stop }
}
