// Logs of an app's replicas as one stream: what is there in the order of time, then, when following, what comes, with
// replicas that appear later joining in.
import type { LogLine } from '../../../core/model/replica.ts'
import type { LogsParams } from '../protocol.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Alloc } from './model.ts'

export const mergeLogs = async function* (
  params: LogsParams,
  plane: ControlPlane,
  signal: AbortSignal,
): AsyncIterable<LogLine> {
  const over = new AbortController()
  const inner = AbortSignal.any([signal, over.signal])
  const queue: LogLine[] = []
  const joined = new Set<string>()
  let running = 0
  let wake: (() => void) | null = null
  const poke = (): void => {
    wake?.()
    wake = null
  }
  const join = (alloc: Alloc, tail: number | null): void => {
    joined.add(alloc.id)
    running++
    void readInto(queue, { alloc, params, plane, tail, poke }, inner).finally(() => {
      running--
      poke()
    })
  }
  const joinAll = (tail: number | null): void => {
    for (const alloc of chosen(params, plane)) if (!joined.has(alloc.id) && hasRun(alloc)) join(alloc, tail)
  }
  const unlisten = plane.ledger.onChange((key) => {
    if (params.follow && key.target === params.target.name && key.app === params.app) joinAll(null)
  })
  signal.addEventListener('abort', poke)
  try {
    joinAll(params.tail)
    if (!params.follow) {
      while (running > 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
      yield* queue.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
      return
    }
    while (!signal.aborted) {
      // Lines of several replicas that arrived together are put in order.
      const batch = queue.splice(0).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
      yield* batch
      if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    unlisten()
    signal.removeEventListener('abort', poke)
    over.abort()
  }
}

const hasRun = ({ state }: Alloc): boolean => state !== 'new' && state !== 'created'

const chosen = (params: LogsParams, plane: ControlPlane): readonly Alloc[] =>
  plane.ledger
    .allocs()
    .filter((a) => a.target === params.target.name && a.app === params.app)
    .filter((a) => params.services.length === 0 || params.services.includes(a.service))
    .filter(
      (a) =>
        params.replicas.length === 0 ||
        params.replicas.includes(a.id) ||
        params.replicas.includes(`${a.service}.${a.slot}`),
    )

interface Reading {
  readonly alloc: Alloc
  readonly params: LogsParams
  readonly plane: ControlPlane
  readonly tail: number | null
  readonly poke: () => void
}

const MAX_WAITING_LINES = 10_000

const readInto = async (
  queue: LogLine[],
  { alloc, params, plane, tail, poke }: Reading,
  signal: AbortSignal,
): Promise<void> => {
  const driver = plane.nodes.node(alloc.target, alloc.node)?.engine.driver
  if (driver === undefined) return
  try {
    for await (const line of driver.logs(alloc.id, { follow: params.follow, sinceMs: params.sinceMs, tail }, signal)) {
      queue.push({
        at: line.at,
        target: alloc.target,
        service: alloc.service,
        replica: alloc.id,
        slot: alloc.slot,
        stream: line.stream,
        text: line.text,
      })
      poke()
      // A reader that is slower than the application slows this reading down, never the application.
      while (params.follow && queue.length > MAX_WAITING_LINES && !signal.aborted)
        await new Promise<void>((resolve) => setImmediate(resolve))
    }
  } catch (error) {
    if (!signal.aborted) plane.kit.log(`logs of ${alloc.name}: ${error instanceof Error ? error.message : 'fault'}`)
  }
}
