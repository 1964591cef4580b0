// The rights that a deploy needs, computed from what it would apply: a namespaced Role without wildcards, and apart from it
// a ClusterRole for reading what the cluster has. Secrets are read by name only, never listed.
import type { Target } from '../../core/model/fleet.ts'
import type { NativeObject } from '../../core/model/native-object.ts'
import { commonLabels, MANAGER, namespaceOf } from './names.ts'

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly verbs: readonly string[]
}

export interface RoleObject {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1'
  readonly kind: 'Role' | 'ClusterRole'
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels: Readonly<Record<string, string>>
  }
  readonly rules: readonly Rule[]
}

export interface Rbac {
  /** For deploying, watching, logs and exec in the namespace of the app. */
  readonly role: RoleObject
  /** For capacity and identity; without it capacity is unknown. */
  readonly clusterRole: RoleObject
}

export const rbac = (target: Target, app: string, objects: readonly NativeObject[]): Rbac => {
  const namespace = namespaceOf(target, app)
  const labels = commonLabels({ app, service: null })
  return {
    role: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: `${MANAGER}-deploy`, namespace, labels },
      rules: [...workRules(objects), ...ALWAYS],
    },
    clusterRole: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: `${MANAGER}-read-capacity`, labels },
      rules: clusterRules(namespace, objects),
    },
  }
}

const WRITE = ['get', 'list', 'watch', 'create', 'patch', 'delete']
const BY_NAME = ['get', 'create', 'patch', 'delete']
const READ = ['get', 'list', 'watch']
const REMOVE = [...READ, 'delete']

/** Records, lock and key of the app, and what status, logs, exec and metrics look at. */
const ALWAYS: readonly Rule[] = [
  { apiGroups: [''], resources: ['secrets'], verbs: [...BY_NAME, 'update'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: [...WRITE, 'update'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...BY_NAME, 'update'] },
  { apiGroups: [''], resources: ['pods', 'events'], verbs: READ },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'] },
  { apiGroups: ['apps'], resources: ['replicasets'], verbs: READ },
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: READ },
  // Kinds that a former release may have made: what it left behind must be seen, and must be removed.
  { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: REMOVE },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: REMOVE },
  { apiGroups: [''], resources: ['services', 'serviceaccounts'], verbs: REMOVE },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies', 'ingresses'], verbs: REMOVE },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: REMOVE },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: REMOVE },
  { apiGroups: ['metrics.k8s.io'], resources: ['pods'], verbs: ['get', 'list'] },
]

const COVERED = new Set(['/secrets', '/configmaps'])

/** One rule a group: every kind that the app has there. */
const workRules = (objects: readonly NativeObject[]): readonly Rule[] => {
  const groups = new Map<string, Set<string>>()
  for (const object of objects) {
    const resource = RESOURCES[object.kind]
    if (resource === undefined) continue
    const group = groupOf(object)
    if (!COVERED.has(`${group}/${resource}`)) groups.set(group, (groups.get(group) ?? new Set()).add(resource))
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, resources]) => ({ apiGroups: [group], resources: [...resources].sort(), verbs: WRITE }))
}

const groupOf = ({ id }: NativeObject): string => {
  const group = id.slice(0, id.indexOf('/'))
  return group === 'core' ? '' : group
}

/** Namespaced kinds that `render` makes → the name of their resource. */
export const RESOURCES: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  CronJob: 'cronjobs',
  DaemonSet: 'daemonsets',
  Deployment: 'deployments',
  HTTPRoute: 'httproutes',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers',
  Ingress: 'ingresses',
  Job: 'jobs',
  NetworkPolicy: 'networkpolicies',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  PodDisruptionBudget: 'poddisruptionbudgets',
  ResourceClaimTemplate: 'resourceclaimtemplates',
  Secret: 'secrets',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  StatefulSet: 'statefulsets',
}

const clusterRules = (namespace: string, objects: readonly NativeObject[]): readonly Rule[] => [
  { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'] },
  { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['list'] },
  { apiGroups: ['networking.k8s.io'], resources: ['ingressclasses'], verbs: ['list'] },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['gateways'], verbs: ['list'] },
  { apiGroups: [''], resources: ['namespaces'], resourceNames: ['kube-system', namespace].sort(), verbs: ['get'] },
  // A right to create cannot be bound to a name.
  ...(objects.some((object) => object.kind === 'Namespace')
    ? [
        { apiGroups: [''], resources: ['namespaces'], verbs: ['create'] },
        { apiGroups: [''], resources: ['namespaces'], resourceNames: [namespace], verbs: ['patch', 'delete'] },
      ]
    : []),
]
