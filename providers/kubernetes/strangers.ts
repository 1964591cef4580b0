// What a namespace holds that is not ours: asked before it is removed. What may not be read is taken for somebody's; Secrets
// are never listed, so of them only the one is known that the target itself names.
import { type ApiKind, apiVersionOf, LISTED, POD, pathOf, SECRET } from './client/kinds.ts'
import { nameIn } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { isForbidden, isMissing } from './errors.ts'
import { isOurs } from './marks.ts'
import { listAt } from './raw.ts'
import { readSettings } from './settings.ts'
import { isGiven, withKind } from './view.ts'

/** 'ConfigMap theirs', in the order of their names. */
export const strangersIn = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<readonly string[]> => {
  const namespace = cluster.namespace(app)
  const lists = await Promise.all(
    [POD, ...LISTED].map((kind) => listStrangers(cluster, { kind, namespace, app }, signal)),
  )
  const secret = readSettings(cluster.target).imagePullSecret
  const pull = secret === null ? null : await cluster.api.find(pathOf(SECRET, { namespace, name: secret }), signal)
  return [...lists.flat(), ...(pull === null || isOurs(pull, app) ? [] : [`Secret ${nameIn(pull)}`])].sort()
}

interface Listing {
  readonly kind: ApiKind
  readonly namespace: string
  readonly app: string
}

const listStrangers = async (
  cluster: Cluster,
  { kind, namespace, app }: Listing,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  try {
    const { items } = await cluster.api.list(pathOf(kind, { namespace }), {}, signal)
    return items
      .map((item) => withKind(item, { apiVersion: apiVersionOf(kind), kind: kind.kind }))
      .filter((item) => !isOurs(item, app) && !isGiven(item) && listAt(item, 'metadata.ownerReferences').length === 0)
      .map((item) => `${kind.kind} ${nameIn(item)}`)
  } catch (error) {
    if (isMissing(error) || (kind.optional === true && isForbidden(error))) return []
    if (isForbidden(error)) return [`${kind.plural} that we may not read`]
    throw error
  }
}
