// What rendering needs to know of a cluster, as it is now. Everything but the version may be forbidden: it is then unknown,
// and the target's `assume:` fills the gap.
import { gpuMemoryBytes, gpuModel } from '../../core/model/gpu.ts'
import type { TargetFacts } from '../../core/model/replica.ts'
import { annotationOf, labelOf, nameIn } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { isForbidden, isMissing } from './errors.ts'
import { assumedFacts, type GpuNodeFacts, type KubernetesFacts, kubernetesExtra, readKubernetesFacts } from './facts.ts'
import { gpuResources } from './gpu-nodes.ts'
import { isOurs } from './marks.ts'
import { asObject, field, listAt, type RawObject, textAt } from './raw.ts'

export const readNodes = (cluster: Cluster, signal: AbortSignal): Promise<readonly RawObject[] | null> =>
  optional(cluster, '/api/v1/nodes', signal)

/** `namespace` as it was read; null: there is none yet. */
export const observeFacts = async (
  cluster: Cluster,
  at: { readonly app: string; readonly namespace: RawObject | null },
  signal: AbortSignal,
): Promise<TargetFacts> => {
  const ask = (path: string): Promise<readonly RawObject[] | null> => optional(cluster, path, signal)
  const [version, apis, nodes, storage, ingress] = await Promise.all([
    cluster.remember('version', () => cluster.api.find('/version', signal)),
    cluster.remember('apis', () => groupVersions(cluster, signal)),
    readNodes(cluster, signal),
    ask('/apis/storage.k8s.io/v1/storageclasses'),
    ask('/apis/networking.k8s.io/v1/ingressclasses'),
  ])
  const gateways = apis.includes(GATEWAY_API) ? await ask(`/apis/${GATEWAY_API}/gateways`) : []
  const assumed = assumedFacts(cluster.target)
  const known = readKubernetesFacts(assumed)
  return {
    version: textAt(version, 'gitVersion'),
    arch: values(nodes, 'status.nodeInfo.architecture') ?? assumed.arch,
    os: values(nodes, 'status.nodeInfo.operatingSystem') ?? assumed.os,
    driver: null,
    assumed: false,
    extra: kubernetesExtra({
      ...known,
      apis,
      ...(storage === null ? {} : storageFacts(storage)),
      ...(ingress === null ? {} : { ingressClasses: ingress.map(ingressClass) }),
      ...(gateways === null ? {} : { gateways: gateways.filter(takesRoutes).map(fullName) }),
      ...(nodes === null ? {} : { gpus: gpuFacts(nodes), loadBalancer: known.loadBalancer ?? onCloud(nodes) }),
      podSecurity: enforced(at),
    }),
  }
}

const GATEWAY_API = 'gateway.networking.k8s.io/v1'

const optional = (cluster: Cluster, path: string, signal: AbortSignal): Promise<readonly RawObject[] | null> =>
  cluster.remember(path, async () => {
    try {
      return (await cluster.api.list(path, {}, signal)).items
    } catch (error) {
      if (isForbidden(error) || isMissing(error)) return null
      throw error
    }
  })

/** One call for all groups; every supported server answers the aggregated form, an old one the plain list. */
const groupVersions = async (cluster: Cluster, signal: AbortSignal): Promise<readonly string[]> => {
  const { body } = await cluster.api.send({ method: 'GET', path: '/apis', accept: AGGREGATED }, signal)
  const aggregated = listAt(body, 'items').flatMap((group) =>
    listAt(group, 'versions').map((v) => `${nameIn(group)}/${textAt(v, 'version') ?? ''}`),
  )
  const plain = listAt(body, 'groups').flatMap((g) =>
    listAt(g, 'versions').flatMap((v) => textAt(v, 'groupVersion') ?? []),
  )
  return ['v1', ...aggregated, ...plain].sort()
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'

const values = (nodes: readonly RawObject[] | null, path: string): readonly string[] | null => {
  const found = [...new Set((nodes ?? []).flatMap((node) => textAt(node, path) ?? []))].filter((v) => v !== '').sort()
  return found.length === 0 ? null : found
}

const SHARED = /nfs|cephfs|efs\.csi|azurefile|file\.csi|glusterfs|filestore/

const storageFacts = (
  classes: readonly RawObject[],
): Pick<KubernetesFacts, 'defaultStorageClass' | 'sharedStorageClasses'> => ({
  defaultStorageClass: nameOrNull(
    classes.find((c) => annotationOf(c, 'storageclass.kubernetes.io/is-default-class') === 'true'),
  ),
  sharedStorageClasses: classes
    .filter((c) => SHARED.test(textAt(c, 'provisioner') ?? ''))
    .map(nameIn)
    .sort(),
})

const nameOrNull = (object: RawObject | undefined): string | null => (object === undefined ? null : nameIn(object))

const ingressClass = (object: RawObject): KubernetesFacts['ingressClasses'][number] => ({
  name: nameIn(object),
  isDefault: annotationOf(object, 'ingressclass.kubernetes.io/is-default-class') === 'true',
})

const takesRoutes = (gateway: RawObject): boolean =>
  listAt(gateway, 'spec.listeners').some((l) =>
    ['All', 'Selector'].includes(textAt(l, 'allowedRoutes.namespaces.from') ?? ''),
  )

const fullName = (object: RawObject): string => `${textAt(object, 'metadata.namespace') ?? ''}/${nameIn(object)}`

/** Nodes of the large clouds bring load balancers with them; elsewhere nobody knows. */
const onCloud = (nodes: readonly RawObject[]): boolean | null =>
  nodes.some((node) => /^(?:aws|azure|gce):\/\//.test(textAt(node, 'spec.providerID') ?? '')) ? true : null

const gpuFacts = (nodes: readonly RawObject[]): readonly GpuNodeFacts[] => {
  const found = new Map<string, GpuNodeFacts>()
  for (const node of nodes)
    for (const { resource, product, labels, memoryBytes } of gpuResources(node)) {
      const model = gpuModel(product)
      const taints = taintsOf(node)
      const fact = { resource, model, memoryBytes: gpuMemoryBytes(model) ?? memoryBytes, labels, taints }
      found.set(JSON.stringify(fact), fact)
    }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fact]) => fact)
}

export const taintsOf = (node: RawObject): readonly string[] =>
  listAt(node, 'spec.taints')
    .filter((taint) => !String(taint['key']).startsWith('node.kubernetes.io/'))
    .map(
      (taint) =>
        `${textAt(taint, 'key') ?? ''}${textAt(taint, 'value') === null ? '' : `=${textAt(taint, 'value')}`}:${textAt(taint, 'effect') ?? ''}`,
    )

/** A level that somebody else set on the namespace binds us; our own is made to fit. */
const enforced = ({ app, namespace }: { readonly app: string; readonly namespace: RawObject | null }) => {
  if (namespace === null || isOurs({ ...namespace, kind: 'Namespace' }, app)) return null
  const level = labelOf(namespace, 'pod-security.kubernetes.io/enforce')
  return LEVELS.find((l) => l === level) ?? null
}

const LEVELS = ['restricted', 'baseline', 'privileged'] as const

export const kubeSystemUid = (cluster: Cluster, signal: AbortSignal): Promise<string | null> =>
  cluster.remember('identity', async () => {
    try {
      return textAt(asObject(await cluster.api.find('/api/v1/namespaces/kube-system', signal)), 'metadata.uid')
    } catch (error) {
      if (isForbidden(error)) return null
      throw error
    }
  })

export const zoneOf = (node: RawObject): string | null => {
  const labels = field(node, 'metadata.labels')
  return typeof labels === 'object' && labels !== null
    ? textOf(Reflect.get(labels, 'topology.kubernetes.io/zone'))
    : null
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
