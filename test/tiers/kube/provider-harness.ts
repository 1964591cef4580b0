// What the provider's contract needs of a real plane: a user whose rights can be taken away, somebody else's object in the
// way, somebody else's hand on a field, and a place where nobody answers.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Service } from '../../../core/model/app.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { Harness } from '../../../providers/conformance.ts'
import { createKubernetesProvider } from '../../../providers/kubernetes/index.ts'
import { target } from '../../builders/app.ts'
import type { Plane } from '../../clusters/index.ts'
import { grant, RBAC, type RoleBody } from './access.ts'

const USER = 'suite'

interface Body {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly namespace: string; readonly name: string }
}

export interface PlaneHarness {
  readonly shape: (service: Service) => Service
  readonly readyWithinMs: number
}

export const harnessOn = async (plane: Plane, { shape, readyWithinMs }: PlaneHarness): Promise<Harness> => {
  await grant(plane, USER, EVERYTHING)
  const at = (name: string, settings: Readonly<Record<string, unknown>>) =>
    target(name, { provider: 'kubernetes', settings })
  const kubeconfig = await plane.kubeconfigFor({ user: USER })
  return {
    provider: createKubernetesProvider({ env: process.env, askPlugin: null }),
    target: at('one', { kubeconfig }),
    unreachable: at('gone', { kubeconfig: await writeDead(plane.folder) }),
    shape,
    argv: {
      exit: (code) => ['sh', '-c', `exit ${code}`],
      print: (text) => ['echo', text],
      wait: ['sleep', '3600'],
    },
    makeForeign: (object) => makeForeign(plane, object),
    makePartial: () => takeAway(plane),
    drift: (object) => changeService(plane, object),
    readyWithinMs,
    slowRemoval: true,
    cleanup: () => plane.stop(),
  }
}

/** Nobody listens on port 1. */
const writeDead = async (folder: string): Promise<string> => {
  const path = join(folder, 'dead.kubeconfig')
  const config = {
    clusters: [{ name: 'dead', cluster: { server: 'https://127.0.0.1:1' } }],
    contexts: [{ name: 'dead', context: { cluster: 'dead', user: 'nobody' } }],
    users: [],
    'current-context': 'dead',
  }
  await writeFile(path, JSON.stringify(config))
  return path
}

const EVERYTHING: RoleBody = {
  kind: 'ClusterRole',
  metadata: { name: USER },
  rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
}

const GROUPS = ['apps', 'batch', 'networking.k8s.io', 'policy', 'autoscaling', 'storage.k8s.io']
const CORE = [
  'pods',
  'configmaps',
  'secrets',
  'namespaces',
  'nodes',
  'events',
  'serviceaccounts',
  'persistentvolumeclaims',
]

const WITHOUT_SERVICES: RoleBody['rules'] = [
  { apiGroups: GROUPS, resources: ['*'], verbs: ['*'] },
  { apiGroups: [''], resources: CORE, verbs: ['*'] },
]

const takeAway = async (plane: Plane): Promise<() => Promise<void>> => {
  const allow = (rules: RoleBody['rules']): Promise<unknown> =>
    plane.api.request('PATCH', `${RBAC}/clusterroles/${USER}`, { rules })
  await allow(WITHOUT_SERVICES)
  await settled(plane, false)
  return async () => {
    await allow(EVERYTHING.rules)
    await settled(plane, true)
  }
}

const SETTLED_MS = 10_000

/** The authorizer sees a changed role a moment later. */
const settled = async (plane: Plane, wanted: boolean): Promise<void> => {
  const until = Date.now() + SETTLED_MS
  for (;;) {
    const review = await plane.api.request<{ readonly status: { readonly allowed: boolean } }>(
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: USER, resourceAttributes: { verb: 'list', resource: 'services', namespace: 'default' } },
      },
    )
    if (review.status.allowed === wanted) return
    if (Date.now() > until) throw new Error('the changed role is not in force')
  }
}

interface Live {
  readonly metadata: { readonly resourceVersion: string }
}

/** The suite puts it in the way of the first object of `web`: its Service. */
const makeForeign: (plane: Plane, object: NativeObject) => ReturnType<NonNullable<Harness['makeForeign']>> = async (
  plane,
  object,
) => {
  const { apiVersion, kind, metadata } = object.body as Body
  const { namespace, name } = metadata
  await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  const list = `/api/v1/namespaces/${namespace}/services`
  const theirs = { apiVersion, kind, metadata: { name }, spec: { ports: [{ port: 1 }] } }
  const made = await plane.api.request<Live>('POST', list, theirs)
  const read = (): Promise<Live> => plane.api.request<Live>('GET', `${list}/${name}`)
  return {
    intact: async () => (await read()).metadata.resourceVersion === made.metadata.resourceVersion,
    remove: async () => {
      await plane.api.request('DELETE', `/api/v1/namespaces/${namespace}`)
    },
  }
}

const changeService = async (plane: Plane, object: NativeObject): Promise<string> => {
  const { metadata } = object.body as Body
  const path = `/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}`
  await plane.api.request('PATCH', `${path}?fieldManager=kubectl-edit`, { spec: { selector: { other: 'pods' } } })
  return 'spec.selector'
}
