// A plane whose node is real: kubelet, containerd, a bridge network, kube-proxy and DNS, all inside one network namespace.
import { CLUSTER_DNS, prepareKernel, startDns, startKubelet, startProxy } from './kubelet.ts'
import { missingForKubelet } from './paths.ts'
import { raisePlane } from './plane.ts'
import { awaitReady } from './programs.ts'
import { startRegistry } from './registry.ts'
import { startRuntime } from './runtime.ts'
import type { Site } from './site.ts'
import type { KubeletPlane, Plane, PlaneApi, PlaneOptions } from './types.ts'

/** Always Kubernetes 1.36 in a namespace of its own; `nodes` are simulated ones beside the real node. */
export type KubeletPlaneOptions = Omit<PlaneOptions, 'network' | 'minor'>

export const startKubeletPlane = async (options: KubeletPlaneOptions): Promise<KubeletPlane> => {
  const missing = missingForKubelet()
  if (missing !== null) throw new Error(missing)
  const { plane, site } = await raisePlane({ ...options, minor: '1.36', network: 'namespace' })
  try {
    return await addRealNode(plane, site)
  } catch (error) {
    await plane.stop()
    throw error
  }
}

const addRealNode = async (plane: Plane, site: Site): Promise<KubeletPlane> => {
  const nodeName = `${plane.name}-node`
  await prepareKernel(site)
  await startRuntime(site)
  const kubelet = await startKubelet(site, nodeName)
  await startProxy(site, nodeName)
  await startDns(site)
  await addDnsService(plane.api, site.slot.address)
  await awaitReady(kubelet, 'kubelet', () => isNodeReady(plane.api, nodeName))
  const { registry, close } = await startRegistry(site)
  const stop = async (): Promise<void> => {
    await close()
    await plane.stop()
  }
  return { ...plane, registry, nodeIp: site.slot.address, nodeName, stop }
}

interface NodeStatus {
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] }
}

const isNodeReady = (api: PlaneApi, name: string): Promise<boolean> =>
  api.request<NodeStatus>('GET', `/api/v1/nodes/${name}`).then(
    (node) => node.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    () => false,
  )

/** DNS runs as a process of the node: its Service has no selector and is told the address. */
const addDnsService = async (api: PlaneApi, address: string): Promise<void> => {
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ]
  await api.request('POST', '/api/v1/namespaces/kube-system/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns' },
    spec: { clusterIP: CLUSTER_DNS, ports },
  })
  await api.request('POST', '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kube-dns-node', labels: { 'kubernetes.io/service-name': 'kube-dns' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports,
  })
}
