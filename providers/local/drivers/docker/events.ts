// What happens to our containers, as the engine tells it. A lost connection is made again, from a second before the last
// event seen, so an event may come twice but is not missed while the engine remembers it (256); the daemon lists besides.
import { setTimeout as sleep } from 'node:timers/promises'
import type { DriverEvent } from '../../daemon/driver.ts'
import type { EngineEvent } from './api.ts'
import type { EngineClient } from './client.ts'
import { jsonLinesOf } from './frames.ts'
import { ALLOC, OWNER } from './labels.ts'

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 2_000
/** Without the exec_* actions: each health check would make three. */
const ACTIONS = ['start', 'die', 'oom', 'destroy']

export async function* eventsOf(client: EngineClient, owner: string, signal: AbortSignal): AsyncGenerator<DriverEvent> {
  let sinceSeconds = Date.now() / 1000
  let down = false
  let retryMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    try {
      const filters = JSON.stringify({ type: ['container'], event: ACTIONS, label: [`${OWNER}=${owner}`] })
      const query = { since: (sinceSeconds - 1).toFixed(9), filters }
      const stream = await client.bytes({ method: 'GET', path: '/events', query, operation: 'watch events' }, signal)
      if (down) yield engine('engineUp')
      down = false
      retryMs = FIRST_RETRY_MS
      for await (const event of jsonLinesOf<EngineEvent>(stream)) {
        sinceSeconds = event.timeNano / 1e9
        yield* driverEvent(event)
      }
    } catch {
      // Whatever it was, the answer is the same: say so once and try again.
    }
    if (signal.aborted) return
    if (!down) yield engine('engineDown')
    down = true
    await sleep(retryMs, undefined, { signal }).catch(() => {})
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
  }
}

const engine = (kind: 'engineUp' | 'engineDown'): DriverEvent => ({
  kind,
  id: null,
  exitCode: null,
  at: new Date().toISOString(),
})

const KINDS: Readonly<Record<string, DriverEvent['kind']>> = {
  start: 'started',
  die: 'exited',
  oom: 'oom',
  destroy: 'removed',
}

/** Only Type, Action and Actor: the older fields are gone from API 1.52 on. */
const driverEvent = function* (event: EngineEvent): Generator<DriverEvent> {
  const kind = KINDS[event.Action]
  const attributes = event.Actor.Attributes ?? {}
  const id = attributes[ALLOC]
  if (kind === undefined || id === undefined) return
  const exitCode = kind === 'exited' ? Number(attributes['exitCode'] ?? Number.NaN) : Number.NaN
  yield {
    kind,
    id,
    exitCode: Number.isNaN(exitCode) ? null : exitCode,
    at: new Date(event.timeNano / 1e6).toISOString(),
  }
}
