// The Kubernetes provider keeps the provider contract on real control planes of both minors, through its real client. Pods
// are kwok's: their log is one file, their commands run on this machine; nothing measures them.
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { describeProvider, type Harness } from '../../../providers/conformance.ts'
import { createKubernetesProvider } from '../../../providers/kubernetes/index.ts'
import { target } from '../../builders/app.ts'
import { type Minor, missingForPlane, type Plane, startPlane } from '../../clusters/index.ts'

const NODES = [1, 2].map((n) => ({ name: `node-${n}`, cpu: '16', memory: '32Gi', pods: 200 }))
const USER = 'suite'
const ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles'

interface Body {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly namespace: string; readonly name: string }
}

const make = async (minor: Minor): Promise<Harness> => {
  const plane = await startPlane({ name: `provider-${minor}`, minor, nodes: NODES })
  await appendFile(join(plane.folder, 'simulated.log'), `${stamp()} stdout F line-of-the-suite\n`)
  await grant(plane)
  const at = (name: string, settings: Readonly<Record<string, unknown>>) =>
    target(name, { provider: 'kubernetes', here: false, settings })
  const provider = createKubernetesProvider({ env: process.env, askPlugin: null })
  const { features } = provider.capabilities
  return {
    provider: { ...provider, capabilities: { ...provider.capabilities, features: { ...features, metrics: 'none' } } },
    target: at('one', { kubeconfig: await plane.kubeconfigFor({ user: USER }) }),
    unreachable: at('gone', { kubeconfig: await writeDead(plane.folder) }),
    shape: (service) => ({ ...service, image: 'registry.example/printer:1' }),
    argv: {
      exit: (code) => ['sh', '-c', `exit ${code}`],
      print: (text) => ['echo', text],
      wait: ['sleep', '3600'],
    },
    makeForeign: (object) => makeForeign(plane, object),
    makePartial: () => takeAway(plane),
    drift: (object) => changeService(plane, object),
    readyWithinMs: 30_000,
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

const stamp = (): string => new Date().toISOString().replace('Z', '000000Z')

const EVERYTHING = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]

const grant = async (plane: Plane): Promise<void> => {
  const version = 'rbac.authorization.k8s.io/v1'
  await plane.api.request('POST', ROLE, {
    apiVersion: version,
    kind: 'ClusterRole',
    metadata: { name: USER },
    rules: EVERYTHING,
  })
  await plane.api.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: version,
    kind: 'ClusterRoleBinding',
    metadata: { name: USER },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: USER },
    subjects: [{ kind: 'User', name: USER, apiGroup: 'rbac.authorization.k8s.io' }],
  })
}

const WITHOUT_SERVICES = [
  {
    apiGroups: ['apps', 'batch', 'networking.k8s.io', 'policy', 'autoscaling', 'storage.k8s.io'],
    resources: ['*'],
    verbs: ['*'],
  },
  {
    apiGroups: [''],
    resources: [
      'pods',
      'configmaps',
      'secrets',
      'namespaces',
      'nodes',
      'events',
      'serviceaccounts',
      'persistentvolumeclaims',
    ],
    verbs: ['*'],
  },
]

const takeAway = async (plane: Plane): Promise<() => Promise<void>> => {
  const allow = (rules: unknown): Promise<unknown> => plane.api.request('PATCH', `${ROLE}/${USER}`, { rules })
  await allow(WITHOUT_SERVICES)
  await settled(plane, false)
  return async () => {
    await allow(EVERYTHING)
    await settled(plane, true)
  }
}

/** The authorizer sees a changed role a moment later. */
const settled = async (plane: Plane, wanted: boolean): Promise<void> => {
  const until = Date.now() + 10_000
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

/** The suite puts it in the way of the first object of `web`: its Service. */
const makeForeign: (plane: Plane, object: NativeObject) => ReturnType<NonNullable<Harness['makeForeign']>> = async (
  plane,
  object,
) => {
  const { apiVersion, kind, metadata } = object.body as Body
  const { namespace, name } = metadata
  await plane.api.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  })
  const list = `/api/v1/namespaces/${namespace}/services`
  const theirs = { apiVersion, kind, metadata: { name }, spec: { ports: [{ port: 1 }] } }
  interface Live {
    readonly metadata: { readonly resourceVersion: string }
  }
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

const MINORS: readonly Minor[] = ['1.36', '1.34']
for (const minor of MINORS.filter((m) => missingForPlane(m) === null))
  describeProvider(`kubernetes ${minor}`, () => make(minor), {
    skip: [{ test: 'measures its replicas', reason: 'the planes have no metrics server' }],
  })
