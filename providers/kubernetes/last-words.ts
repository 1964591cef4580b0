// What a deploy that has failed says for itself: the warnings about the service and the last lines of the replica that
// failed, read at the moment of the failure, before a rollback takes them away. A node that is being made is no failure.
import type { ObservedObject, StateDelta } from '../../core/model/replica.ts'
import type { TargetEvent } from '../../core/model/target-event.ts'
import { POD, pathOf } from './client/kinds.ts'
import { labelOf, nameIn } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { readEvents } from './events.ts'
import { SERVICE_LABEL } from './names.ts'
import { conditionOf, field, listAt, numberAt, type RawObject, textAt } from './raw.ts'
import { queryFor } from './snapshot.ts'

export interface Watched {
  readonly app: string
  readonly deltas: AsyncIterable<StateDelta>
}

/** A cluster that is slow to tell must not hold the failure back. */
const WORDS_MS = 4_000
const LINES = 10
const EVENTS = 5

export const withLastWords = async function* (
  cluster: Cluster,
  { app, deltas }: Watched,
  signal: AbortSignal,
): AsyncIterable<StateDelta> {
  const said = new Map<string, Words>()
  for await (const delta of deltas) {
    const failure = delta.kind === 'object' ? failureOf(delta.object) : null
    if (delta.kind !== 'object' || failure === null) {
      yield delta
      continue
    }
    const about = { app, service: failure.service }
    if (!said.has(failure.key)) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(WORDS_MS)])
      const [events, lines] = await Promise.all([eventsOf(cluster, about, until), lastLines(cluster, about, until)])
      said.set(failure.key, { lines, coming: comingNode(events) })
      yield* warningsOf(events)
    }
    yield { kind: 'object', object: withWords(delta.object, said.get(failure.key)) }
  }
}

interface Words {
  readonly lines: readonly string[]
  /** What the cluster says of a node that is being made for it. */
  readonly coming: string | null
}

const withWords = (object: ObservedObject, words: Words | undefined): ObservedObject => {
  const { readiness } = object
  if (readiness.reason === 'Unschedulable' && words !== undefined && words.coming !== null) {
    const message = `waits for a node that is being made: ${words.coming}`
    return { ...object, readiness: { state: 'progressing', reason: 'NodePending', message, retriable: true } }
  }
  return { ...object, readiness: { ...readiness, lastLogs: words?.lines ?? [] } }
}

/** By the cluster autoscaler; by Karpenter, and by the clouds' services that are made of it. */
const MAKES_A_NODE: ReadonlySet<string> = new Set(['TriggeredScaleUp', 'Nominated'])

const comingNode = (events: readonly TargetEvent[]): string | null =>
  events.findLast((e) => MAKES_A_NODE.has(e.reason))?.message ?? null

const failureOf = ({ id, hash, service, readiness }: ObservedObject): { key: string; service: string } | null =>
  service === undefined || readiness.state !== 'failed' || readiness.retriable
    ? null
    : { key: `${id} ${hash ?? ''} ${readiness.reason ?? ''}`, service }

interface About {
  readonly app: string
  readonly service: string
}

const eventsOf = async (
  cluster: Cluster,
  { app, service }: About,
  signal: AbortSignal,
): Promise<readonly TargetEvent[]> => {
  try {
    return await Array.fromAsync(
      readEvents(cluster, { app, services: [service], follow: false, sinceMs: null }, signal),
    )
  } catch {
    // Events only explain: the failure is told without them.
    return []
  }
}

const warningsOf = (events: readonly TargetEvent[]): readonly StateDelta[] =>
  events
    .filter((e) => e.severity === 'warning')
    .slice(-EVENTS)
    .map((e) => ({
      kind: 'event',
      service: e.service,
      code: 'SP-I4022',
      message: `${e.reason}: ${e.message}`,
      at: e.at,
    }))

const lastLines = async (
  cluster: Cluster,
  { app, service }: About,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  try {
    const path = pathOf(POD, { namespace: cluster.namespace(app) })
    const { items } = await cluster.api.list(path, queryFor(POD, app), signal)
    const pod = failing(items.filter((item) => labelOf(item, SERVICE_LABEL) === service))
    return pod === undefined ? [] : await linesOf(cluster, { app, pod }, signal)
  } catch {
    // A container that has never run has no log.
    return []
  }
}

/** The one that has ended most often; none that is ready. */
const failing = (pods: readonly RawObject[]): RawObject | undefined =>
  pods
    .filter((pod) => conditionOf(pod, 'Ready')?.status !== 'True')
    .sort((a, b) => restarts(b) - restarts(a))
    .at(0)

const restarts = (pod: RawObject): number => numberAt(statusOf(pod), 'restartCount') ?? 0

const statusOf = (pod: RawObject): RawObject | undefined =>
  listAt(pod, 'status.containerStatuses').find((status) => status['name'] === containerOf(pod))

const containerOf = (pod: RawObject): string | null => textAt(listAt(pod, 'spec.containers')[0], 'name')

const linesOf = async (
  cluster: Cluster,
  { app, pod }: { readonly app: string; readonly pod: RawObject },
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const path = pathOf(POD, { namespace: cluster.namespace(app), name: nameIn(pod), sub: 'log' })
  const read = async (previous: boolean): Promise<readonly string[]> => {
    const query = {
      container: containerOf(pod) ?? undefined,
      tailLines: String(LINES),
      previous: previous ? 'true' : undefined,
    }
    const lines: string[] = []
    for await (const line of await cluster.api.lines({ method: 'GET', path, query }, signal)) lines.push(line)
    return lines
  }
  const now = await read(false).catch(() => [])
  // A run that has just begun has nothing to say of the one that failed.
  const isNew = field(statusOf(pod), 'state.running') !== undefined && restarts(pod) > 0
  return now.length > 0 && !isNew ? now : await read(true).catch(() => now)
}
