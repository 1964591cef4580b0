// Provider over the daemon's protocol. Reading an untouched machine starts nothing: where no daemon runs and no app has
// left state, the answer is empty.
import { isStormportError, StormportError } from '../../core/errors.ts'
import type { Target } from '../../core/model/fleet.ts'
import type { Action } from '../../core/model/plan.ts'
import type { Release } from '../../core/model/release.ts'
import { reviveSecrets } from '../../core/model/release-json.ts'
import type { StateDelta, TargetState } from '../../core/model/replica.ts'
import { collectSecrets } from '../../core/model/secret-walk.ts'
import type { ApplyContext, ExecIo, Lease, LeaseHolder, Provider, Records } from '../../core/ports.ts'
import { createLocalClient, type LocalClient } from './client.ts'
import type { ControlOptions } from './control.ts'
import { readAppsAtRest } from './daemon/store-at-rest.ts'
import { emptyState } from './empty-state.ts'
import { runExec } from './exec-client.ts'
import { assumedFacts, LOCAL_CAPABILITIES } from './facts.ts'
import { localPaths } from './paths.ts'
import type { ApplyParams } from './protocol.ts'
import { refusals } from './refusals.ts'
import { createRender } from './render.ts'
import { replaces } from './replaces.ts'
import { targetRef } from './target-ref.ts'
import { verdicts } from './verdicts.ts'

export type LocalProviderOptions = ControlOptions

const NEVER = new AbortController().signal

export const createLocalProvider = (options: LocalProviderOptions): Provider => {
  const client = createLocalClient(options)
  const paths = localPaths(options.home)
  const ref = (target: Target) => targetRef(target, options.env)
  return {
    kind: 'local',
    capabilities: LOCAL_CAPABILITIES,
    assumedFacts,
    refusals,
    verdicts,
    render: createRender(),
    replaces,
    check: (target, signal) => client.call('check', { target: ref(target) }, signal),
    observe: async (target, app, signal) => {
      const at = ref(target)
      if (await client.idle(signal)) return emptyState(at, paths, signal)
      return revivedState(await client.call('observe', { target: at, app }, signal))
    },
    capacity: (target, signal) => client.call('capacity', { target: ref(target) }, signal),
    offerings: async () => [],
    apply: (target, action, context) => client.call('apply', applyParams(ref(target), action, context), context.signal),
    watch: (target, app, signal) => watchThrough(client, { target: ref(target), app }, signal),
    logs: async function* (target, query, signal) {
      if (await client.idle(signal)) return
      const stream = await client.stream('logs', { target: ref(target), ...query }, signal)
      yield* stream.items
    },
    events: async function* (target, query, signal) {
      if (await client.idle(signal)) return
      const stream = await client.stream('events', { target: ref(target), ...query }, signal)
      yield* stream.items
    },
    exec: async (target, app, replica, argv, io: ExecIo, signal) => {
      const open = await client.stream(
        'exec',
        { target: ref(target), app, replica: replica.id, argv, tty: io.tty },
        signal,
      )
      return runExec(open, io)
    },
    metrics: async (target, app, signal) =>
      (await client.idle(signal)) ? [] : client.call('metrics', { target: ref(target), app }, signal),
    records: (target, app) => recordsOf(client, ref(target), app),
    apps: async (_target, signal) => {
      const connection = await client.running(signal)
      return connection === null ? readAppsAtRest(paths) : connection.call('apps', null, signal)
    },
    lease: (target, name, holder, ttlMs) => takeLease(client, { target: ref(target), name, holder, ttlMs }),
    close: client.close,
  }
}

/** A daemon that dies is started again by the next request: the watch goes on and tells the present state anew. */
const watchThrough = async function* (
  client: LocalClient,
  at: { readonly target: Where; readonly app: string },
  signal: AbortSignal,
): AsyncGenerator<StateDelta> {
  for (let losses = 0; ; losses++) {
    try {
      const stream = await client.stream('watch', at, signal)
      for await (const delta of stream.items) yield revivedDelta(delta)
      return
    } catch (error) {
      const isLost = isStormportError(error) && error.code === 'Unreachable'
      if (!isLost || losses >= MAX_LOSSES || signal.aborted) throw error
    }
  }
}

const MAX_LOSSES = 5

const revivedDelta = (delta: StateDelta): StateDelta =>
  delta.kind === 'object' ? { ...delta, object: { ...delta.object, body: reviveSecrets(delta.object.body) } } : delta

const revivedState = (state: TargetState): TargetState => ({
  ...state,
  objects: state.objects.map((object) => ({ ...object, body: reviveSecrets(object.body) })),
})

const applyParams = (target: ApplyParams['target'], action: Action, context: ApplyContext): ApplyParams => {
  const base = { target, app: context.app, release: context.release, rollback: context.rollback ?? false }
  if (action.kind === 'remove') return { ...base, action: { kind: 'remove', id: action.id }, values: {} }
  if (action.object === null)
    throw new StormportError('Internal', `${action.kind} of ${action.id} brings no object`, { source: 'internal' })
  const values = collectSecrets(action.object.body).flatMap((secret) => {
    const value = secret.reveal()
    return value === undefined ? [] : [[secret.ref, value] as const]
  })
  return { ...base, action: { kind: 'put', object: action.object }, values: Object.fromEntries(values) }
}

type Where = ApplyParams['target']

const recordsOf = (client: LocalClient, target: Where, app: string): Records => {
  const at = { target, app }
  const unlessIdle = async <T>(idle: T, ask: () => Promise<T>): Promise<T> =>
    (await client.idle(NEVER)) ? idle : ask()
  return {
    head: () => unlessIdle(null, () => client.call('head', at, NEVER)),
    read: (number) =>
      unlessIdle(null, async () => {
        const found = await client.call('readRelease', { ...at, number }, NEVER)
        // The writer of this store is writeRelease alone, which takes a Release.
        return found === null ? null : (reviveSecrets(found) as Release)
      }),
    write: async (release) => {
      await client.call('writeRelease', { ...at, number: release.number, release }, NEVER)
    },
    setHead: async (head, expectedVersion) => {
      await client.call('setHead', { ...at, head, expectedVersion }, NEVER)
    },
    remove: () =>
      unlessIdle(undefined, async () => {
        await client.call('removeRecords', at, NEVER)
      }),
    history: () => unlessIdle([], () => client.call('history', at, NEVER)),
    appendHistory: async (entry) => {
      await client.call('appendHistory', { ...at, entry }, NEVER)
    },
    secretKey: (create) =>
      create
        ? client.call('secretKey', { ...at, create }, NEVER)
        : unlessIdle(null, () => client.call('secretKey', { ...at, create }, NEVER)),
  }
}

const takeLease = async (
  client: LocalClient,
  params: { readonly target: Where; readonly name: string; readonly holder: LeaseHolder; readonly ttlMs: number },
): Promise<Lease> => {
  const { token } = await client.call('acquireLease', params, NEVER)
  const held = { target: params.target, name: params.name, token }
  return {
    renew: async () => {
      await client.call('renewLease', held, NEVER)
    },
    release: async () => {
      await client.call('releaseLease', held, NEVER)
    },
  }
}
