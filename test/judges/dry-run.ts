// The API server as a judge: every object in a strict dry run, and a pod of every template in a namespace that enforces the
// Pod Security level that was planned for it, for Pod Security acts on pods only.
import type { NativeObject } from '../../core/model/native-object.ts'
import { RESOURCES } from '../../providers/kubernetes/rbac.ts'
import { at } from '../builders/kubernetes.ts'
import type { Plane } from '../clusters/index.ts'
import type { Level } from './apps.ts'
import { revealed } from './manifests.ts'

export const LEVELS: readonly Level[] = ['restricted', 'baseline', 'privileged']

export const levelNamespace = (level: Level): string => `level-${level}`

/** A namespace a level, each with the one service account that tried pods use. */
export const makeLevelNamespaces = async ({ api }: Plane): Promise<void> => {
  for (const level of LEVELS) {
    const name = levelNamespace(level)
    const labels = { 'pod-security.kubernetes.io/enforce': level }
    await api.request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
    await api.request('POST', `/api/v1/namespaces/${name}/serviceaccounts`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'any' },
    })
  }
}

const STRICT = 'dryRun=All&fieldValidation=Strict&fieldManager=stormport'

/** null: taken. */
export const refusal = async ({ api }: Plane, path: string, body: unknown): Promise<string | null> => {
  try {
    await api.request('POST', `${path}?${STRICT}`, body)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The pod that the controller of a workload would make, or the pod itself; undefined for what makes none. */
export const podOf = (body: unknown): unknown => {
  const own = at(body, 'kind') === 'Pod' ? body : undefined
  const template = own ?? at(body, 'spec.template') ?? at(body, 'spec.jobTemplate.spec.template')
  if (template === undefined) return undefined
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...Object(at(template, 'metadata')), name: 'try', namespace: undefined },
    spec: { restartPolicy: 'Always', ...Object(at(template, 'spec')), serviceAccountName: 'any' },
  }
}

export const podRefusal = (plane: Plane, body: unknown, level: Level): Promise<string | null> =>
  refusal(plane, `/api/v1/namespaces/${levelNamespace(level)}/pods`, podOf(body))

/** What the server says against an object in the namespace of a level. */
export const bodyRefusal = (plane: Plane, body: unknown, level: Level): Promise<string | null> => {
  const kind = String(at(body, 'kind'))
  const version = String(at(body, 'apiVersion'))
  const root = version.includes('/') ? `/apis/${version}` : `/api/${version}`
  if (kind === 'Namespace') return refusal(plane, `${root}/namespaces`, body)
  const namespace = levelNamespace(level)
  const there = { ...Object(body), metadata: { ...Object(at(body, 'metadata')), namespace } }
  return refusal(plane, `${root}/namespaces/${namespace}/${kind === 'Pod' ? 'pods' : RESOURCES[kind]}`, there)
}

/** What the server says against these objects and the pods that they would make; empty: nothing. */
export const refusals = async (
  plane: Plane,
  objects: readonly NativeObject[],
  level: Level,
): Promise<readonly string[]> => {
  const answers = await Promise.all(
    objects.map(async (object) => {
      const body = revealed(object)
      const own = await bodyRefusal(plane, body, level)
      return [own, podOf(body) === undefined ? null : await podRefusal(plane, body, level)]
    }),
  )
  return answers.flat().flatMap((message) => message ?? [])
}
