// Waits until a target is as wanted: every object ready at the wanted hash, everything surplus gone. Ends early when an
// object has failed for good, and says which and why.
import type { ObservedObject, Replica, StateDelta } from '../model/replica.ts'
import type { EngineDeps } from './api.ts'
import type { Observed } from './observe.ts'
import type { Say } from './say.ts'

export interface SettleInput {
  readonly app: string
  /** Object id → hash that it must have. */
  readonly want: ReadonlyMap<string, string>
  readonly gone: ReadonlySet<string>
  readonly deadlineMs: number
}

export type Settled =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'failed'
      readonly service: string
      /** The target's one word for it: 'ImageNotFound', 'OutOfMemory', … */
      readonly cause: string | null
      readonly reason: string
      readonly logs: readonly string[]
    }
  | {
      readonly kind: 'late'
      readonly waiting: readonly string[]
      readonly unhealthy: boolean
      readonly reason: string
      readonly logs: readonly string[]
    }

interface View {
  readonly objects: Map<string, ObservedObject>
  readonly replicas: Map<string, Replica>
}

export const settle = async (
  o: Observed,
  input: SettleInput,
  deps: EngineDeps,
  context: { readonly say: Say; readonly signal: AbortSignal },
): Promise<Settled> => {
  const over = new AbortController()
  const view: View = { objects: new Map(), replicas: new Map() }
  const worthAsking = watchful(input)
  const remainingMs = Math.max(0, input.deadlineMs - deps.clock.now())
  const late = deps.clock.sleep(remainingMs, AbortSignal.any([context.signal, over.signal])).then(
    () => over.abort(),
    () => undefined,
  )
  try {
    for await (const delta of o.provider.watch(o.target, input.app, AbortSignal.any([context.signal, over.signal]))) {
      take(view, delta)
      tell(delta, o.target.name, context.say)
      const verdict = worthAsking(delta) ? judge(view, input) : null
      if (verdict !== null) return verdict
    }
  } catch (error) {
    context.signal.throwIfAborted()
    if (!over.signal.aborted) throw error
  } finally {
    over.abort()
    await late
  }
  context.signal.throwIfAborted()
  return lateVerdict(view, input)
}

/**
 * Judging looks at everything, and thousands of deltas come: it is asked when one of them can have changed the answer. Never
 * before the whole present state is told, for half of it would show as gone what is only not told yet.
 */
export const watchful = ({ want }: Pick<SettleInput, 'want'>): ((delta: StateDelta) => boolean) => {
  const open = new Set(want.keys())
  let synced = false
  return (delta) => {
    synced ||= delta.kind === 'synced'
    if (delta.kind === 'objectGone' && want.has(delta.id)) open.add(delta.id)
    if (delta.kind === 'synced') return true
    if (delta.kind !== 'object') return synced && open.size === 0
    const { object } = delta
    const hash = want.get(object.id)
    if (hash !== undefined && isWanted(object, hash)) open.delete(object.id)
    else if (hash !== undefined) open.add(object.id)
    return synced && (open.size === 0 || (hash !== undefined && hasFailed(object, hash)))
  }
}

const isWanted = (object: ObservedObject, hash: string): boolean =>
  object.hash === hash && object.readiness.state === 'ready'

/**
 * Is it already so, by what this command has just seen and not touched since? Said as a watch would say it; null: it has to
 * be watched.
 */
export const settledAsSeen = (o: Observed, input: Pick<SettleInput, 'want' | 'gone'>, say: Say): Settled | null => {
  const { objects, replicas, services } = o.state
  const verdict = judge({ objects: new Map(objects.map((object) => [object.id, object])) }, input)
  if (verdict?.kind !== 'ready') return null
  for (const replica of replicas) tell({ kind: 'replica', replica }, o.target.name, say)
  for (const status of services) tell({ kind: 'service', status }, o.target.name, say)
  return verdict
}

const take = (view: View, delta: StateDelta): void => {
  switch (delta.kind) {
    case 'object':
      view.objects.set(delta.object.id, delta.object)
      return
    case 'objectGone':
      view.objects.delete(delta.id)
      return
    case 'replica':
      view.replicas.set(delta.replica.id, delta.replica)
      return
    case 'replicaGone':
      view.replicas.delete(delta.id)
      return
    case 'service':
    case 'event':
    case 'synced':
      return
    default:
      delta satisfies never
  }
}

/** Pure: is it done, has it failed, or null for not yet. */
export const judge = (
  view: { readonly objects: ReadonlyMap<string, ObservedObject> },
  input: Pick<SettleInput, 'want' | 'gone'>,
): Settled | null => {
  const wanted = [...input.want].map(([id, hash]) => ({ object: view.objects.get(id), hash }))
  for (const { object, hash } of wanted) {
    if (object && hasFailed(object, hash))
      return {
        kind: 'failed',
        service: object.service ?? object.name,
        cause: object.readiness.failedReason ?? object.readiness.reason ?? null,
        reason: reasonOf(object),
        logs: object.readiness.lastLogs ?? [],
      }
  }
  const ready = wanted.every(({ object, hash }) => object !== undefined && isWanted(object, hash))
  // What we gave up to somebody else is gone too.
  const cleared = [...input.gone].every((id) => view.objects.get(id)?.owner !== 'ours')
  return ready && cleared ? { kind: 'ready' } : null
}

/** A controller that took the failed spec back by itself shows the old hash, ready again, and says which one failed. */
const hasFailed = (object: ObservedObject, hash: string): boolean => {
  const { state, retriable, reason, failedHash } = object.readiness
  if (failedHash !== undefined) return failedHash === hash
  return state === 'failed' && !retriable && (object.hash === hash || reason === 'RolledBack')
}

const reasonOf = (object: ObservedObject): string => object.readiness.message ?? object.readiness.reason ?? 'it failed'

/** Pure: what is still waited for when the time is over, and whether something is wrong with it. */
export const lateVerdict = (view: View, input: Pick<SettleInput, 'want' | 'gone'>): Settled => {
  const unready = [...input.want].filter(([id, hash]) => {
    const object = view.objects.get(id)
    return object === undefined || object.hash !== hash || object.readiness.state !== 'ready'
  })
  const waiting = [...unready.map(([id]) => id), ...[...input.gone].filter((id) => view.objects.has(id))]
  const first = waiting.map((id) => view.objects.get(id)).find((object) => object !== undefined)
  const troubled = [...view.replicas.values()].some(
    (r) => r.phase === 'failed' || r.phase === 'unhealthy' || r.restarts > 0,
  )
  return {
    kind: 'late',
    waiting,
    unhealthy: troubled || unready.some(([id]) => view.objects.get(id)?.readiness.state === 'failed'),
    reason: first ? reasonOf(first) : 'not all objects are there yet',
    logs: first?.readiness.lastLogs ?? [],
  }
}

const tell = (delta: StateDelta, target: string, say: Say): void => {
  if (delta.kind === 'replica') {
    const r = delta.replica
    say(
      'replica',
      'SP-I4020',
      `${r.service}${r.slot === null ? '' : `.${r.slot}`} ${r.phase}${r.reason === null ? '' : `: ${r.reason}`}`,
      { target, service: r.service, data: r },
    )
  }
  if (delta.kind === 'service')
    say('health', 'SP-I4021', `${delta.status.service} ${delta.status.ready}/${delta.status.desired} ready`, {
      target,
      service: delta.status.service,
      data: delta.status,
    })
  if (delta.kind === 'event')
    say('health', delta.code, delta.message, { target, ...(delta.service === null ? {} : { service: delta.service }) })
}
