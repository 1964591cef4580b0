// Time of the stand-in: moved by the test, or a step further with each request, so that nobody waits nine minutes for a
// cluster and the order of things stays that of the service.
export interface FakeClock {
  now(): number
  advance(ms: number): void
}

export const createFakeClock = (startMs: number): FakeClock => {
  let now = startMs
  return {
    now: () => now,
    advance: (ms) => {
      now += ms
    },
  }
}
