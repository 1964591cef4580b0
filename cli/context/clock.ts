// The Clock port on the system's time.
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../core/ports.ts'

export const createClock = (): Clock => ({
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, { signal }),
})
