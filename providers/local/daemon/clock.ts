// Time as the daemon uses it: handed in, so that the reconciler can be driven by a clock of the test's own.

export interface DaemonClock {
  /** Epoch milliseconds. */
  now(): number
  /** Runs once at that time (at once when it has passed); returns the way to call it off. */
  at(time: number, run: () => void): () => void
}

/** Node cuts longer timers down to one millisecond. */
const LONGEST_MS = 2_000_000_000

export const systemClock: DaemonClock = {
  now: () => Date.now(),
  at: (time, run) => {
    let timer: NodeJS.Timeout
    const arm = (): void => {
      const left = time - Date.now()
      timer = left > LONGEST_MS ? setTimeout(arm, LONGEST_MS) : setTimeout(run, Math.max(0, left))
    }
    arm()
    return () => clearTimeout(timer)
  },
}

/** A pause that ends early, without error, when the signal does. */
export const pause = (clock: DaemonClock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const over = (): void => {
      cancel()
      signal.removeEventListener('abort', over)
      resolve()
    }
    const cancel = clock.at(clock.now() + ms, over)
    signal.addEventListener('abort', over, { once: true })
  })
