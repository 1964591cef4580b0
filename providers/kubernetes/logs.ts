// Log lines of an app's replicas, merged as they come. While following, new pods join, and a broken stream goes on after
// the last line that was told.
import { setTimeout as sleep } from 'node:timers/promises'
import { isStormportError } from '../../core/errors.ts'
import type { LogLine } from '../../core/model/replica.ts'
import type { LogQuery } from '../../core/ports.ts'
import { POD, pathOf } from './client/kinds.ts'
import { labelOf, nameIn, uidOf } from './client/metadata.ts'
import { watchKind } from './client/watch.ts'
import type { Cluster } from './cluster.ts'
import { isMissing } from './errors.ts'
import { createLineQueue, type LineQueue } from './line-queue.ts'
import { SERVICE_LABEL } from './names.ts'
import { listAt, numberAt, type RawObject, textAt } from './raw.ts'
import { queryFor } from './snapshot.ts'

export const readLogs = async function* (
  cluster: Cluster,
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterable<LogLine> {
  if (query.tail === 0 && !query.follow) return
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const queue = createLineQueue()
  const work = query.follow ? followAll(cluster, { query, queue }, until) : readAll(cluster, { query, queue }, until)
  work.then(queue.end, queue.fail)
  try {
    yield* queue.lines(until)
  } finally {
    over.abort()
    await work.catch(() => undefined)
  }
}

interface Reading {
  readonly query: LogQuery
  readonly queue: LineQueue
}

const readAll = async (cluster: Cluster, reading: Reading, signal: AbortSignal): Promise<void> => {
  const path = pathOf(POD, { namespace: cluster.namespace(reading.query.app) })
  const { items } = await cluster.api.list(path, queryFor(POD, reading.query.app), signal)
  const pods = items.filter((pod) => isAsked(pod, reading.query) && hasStarted(pod))
  await Promise.all(pods.map((pod) => readPod(cluster, { ...reading, pod, sinceTime: null }, signal)))
}

const followAll = async (cluster: Cluster, reading: Reading, signal: AbortSignal): Promise<void> => {
  const path = pathOf(POD, { namespace: cluster.namespace(reading.query.app) })
  const following = new Map<string, Promise<void>>()
  // A pod that appears while we follow is told from its first line.
  let joined = false
  for await (const note of watchKind(cluster.api, { path, query: queryFor(POD, reading.query.app) }, signal)) {
    const pods = note.kind === 'list' ? note.items : note.kind === 'put' ? [note.object] : []
    for (const pod of pods) {
      // Each run of the container is one stream.
      const key = `${uidOf(pod)}/${restartsOf(pod)}`
      if (!isAsked(pod, reading.query) || !hasStarted(pod) || following.has(key)) continue
      const query = joined ? { ...reading.query, tail: null, sinceMs: null } : reading.query
      following.set(
        key,
        followPod(cluster, { ...reading, query, pod, sinceTime: null }, signal).catch(reading.queue.fail),
      )
    }
    if (note.kind === 'list') joined = true
  }
  await Promise.allSettled(following.values())
}

const isAsked = (pod: RawObject, query: LogQuery): boolean => {
  const service = labelOf(pod, SERVICE_LABEL) ?? ''
  return (
    (query.services.length === 0 || query.services.includes(service)) &&
    (query.replicas.length === 0 || query.replicas.includes(nameIn(pod)))
  )
}

const mainStatus = (pod: RawObject): RawObject | undefined => {
  const name = textAt(listAt(pod, 'spec.containers')[0], 'name')
  return listAt(pod, 'status.containerStatuses').find((status) => status['name'] === name)
}

const hasStarted = (pod: RawObject): boolean => {
  const status = mainStatus(pod)
  return ['state.running.startedAt', 'state.terminated.exitCode', 'lastState.terminated.exitCode'].some(
    (path) => textAt(status, path) !== null || numberAt(status, path) !== null,
  )
}

const restartsOf = (pod: RawObject): number => numberAt(mainStatus(pod), 'restartCount') ?? 0

interface PodReading extends Reading {
  readonly pod: RawObject
  /** Goes on after this line. */
  readonly sinceTime: string | null
}

const RETRY_MS = 1_000

const followPod = async (cluster: Cluster, reading: PodReading, signal: AbortSignal): Promise<void> => {
  let sinceTime = reading.sinceTime
  while (!signal.aborted) {
    try {
      await readPod(cluster, { ...reading, sinceTime }, signal, (at) => {
        sinceTime = at
      })
      return
    } catch (error) {
      if (signal.aborted || isMissing(error)) return
      if (!isStormportError(error) || error.details.retry !== 'later') throw error
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

const readPod = async (
  cluster: Cluster,
  { query, queue, pod, sinceTime }: PodReading,
  signal: AbortSignal,
  told: (at: string) => void = () => {},
): Promise<void> => {
  const path = pathOf(POD, { namespace: cluster.namespace(query.app), name: nameIn(pod), sub: 'log' })
  const lines = await cluster.api.lines({ method: 'GET', path, query: parameters(query, { pod, sinceTime }) }, signal)
  for await (const line of lines) {
    const [at, text] = split(line)
    // sinceTime counts whole seconds: what was told before comes once more.
    if (at === null || (sinceTime !== null && at <= sinceTime)) continue
    told(at)
    queue.push({
      at,
      target: cluster.target.name,
      service: labelOf(pod, SERVICE_LABEL) ?? '',
      replica: nameIn(pod),
      slot: null,
      stream: 'stdout',
      text,
    })
  }
}

const parameters = (
  query: LogQuery,
  { pod, sinceTime }: { readonly pod: RawObject; readonly sinceTime: string | null },
): Readonly<Record<string, string | undefined>> => ({
  container: textAt(listAt(pod, 'spec.containers')[0], 'name') ?? undefined,
  timestamps: 'true',
  follow: query.follow ? 'true' : undefined,
  tailLines: query.tail === null || sinceTime !== null ? undefined : String(query.tail),
  sinceTime: sinceTime ?? (query.sinceMs === null ? undefined : new Date(query.sinceMs).toISOString()),
})

const split = (line: string): readonly [string | null, string] => {
  const space = line.indexOf(' ')
  const at = space < 0 ? line : line.slice(0, space)
  if (!/^\d{4}-\d\d-\d\dT/.test(at)) return [null, line]
  return [at, space < 0 ? '' : line.slice(space + 1).replace(/\r$/, '')]
}
