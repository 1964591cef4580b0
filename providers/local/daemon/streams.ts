// What the daemon answers with many items: changes of an app, merged logs, and commands inside a replica.
import type { Readable } from 'node:stream'
import { Writable } from 'node:stream'
import { StormportError } from '../../../core/errors.ts'
import { canonicalJson } from '../../../core/model/canonical.ts'
import type { Diagnostic } from '../../../core/model/diagnostic.ts'
import type { LogLine, StateDelta, TargetState } from '../../../core/model/replica.ts'
import type { ExecItem, ExecParams, LogsParams, Streams, TargetRef } from '../protocol.ts'
import type { ControlPlane } from './control-plane.ts'
import { mergeLogs } from './logs.ts'
import { type Alloc, isReady } from './model.ts'
import { observeApp } from './observe.ts'
import type { AppKey } from './store.ts'

export const watchApp = async function* (
  params: { readonly target: TargetRef; readonly app: string },
  plane: ControlPlane,
  signal: AbortSignal,
): AsyncIterable<StateDelta> {
  const key = { target: params.target.name, app: params.app }
  const target = await plane.targets.open(params.target, signal)
  const changes = changesOf(key, plane, signal)
  let before = snapshot(observeApp(key, target, plane.kit))
  yield* deltas(new Map(), before)
  yield { kind: 'synced' }
  while (await changes()) {
    const after = snapshot(observeApp(key, target, plane.kit))
    yield* deltas(before, after)
    before = after
  }
}

/** Waits for the next change of the app, any number of them as one; false when the watch is over. */
const changesOf = (key: AppKey, plane: ControlPlane, signal: AbortSignal): (() => Promise<boolean>) => {
  let pending = false
  let wake: (() => void) | null = null
  const poke = (): void => {
    pending = true
    wake?.()
  }
  const unlisten = plane.ledger.onChange((changed) => {
    if (changed.target === key.target && changed.app === key.app) poke()
  })
  signal.addEventListener('abort', () => {
    unlisten()
    poke()
  })
  return async () => {
    if (!pending) await new Promise<void>((resolve) => (wake = resolve))
    wake = null
    // Changes come in bursts: let the burst end.
    await new Promise<void>((resolve) => setImmediate(resolve))
    pending = false
    return !signal.aborted
  }
}

type Snapshot = ReadonlyMap<
  string,
  { readonly text: string; readonly delta: StateDelta; readonly gone: StateDelta | null }
>

const snapshot = (state: TargetState): Snapshot => {
  const rows: (readonly [string, StateDelta, StateDelta | null])[] = [
    ...state.objects.map(
      (object) => [`object ${object.id}`, { kind: 'object', object }, { kind: 'objectGone', id: object.id }] as const,
    ),
    ...state.replicas.map(
      (replica) =>
        [
          `replica ${replica.id}`,
          { kind: 'replica', replica },
          { kind: 'replicaGone', id: replica.id, service: replica.service },
        ] as const,
    ),
    ...state.services.map((status) => [`service ${status.service}`, { kind: 'service', status }, null] as const),
    ...state.diagnostics.map((d) => [`remark ${d.code} ${d.service}`, remark(d, state.observedAt), null] as const),
  ]
  return new Map(
    rows.map(([key, delta, gone]) => [
      key,
      { text: canonicalJson(delta.kind === 'event' ? { ...delta, at: '' } : delta), delta, gone },
    ]),
  )
}

/** Told once: its time is left out of the comparison. */
const remark = (d: Diagnostic, at: string): StateDelta => ({
  kind: 'event',
  service: d.service ?? null,
  code: d.code,
  message: d.message,
  at,
})

const deltas = (before: Snapshot, after: Snapshot): readonly StateDelta[] => [
  ...[...before].flatMap(([key, { gone }]) => (after.has(key) || gone === null ? [] : [gone])),
  ...[...after].flatMap(([key, { text, delta }]) => (before.get(key)?.text === text ? [] : [delta])),
]

export const streamLogs = async function* (
  params: LogsParams,
  plane: ControlPlane,
  signal: AbortSignal,
): AsyncIterable<LogLine> {
  await plane.targets.open(params.target, signal)
  yield* mergeLogs(params, plane, signal)
}

export interface Typed {
  readonly stdin: Readable
}

export const execIn = async function* (
  params: ExecParams,
  plane: ControlPlane,
  { stdin, signal }: { readonly stdin: Readable; readonly signal: AbortSignal },
): AsyncIterable<ExecItem> {
  await plane.targets.open(params.target, signal)
  const alloc = runningReplica(params, plane)
  const node = plane.nodes.node(alloc.target, alloc.node)
  if (node === undefined) throw gone(params)
  const queue = outputQueue()
  const run = node.engine.driver
    .exec(
      alloc.id,
      params.argv,
      { stdin, stdout: queue.sink('stdout'), stderr: queue.sink('stderr'), tty: params.tty },
      signal,
    )
    .then((exitCode) => queue.end({ exitCode }))
    .catch((error: unknown) => queue.fail(error))
  yield* queue.items()
  await run
}

const runningReplica = (params: ExecParams, plane: ControlPlane): Alloc => {
  const all = plane.ledger
    .allocs()
    .filter((a) => a.target === params.target.name && a.app === params.app && a.state === 'running')
  const named = all.filter(
    (a) => a.id === params.replica || `${a.service}.${a.slot}` === params.replica || a.service === params.replica,
  )
  const chosen = named.find(isReady) ?? named[0]
  if (chosen === undefined) throw gone(params)
  return chosen
}

const gone = (params: ExecParams): StormportError =>
  new StormportError('NotFound', `no running replica ${params.replica} of ${params.app}`, {
    diagnostic: 'SP4025',
    source: 'user',
    target: params.target.name,
    hint: 'stormport ps',
  })

interface OutputQueue {
  sink(stream: 'stdout' | 'stderr'): Writable
  end(item: ExecItem): void
  fail(error: unknown): void
  items(): AsyncIterable<ExecItem>
}

/** What the command writes waits here until the client has taken it: the command is slowed down, memory is not filled. */
const outputQueue = (): OutputQueue => {
  const waiting: { readonly item: ExecItem; readonly taken: () => void }[] = []
  let wake: (() => void) | null = null
  let over: { readonly error?: unknown } | null = null
  const put = (item: ExecItem, taken: () => void): void => {
    waiting.push({ item, taken })
    wake?.()
  }
  return {
    sink: (stream) =>
      new Writable({
        write: (chunk: Buffer, _encoding, done) => put({ stream, data: chunk.toString('base64') }, () => done()),
      }),
    end: (item) => {
      over = {}
      put(item, () => undefined)
    },
    fail: (error) => {
      over = { error }
      wake?.()
    },
    items: async function* () {
      for (;;) {
        const next = waiting.shift()
        if (next !== undefined) {
          yield next.item
          next.taken()
        } else if (over !== null) {
          if ('error' in over) throw over.error
          return
        } else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

export type StreamParams = { readonly [S in keyof Streams]: Streams[S]['params'] }
