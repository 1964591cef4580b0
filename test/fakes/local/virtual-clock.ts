// A clock that stands still until it is told to move: timers fire in order, and everything that they set off has settled
// before the next one.
import type { DaemonClock } from '../../../providers/local/daemon/clock.ts'

export interface VirtualClock extends DaemonClock {
  /** Lets pending work settle, then moves on, timer by timer, until `done` holds; false when the time is up. */
  runUntil(done: () => boolean, limitMs: number): Promise<boolean>
  /** The same, for a span of time. */
  advance(ms: number): Promise<void>
}

export const createVirtualClock = (start = Date.UTC(2026, 0, 1)): VirtualClock => {
  let now = start
  let order = 0
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>()
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 12; i++) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  const next = (): [number, { readonly at: number; readonly run: () => void }] | undefined =>
    [...timers].sort(([a, x], [b, y]) => x.at - y.at || a - b)[0]
  const runUntil = async (done: () => boolean, limitMs: number): Promise<boolean> => {
    const end = now + limitMs
    for (;;) {
      await settle()
      if (done()) return true
      const first = next()
      if (first === undefined || first[1].at > end) {
        now = end
        return false
      }
      timers.delete(first[0])
      now = Math.max(now, first[1].at)
      first[1].run()
    }
  }
  return {
    now: () => now,
    at: (time, run) => {
      const id = order++
      timers.set(id, { at: time, run })
      return () => timers.delete(id)
    },
    runUntil,
    advance: async (ms) => {
      await runUntil(() => false, ms)
    },
  }
}
