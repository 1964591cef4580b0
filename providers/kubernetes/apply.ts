// One step on one object by server-side apply under one field manager. What is not ours is never written over, fields of
// others are taken only where the plan has asked for it, and a repeated step changes nothing.
import { setTimeout as sleep } from 'node:timers/promises'
import { StormportError } from '../../core/errors.ts'
import type { NativeObject } from '../../core/model/native-object.ts'
import type { Action } from '../../core/model/plan.ts'
import { mapSecrets } from '../../core/model/secret-walk.ts'
import type { ApplyContext } from '../../core/ports.ts'
import { APPLY_PATCH, ensureNamespace, noteSecretGone, patchAppMap, untilGone } from './app-map.ts'
import type { Outcome } from './client/api.ts'
import { type ApiKind, kindOf, pathOf } from './client/kinds.ts'
import { annotationOf, isGoing, uidOf, versionOf } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { conflictsOf, type FieldConflict, foreignError, lostRace, ownedElsewhere, refusalError } from './errors.ts'
import { atCurrentCount, handOverReplicas, isOwnCount, removeAutoscalers, takesReplicasBack } from './hand-over.ts'
import { driftOf, managersOf } from './managed-fields.ts'
import { appliedBody, HASH, isOurs, marked } from './marks.ts'
import { MANAGER } from './names.ts'
import { prune } from './prune.ts'
import { asObject, type RawObject, textAt } from './raw.ts'
import { confirmSecrets } from './relied.ts'
import { withoutData } from './snapshot.ts'
import { SECRET_KEY } from './view.ts'

export interface Applied {
  readonly changed: boolean
}

export const applyAction = async (cluster: Cluster, action: Action, context: ApplyContext): Promise<Applied> => {
  if (action.kind === 'remove') return prune(cluster, action, context)
  if (action.object === null)
    throw new StormportError('Internal', `${action.kind} of ${action.id} brings no object`, { source: 'internal' })
  const step = stepOf(cluster, action, action.object)
  cluster.inPlay.applied(context.app, step.kind)
  const needing = { app: context.app, workload: asObject(action.object.body), what: step.what }
  await confirmSecrets(cluster, needing, context.signal)
  return step.object.kind === 'Secret' ? applySecret(cluster, step, context) : applyStep(cluster, step, context)
}

const applyStep = async (cluster: Cluster, step: Step, context: ApplyContext): Promise<Applied> => {
  const { action } = step
  if (action.kind === 'create' && action.live === null && (await makeNew(cluster, step, context)))
    return { changed: true }
  const live = await cluster.api.find(step.path, context.signal)
  return live === null ? create(cluster, step, context) : change(cluster, { ...step, live }, context)
}

/** What the map says of it is relied on, so that it must not say more than was done. */
const applySecret = async (cluster: Cluster, step: Step, context: ApplyContext): Promise<Applied> => {
  await countUp(cluster, step, context)
  try {
    return await applyStep(cluster, step, context)
  } catch (error) {
    const gone = { app: context.app, name: step.object.name }
    await noteSecretGone(cluster, gone, context.signal).catch(() => undefined)
    throw error
  }
}

export interface Step {
  readonly action: Action
  readonly object: NativeObject
  readonly kind: ApiKind
  readonly path: string
  /** 'Deployment web', for words. */
  readonly what: string
}

const stepOf = (cluster: Cluster, action: Action, object: NativeObject): Step => {
  const apiVersion = textAt(object.body, 'apiVersion') ?? ''
  const kind = kindOf(apiVersion, object.kind)
  if (kind === undefined)
    throw new StormportError('Internal', `${apiVersion} ${object.kind} has no place in the API`, { source: 'internal' })
  const namespace = textAt(object.body, 'metadata.namespace') ?? ''
  return {
    action,
    object,
    kind,
    path: pathOf(kind, { namespace, name: object.name }),
    what: `${object.kind} ${object.name} on ${cluster.target.name}`,
  }
}

/** Before the Secret is made, so that a crash in between leaves a name too many, never a Secret that nobody knows. */
const countUp = (cluster: Cluster, { object }: Step, { app, signal }: ApplyContext): Promise<void> =>
  patchAppMap(cluster, { app, data: { [`${SECRET_KEY}${object.name}`]: object.hash } }, signal)

/** What nobody has seen is sent without a look before, as new or not at all. False: something stands there. */
const makeNew = async (cluster: Cluster, step: Step, context: ApplyContext): Promise<boolean> => {
  const outcome = await ask(cluster, step, { signal: context.signal, body: bodyOf(step, context, ABSENT) })
  if (!outcome.ok && outcome.refusal.status !== 409) throw refusalError(outcome.refusal)
  if (outcome.ok && step.object.kind === 'Secret') cluster.made.set(step.path, withoutData(asObject(outcome.body)))
  return outcome.ok
}

/** No object has this version, so the server makes a new one or answers 409: a create in the words of an apply. */
const ABSENT = { resourceVersion: '1' }

const create = async (cluster: Cluster, step: Step, context: ApplyContext): Promise<Applied> => {
  await send(cluster, step, { context, live: null })
  return { changed: true }
}

type LiveStep = Step & { readonly live: RawObject }

const change = async (cluster: Cluster, step: LiveStep, context: ApplyContext): Promise<Applied> => {
  const { live, action, object } = step
  if (!isOurs(live, context.app)) refuseForeign(step)
  else if (isDone(step)) return { changed: false }
  if (isGoing(live)) return afterGoing(cluster, step, context)
  if (isAnother(action.live, live)) throw lostRace(step.what)
  if (action.kind === 'replace' && mustRecreate(object.kind, action)) return recreate(cluster, step, context)
  if (isOurs(live, context.app)) await passReplicas(cluster, step, context)
  const after = await send(cluster, step, { context, live })
  if (action.kind === 'replace') await restartPods(cluster, step, context)
  return { changed: versionOf(after) !== versionOf(live) || action.kind === 'replace' }
}

const isAnother = (seen: Action['live'], live: RawObject): boolean =>
  seen !== null && seen.owner === 'ours' && seen.assumed !== true && seen.uid !== uidOf(live)

/** To an autoscaler that comes, or back from one that goes. */
const passReplicas = async (cluster: Cluster, step: LiveStep, context: ApplyContext): Promise<void> => {
  const { live, object, path } = step
  if (!takesReplicasBack(live, object.body))
    return handOverReplicas(cluster, { path, live, body: object.body }, context)
  await send(cluster, { ...step, object: atCurrentCount(object, live) }, { context, live })
  await removeAutoscalers(cluster, { live, app: context.app }, context.signal)
}

/** Containers of others (namespaces) are used as they are: the differ never sends a change of one without consent. */
const refuseForeign = ({ live, what, action }: LiveStep): void => {
  if (action.live?.owner === 'foreign' && action.consent === 'override') return
  throw foreignError(what, managersOf(live))
}

const isDone = ({ live, object, action }: LiveStep): boolean =>
  action.kind !== 'replace' &&
  annotationOf(live, HASH) === object.hash &&
  !isGoing(live) &&
  driftOf(live, appliedBody(live)).length === 0

/** Asked for although nothing immutable differs: the pods are replaced in turn, the object stays. */
const mustRecreate = (kind: string, action: Action): boolean =>
  !RESTARTABLE.has(kind) || !/^replacement asked for/.test(action.because)

const RESTARTABLE: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet'])

const restartPods = async (cluster: Cluster, step: Step, { signal }: ApplyContext): Promise<void> => {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() }
  const body = { spec: { template: { metadata: { annotations } } } }
  const query = { fieldManager: `${MANAGER}-restart` }
  const contentType = 'application/merge-patch+json'
  await cluster.api.send({ method: 'PATCH', path: step.path, query, body, contentType }, signal)
}

/** It is on its way out, by us or by others: what follows is a new one. */
const afterGoing = async (cluster: Cluster, step: LiveStep, context: ApplyContext): Promise<Applied> => {
  await untilGone(cluster, step.path, context.signal)
  if (step.object.kind !== 'Namespace') await ensureNamespace(cluster, context.app, context.signal)
  return create(cluster, step, context)
}

/** Pods of a StatefulSet stay and are taken over by the new one; other pods end with their owner. */
const recreate = async (cluster: Cluster, step: LiveStep, context: ApplyContext): Promise<Applied> => {
  if (step.object.guard !== 'none')
    throw new StormportError('InvalidSpec', `${step.what} cannot be changed in that way, and it holds data`, {
      source: 'target',
      hint: 'give the volume another name in the file, and move the data',
    })
  const body = {
    preconditions: { uid: uidOf(step.live) },
    propagationPolicy: step.object.kind === 'StatefulSet' ? 'Orphan' : 'Background',
  }
  const gone = await cluster.api.ask({ method: 'DELETE', path: step.path, body }, context.signal)
  if (!gone.ok && gone.refusal.status === 409) throw lostRace(step.what)
  if (!gone.ok && gone.refusal.status !== 404) throw refusalError(gone.refusal)
  await untilAway(cluster, step, context)
  return create(cluster, step, context)
}

const AWAY_MS = 10_000
const POLL_MS = 50

const untilAway = async (cluster: Cluster, step: LiveStep, { signal }: ApplyContext): Promise<void> => {
  const deadlineMs = performance.now() + AWAY_MS
  for (;;) {
    const live = await cluster.api.find(step.path, signal)
    if (live === null || uidOf(live) !== uidOf(step.live)) return
    if (performance.now() > deadlineMs)
      throw new StormportError('Conflict', `${step.what} is being deleted and does not end`, {
        source: 'target',
        retry: 'later',
        hint: 'see its finalizers with kubectl',
      })
    await sleep(POLL_MS, undefined, { signal })
  }
}

interface Sending {
  readonly context: ApplyContext
  /** The object that is meant; null: a new one. */
  readonly live: RawObject | null
}

const send = async (cluster: Cluster, step: Step, { context, live }: Sending): Promise<RawObject> => {
  const body = bodyOf(step, context, live === null ? {} : { uid: uidOf(live) })
  const outcome = await ask(cluster, step, { signal: context.signal, body })
  if (outcome.ok) return asObject(outcome.body)
  if (outcome.refusal.status !== 409) throw refusalError(outcome.refusal)
  const conflicts = conflictsOf(outcome.refusal.body)
  if (conflicts.length === 0) throw lostRace(step.what)
  if (!mayTake(conflicts, { step, context, live })) throw ownedElsewhere(step.what, conflicts)
  for (const { manager, field } of conflicts) context.progress(`${step.what}: took ${field} from ${manager}`)
  const forced = await ask(cluster, step, { signal: context.signal, body, force: true })
  if (!forced.ok) throw refusalError(forced.refusal)
  return asObject(forced.body)
}

/** The plan has shown the owner and was consented to; a count that an autoscaler hands back is ours. */
const mayTake = (conflicts: readonly FieldConflict[], { step, context, live }: Sending & { step: Step }): boolean =>
  context.override === true ||
  step.action.consent === 'override' ||
  (step.action.live?.drift ?? []).some((d) => d.manager !== undefined) ||
  (live !== null && conflicts.every((conflict) => isOwnCount(conflict, { live, body: step.object.body })))

interface Asking {
  readonly body: RawObject
  readonly signal: AbortSignal
  readonly force?: boolean
}

const ask = (cluster: Cluster, { path }: Step, { body, signal, force }: Asking): Promise<Outcome> => {
  const query = { fieldManager: MANAGER, fieldValidation: 'Strict', ...(force === true ? { force: 'true' } : {}) }
  return cluster.api.ask({ method: 'PATCH', path, query, body, contentType: APPLY_PATCH }, signal)
}

/** `only`: what must hold of the object that stands there. */
const bodyOf = (
  { object }: Step,
  { release }: ApplyContext,
  only: { readonly uid?: string; readonly resourceVersion?: string },
): RawObject => {
  const body = marked(object, release)
  return revealed({ ...body, metadata: { ...asObject(body['metadata']), ...only } })
}

/** The only place where values leave their secrets: on the way to the target. */
const revealed = (body: RawObject): RawObject =>
  mapSecrets(body, (secret) => {
    const value = secret.reveal()
    if (value !== undefined) return value
    throw new StormportError('InvalidSpec', `the value of ${secret.name} is not known here`, {
      source: 'user',
      hint: 'deploy from the files that hold it',
    })
  })
