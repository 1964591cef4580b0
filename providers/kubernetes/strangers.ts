// What a namespace holds that is not ours: asked before it is removed. Every kind that the server has is looked at, but for
// Secrets, which are never listed: of them only the one is known that the target itself names.
import { type ApiKind, apiVersionOf, LISTED, POD, pathOf, SECRET } from './client/kinds.ts'
import { nameIn } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { isForbidden, isMissing } from './errors.ts'
import { isOurs } from './marks.ts'
import { listAt, type RawObject, textAt } from './raw.ts'
import { readSettings } from './settings.ts'
import { isGiven, withKind } from './view.ts'

/** 'ConfigMap theirs', in the order of their names. */
export const strangersIn = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<readonly string[]> => {
  const namespace = cluster.namespace(app)
  const kinds = await kindsOf(cluster, signal)
  const lists = await Promise.all(kinds.map((kind) => listStrangers(cluster, { kind, namespace, app }, signal)))
  const secret = readSettings(cluster.target).imagePullSecret
  const pull = secret === null ? null : await cluster.api.find(pathOf(SECRET, { namespace, name: secret }), signal)
  return [...lists.flat(), ...(pull === null || isOurs(pull, app) ? [] : [`Secret ${nameIn(pull)}`])].sort()
}

/** Those that an app is made of must be seen, all others may be forbidden. */
const kindsOf = async (cluster: Cluster, signal: AbortSignal): Promise<readonly ApiKind[]> => {
  const found = await Promise.all(['/api', '/apis'].map((root) => discovered(cluster, root, signal)))
  const kinds = new Map(found.flat().map((kind) => [`${kind.group}/${kind.plural}`, kind]))
  for (const kind of [POD, ...LISTED]) kinds.set(`${kind.group}/${kind.plural}`, kind)
  return [...kinds.entries()].filter(([key]) => !UNASKED.has(key)).map(([, kind]) => kind)
}

/** Written by the cluster about other objects, or no objects at all. */
const UNASKED: ReadonlySet<string> = new Set([
  '/secrets',
  '/events',
  'events.k8s.io/events',
  '/endpoints',
  'metrics.k8s.io/pods',
])

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'

const discovered = async (cluster: Cluster, path: string, signal: AbortSignal): Promise<readonly ApiKind[]> => {
  const outcome = await cluster.api.ask({ method: 'GET', path, accept: AGGREGATED }, signal)
  if (!outcome.ok) return []
  return listAt(outcome.body, 'items').flatMap((group) =>
    listAt(group, 'versions')
      .slice(0, 1)
      .flatMap((version) => listAt(version, 'resources').flatMap((resource) => kindIn(group, version, resource))),
  )
}

const kindIn = (group: RawObject, version: RawObject, resource: RawObject): readonly ApiKind[] => {
  const verbs: unknown = resource['verbs']
  const lists = Array.isArray(verbs) && verbs.includes('list')
  if (!lists || resource['scope'] !== 'Namespaced') return []
  return [
    {
      group: nameIn(group),
      version: textAt(version, 'version') ?? '',
      kind: textAt(resource, 'responseKind.kind') ?? '',
      plural: textAt(resource, 'resource') ?? '',
      namespaced: true,
      optional: true,
    },
  ]
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
