// `target check`: can we reach it, who are we, what may we do there. Every missing permission is named at once, by asking
// the cluster itself.
import { isStormportError } from '../../core/errors.ts'
import type { Check } from '../../core/ports.ts'
import { type ApiKind, CONFIG_MAP, EVENT, LEASE, LISTED, POD, REPLICA_SET, SECRET } from './client/kinds.ts'
import type { Cluster } from './cluster.ts'
import { minorOf } from './facts.ts'
import { field, textAt } from './raw.ts'

const OLDEST_MINOR = 34

export const checkCluster = async (cluster: Cluster, signal: AbortSignal): Promise<readonly Check[]> => {
  const reached = await reach(cluster, signal)
  if (!reached.check.ok) return [reached.check]
  const [deploying, capacity] = await Promise.all([
    permissions(cluster, DEPLOYING, signal),
    permissions(cluster, CAPACITY, signal),
  ])
  return [
    reached.check,
    versionCheck(reached.version),
    permissionCheck('deploy', deploying, 'grant the Role that `stormport render --rbac` prints'),
    permissionCheck(
      'capacity',
      capacity,
      'grant the ClusterRole that `stormport render --rbac` prints, or place without capacity',
    ),
  ]
}

const reach = async (
  cluster: Cluster,
  signal: AbortSignal,
): Promise<{ readonly check: Check; readonly version: string | null }> => {
  const { server, context } = cluster.api.access
  try {
    const version = textAt(await cluster.api.find('/version', signal), 'gitVersion')
    return { check: { name: 'reach', ok: true, message: `${server} answers (context ${context})` }, version }
  } catch (error) {
    if (!isStormportError(error)) throw error
    const hint = error.details.hint ?? 'check the kubeconfig context'
    return { check: { name: 'reach', ok: false, message: error.message, hint }, version: null }
  }
}

const versionCheck = (version: string | null): Check => {
  const ok = version !== null && minorOf(version) >= OLDEST_MINOR
  const message = `Kubernetes ${version ?? 'of an unknown version'}`
  return { name: 'version', ok, message, ...(ok ? {} : { hint: `upgrade to 1.${OLDEST_MINOR} or newer` }) }
}

interface Right {
  readonly verb: string
  readonly kind: Pick<ApiKind, 'group' | 'plural' | 'namespaced'>
  readonly sub?: string
  /** In all namespaces. */
  readonly everywhere?: boolean
}

const rights = (kinds: readonly ApiKind[], verbs: readonly string[]): readonly Right[] =>
  kinds.flatMap((kind) => verbs.map((verb) => ({ kind, verb })))

const OBJECTS = LISTED.filter((kind) => kind.optional !== true)

const DEPLOYING: readonly Right[] = [
  ...rights(OBJECTS, ['get', 'list', 'watch', 'create', 'patch', 'delete']),
  ...rights([POD, REPLICA_SET, EVENT], ['list', 'watch']),
  ...rights([SECRET], ['get', 'create', 'update', 'patch', 'delete']),
  ...rights([LEASE], ['get', 'create', 'update', 'delete']),
  ...rights([CONFIG_MAP], ['create']),
  { kind: POD, verb: 'get', sub: 'log' },
  { kind: POD, verb: 'create', sub: 'exec' },
]

const CAPACITY: readonly Right[] = [
  { kind: { group: '', plural: 'nodes', namespaced: false }, verb: 'list' },
  { kind: POD, verb: 'list', everywhere: true },
]

/** Those that are missing, in words. */
const permissions = async (
  cluster: Cluster,
  wanted: readonly Right[],
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const answers = await Promise.all(
    wanted.map(async (right) => ((await mayDo(cluster, right, signal)) ? [] : [wordsOf(right)])),
  )
  return [...new Set(answers.flat())].sort()
}

const mayDo = async (cluster: Cluster, right: Right, signal: AbortSignal): Promise<boolean> => {
  const namespace = textAt(cluster.target.settings, 'namespace') ?? cluster.api.access.namespace ?? 'default'
  const { kind, verb, sub } = right
  const resourceAttributes = {
    verb,
    group: kind.group,
    resource: kind.plural,
    ...(sub === undefined ? {} : { subresource: sub }),
    ...(right.everywhere === true ? {} : { namespace }),
  }
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } }
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  const answer = await cluster.api.send({ method: 'POST', path, body }, signal)
  return field(answer.body, 'status.allowed') === true
}

const wordsOf = ({ verb, kind, sub, everywhere }: Right): string =>
  `${verb} ${kind.plural}${sub === undefined ? '' : `/${sub}`}${everywhere === true ? ' in all namespaces' : ''}`

const permissionCheck = (name: string, missing: readonly string[], hint: string): Check =>
  missing.length === 0
    ? { name, ok: true, message: `may do all that ${name} needs` }
    : { name, ok: false, message: `may not: ${missing.join(', ')}`, hint }
