// Removing one object: exactly the one that was seen (by uid), and only if it is still ours. What is not there is removed.
// A namespace takes all that is in it along, so it goes only when nothing of others is.
import type { Action } from '../../core/model/plan.ts'
import type { ApplyContext } from '../../core/ports.ts'
import { patchAppMap } from './app-map.ts'
import { kindOfId, NAMESPACE, pathOf } from './client/kinds.ts'
import { isGoing, uidOf } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { foreignError, refusalError } from './errors.ts'
import { managersOf } from './managed-fields.ts'
import { isOurs } from './marks.ts'
import { commonLabels, MANAGER } from './names.ts'
import { strangersIn } from './strangers.ts'
import { SECRET_KEY } from './view.ts'

export const prune = async (
  cluster: Cluster,
  action: Action,
  context: ApplyContext,
): Promise<{ readonly changed: boolean }> => {
  const { app, signal } = context
  const kind = kindOfId(action.id)
  if (kind === undefined) return { changed: false }
  const path = pathOf(kind, { namespace: cluster.namespace(app), name: action.name })
  const live = await cluster.api.find(path, signal)
  const uid = live === null ? null : uidOf(live)
  // Another object under the same name is not the one that the plan removes.
  const meant = live !== null && (action.live === null || action.live.assumed === true || action.live.uid === uid)
  if (live !== null && meant && !isOurs(live, app))
    throw foreignError(`${action.objectKind} ${action.name}`, managersOf(live))
  if (
    live !== null &&
    meant &&
    kind === NAMESPACE &&
    !isGoing(live) &&
    (await givesUp(cluster, { path, action }, context))
  )
    return { changed: true }
  const changed =
    live !== null && meant && !isGoing(live) && (await remove(cluster, { path, uid: uidOf(live) }, signal))
  if (action.objectKind === 'Secret')
    await patchAppMap(cluster, { app, data: { [`${SECRET_KEY}${action.name}`]: null } }, signal)
  return { changed }
}

const NAMED = 5

/** A namespace that somebody else has come to use is theirs from now on: our marks go, it stays. */
const givesUp = async (
  cluster: Cluster,
  { path, action }: { readonly path: string; readonly action: Action },
  { app, signal, progress }: ApplyContext,
): Promise<boolean> => {
  const held = await strangersIn(cluster, app, signal)
  if (held.length === 0) return false
  const more = held.length > NAMED ? ` and ${held.length - NAMED} more` : ''
  progress(`namespace ${action.name} stays: it holds ${held.slice(0, NAMED).join(', ')}${more}`)
  const labels = Object.fromEntries(Object.keys(commonLabels({ app, service: null })).map((key) => [key, null]))
  const body = { metadata: { labels } }
  const contentType = 'application/merge-patch+json'
  await cluster.api.send({ method: 'PATCH', path, query: { fieldManager: MANAGER }, body, contentType }, signal)
  return true
}

const remove = async (
  cluster: Cluster,
  { path, uid }: { readonly path: string; readonly uid: string },
  signal: AbortSignal,
): Promise<boolean> => {
  const body = { preconditions: { uid }, propagationPolicy: 'Background' }
  const outcome = await cluster.api.ask({ method: 'DELETE', path, body }, signal)
  if (outcome.ok) return true
  if (outcome.refusal.status === 404 || outcome.refusal.status === 409) return false
  throw refusalError(outcome.refusal)
}
