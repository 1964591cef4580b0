// The kinds that an app is made of, with their places in the API. They are the same in every cluster of the supported
// minors, so that no discovery is needed for them.

export interface ApiKind {
  /** '' for core. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  /** Comes with an add-on: may be absent. */
  readonly optional?: boolean
  /** Read by the label of the app: kinds of which a namespace holds many that are not ours. */
  readonly labelled?: boolean
}

const kind = (group: string, version: string, name: string, plural: string, more: Partial<ApiKind> = {}): ApiKind => ({
  group,
  version,
  kind: name,
  plural,
  namespaced: true,
  ...more,
})

export const NAMESPACE = kind('', 'v1', 'Namespace', 'namespaces', { namespaced: false })
export const SECRET = kind('', 'v1', 'Secret', 'secrets')
export const POD = kind('', 'v1', 'Pod', 'pods', { labelled: true })
export const REPLICA_SET = kind('apps', 'v1', 'ReplicaSet', 'replicasets', { labelled: true })
export const EVENT = kind('', 'v1', 'Event', 'events')
export const CONFIG_MAP = kind('', 'v1', 'ConfigMap', 'configmaps', { labelled: true })
export const LEASE = kind('coordination.k8s.io', 'v1', 'Lease', 'leases')

/** What `observe` lists for objects; secrets and the namespace are read by name. */
export const LISTED: readonly ApiKind[] = [
  kind('apps', 'v1', 'Deployment', 'deployments'),
  kind('apps', 'v1', 'StatefulSet', 'statefulsets'),
  kind('apps', 'v1', 'DaemonSet', 'daemonsets'),
  kind('batch', 'v1', 'Job', 'jobs'),
  kind('batch', 'v1', 'CronJob', 'cronjobs'),
  kind('', 'v1', 'Service', 'services'),
  CONFIG_MAP,
  kind('', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  kind('', 'v1', 'ServiceAccount', 'serviceaccounts'),
  kind('networking.k8s.io', 'v1', 'NetworkPolicy', 'networkpolicies'),
  kind('networking.k8s.io', 'v1', 'Ingress', 'ingresses'),
  kind('policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  kind('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  kind('gateway.networking.k8s.io', 'v1', 'HTTPRoute', 'httproutes', { optional: true }),
  kind('resource.k8s.io', 'v1', 'ResourceClaimTemplate', 'resourceclaimtemplates', { optional: true }),
]

const KNOWN: readonly ApiKind[] = [NAMESPACE, SECRET, POD, REPLICA_SET, EVENT, LEASE, ...LISTED]

export const apiVersionOf = (k: ApiKind): string => (k.group === '' ? k.version : `${k.group}/${k.version}`)

export const kindOf = (apiVersion: string, name: string): ApiKind | undefined => {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
  return KNOWN.find((k) => k.kind === name && k.group === group)
}

/** 'core/Secret/shop/token' → its kind; ids are made by names.ts. */
export const kindOfId = (id: string): ApiKind | undefined => {
  const [group = '', name = ''] = id.split('/')
  return KNOWN.find((k) => k.kind === name && k.group === (group === 'core' ? '' : group))
}

export interface Place {
  readonly namespace: string
  readonly name?: string
  /** 'status', 'log', … */
  readonly sub?: string
}

export const pathOf = (k: ApiKind, { namespace, name, sub }: Place): string => {
  const root = k.group === '' ? `/api/${k.version}` : `/apis/${k.group}/${k.version}`
  const inside = k.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  const one = name === undefined ? '' : `/${encodeURIComponent(name)}`
  return `${root}${inside}/${k.plural}${one}${sub === undefined ? '' : `/${sub}`}`
}
