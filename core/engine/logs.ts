// Merges the logs of several targets, and finds the replica that a command names.
import { StormportError } from '../errors.ts'
import type { LogLine, Replica } from '../model/replica.ts'
import type { ExecIo } from '../ports.ts'
import type { EngineDeps, LogsRequest } from './api.ts'
import { createChannel } from './channel.ts'
import { type Asked, lookAt } from './status.ts'

/** Followed lines come as they arrive; without follow they are sorted by time over all targets. */
export async function* logsOf(
  asked: Asked,
  request: LogsRequest,
  deps: EngineDeps,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const observed = (await lookAt(asked, deps, signal)).filter((o) => o.state.reachable)
  const query = {
    app: asked.subject.app,
    services: request.services,
    replicas: request.replicas,
    follow: request.follow,
    sinceMs: request.sinceMs,
    tail: request.tail,
  }
  const streams = observed.map((o) => o.provider.logs(o.target, query, signal))
  if (request.follow) return yield* merged(streams)
  const lists = await Promise.allSettled(streams.map((s) => Array.fromAsync(s)))
  const lines = lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []))
  yield* lines.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  throwFirst(lists)
}

/** A target that fails keeps nobody from the lines of the others. */
const throwFirst = (ended: readonly PromiseSettledResult<unknown>[]): void => {
  for (const end of ended) if (end.status === 'rejected') throw end.reason
}

const merged = (streams: readonly AsyncIterable<LogLine>[]): AsyncIterable<LogLine> => {
  const channel = createChannel<LogLine>()
  const pump = async (stream: AsyncIterable<LogLine>): Promise<void> => {
    for await (const line of stream) channel.push(line)
  }
  Promise.allSettled(streams.map(pump)).then(throwFirst).then(channel.end, channel.fail)
  return channel.items
}

export interface ExecRequest {
  readonly name: string
  readonly target: string | null
  readonly argv: readonly string[]
  readonly io: ExecIo
}

export const execIn = async (
  asked: Asked,
  request: ExecRequest,
  deps: EngineDeps,
  signal: AbortSignal,
): Promise<number> => {
  const observed = await lookAt(
    { ...asked, targets: request.target === null ? asked.targets : [request.target] },
    deps,
    signal,
  )
  const found = observed.flatMap((o) =>
    o.state.replicas.filter((r) => names(r, request.name)).map((replica) => ({ o, replica })),
  )
  const best =
    found.find((f) => f.replica.ready) ??
    found.find((f) => f.replica.phase === 'running' || f.replica.phase === 'unhealthy')
  if (best === undefined)
    throw notRunning(
      asked.subject.app,
      request.name,
      found.map((f) => f.replica),
    )
  return best.o.provider.exec(best.o.target, asked.subject.app, best.replica, request.argv, request.io, signal)
}

/** 'web', 'web.2' or a replica id. */
const names = (replica: Replica, name: string): boolean =>
  replica.service === name || `${replica.service}.${replica.slot}` === name || replica.id === name

const notRunning = (app: string, name: string, seen: readonly Replica[]): StormportError =>
  new StormportError(
    'NotFound',
    seen.length === 0 ? `${app} has no replica ${name}` : `${name} is ${seen[0]?.phase ?? 'not running'}`,
    { diagnostic: 'SP3223', source: 'user', hint: `stormport ps -p ${app}` },
  )
