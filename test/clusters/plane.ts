// A real Kubernetes control plane for tests: etcd, API server, controllers and scheduler as processes, nodes by kwok. Any
// number run side by side; each has its own folder, ports, keys and, when asked, network namespace.
import { readFile } from 'node:fs/promises'
import { createApi } from './api.ts'
import { startApiserver, startControllerManager, startEtcd, startScheduler } from './control-plane.ts'
import { answers, type ControlledParts, createControls } from './controls.ts'
import { startKwok } from './kwok.ts'
import { runLoadBalancer } from './load-balancer.ts'
import { startMetrics } from './metrics.ts'
import { makeNamespace } from './network.ts'
import { nodeObject } from './nodes.ts'
import { missingForMetrics, missingForPlane } from './paths.ts'
import { awaitReady, type Program } from './programs.ts'
import { adminKubeconfig, createSite, credentials, type Site } from './site.ts'
import { claimSlot } from './slot.ts'
import { removeTraces } from './traces.ts'
import type { Plane, PlaneApi, PlaneOptions, TestNode } from './types.ts'

export const startPlane = async (options: PlaneOptions): Promise<Plane> => (await raisePlane(options)).plane

/** A plane with what it was raised from: for the planes that add to it. */
export interface RaisedPlane {
  readonly plane: Plane
  readonly site: Site
}

export const raisePlane = async (options: PlaneOptions): Promise<RaisedPlane> => {
  const missing = missingForPlane(options.minor ?? '1.36') ?? (options.metrics === true ? missingForMetrics() : null)
  if (missing !== null) throw new Error(missing)
  const slot = await claimSlot()
  try {
    if (options.network === 'namespace') await makeNamespace(slot)
    const site = await createSite(slot, options)
    return { site, plane: await raise(site) }
  } catch (error) {
    await removeTraces(slot)
    throw error
  }
}

const raise = async (site: Site): Promise<Plane> => {
  const etcd = await startEtcd(site)
  const apiserver = await startApiserver(site)
  const { authority, admin } = site.keys
  const api = await createApi(site.server, authority.certificate, admin)
  try {
    await awaitReady(apiserver, 'kube-apiserver', () => answers(api, '/readyz'))
    await startControllers(site)
    const nodes = site.options.nodes ?? []
    await Promise.all([addStorageClass(api), ...nodes.map((node) => addNode(api, node))])
    if (site.options.metrics === true) await startMetrics(site, api)
    await awaitReady(apiserver, 'the control plane', () => isUsable(api))
    return await describe(site, { api, etcd, apiserver })
  } catch (error) {
    api.close()
    throw error
  }
}

const startControllers = async (site: Site): Promise<void> => {
  const manager = await startControllerManager(site)
  const scheduler = await startScheduler(site)
  await startKwok(site)
  await Promise.all([
    awaitServing(site, manager, site.slot.ports.controllerManager),
    awaitServing(site, scheduler, site.slot.ports.scheduler),
  ])
}

const awaitServing = async (site: Site, program: Program, port: number): Promise<void> => {
  const api = await createApi(`https://${site.host}:${port}`, site.keys.authority.certificate, site.keys.admin)
  try {
    await awaitReady(program, `the program on port ${port}`, () => answers(api, '/healthz'))
  } finally {
    api.close()
  }
}

/** Pods can be made only after the controllers made the default account; nodes must be Ready to take them. */
const isUsable = async (api: PlaneApi): Promise<boolean> => {
  if (!(await answers(api, '/api/v1/namespaces/default/serviceaccounts/default'))) return false
  const { items } = await api.request<NodeList>('GET', '/api/v1/nodes')
  return items.every((node) => isReady(node))
}

interface NodeList {
  readonly items: readonly {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
  }[]
}

const isReady = (node: NodeList['items'][number]): boolean =>
  node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

const addNode = async (api: PlaneApi, node: TestNode): Promise<void> => {
  await api.request('POST', '/api/v1/nodes', nodeObject(node))
}

/** Dynamic volumes by the controller manager's own provisioner: folders of this machine. */
const addStorageClass = async (api: PlaneApi): Promise<void> => {
  await api.request('POST', '/apis/storage.k8s.io/v1/storageclasses', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'kubernetes.io/host-path',
  })
}

const describe = async (site: Site, parts: ControlledParts): Promise<Plane> => {
  const { slot, options, keys } = site
  const { api } = parts
  const ending = new AbortController()
  const { gitVersion } = await api.request<{ gitVersion: string }>('GET', '/version')
  if (options.loadBalancer === true) void runLoadBalancer(api, loadBalancerAddress(site), ending.signal)
  return {
    name: options.name,
    server: site.server,
    ca: await readFile(keys.authority.certificate, 'utf8'),
    kubeconfig: await adminKubeconfig(site),
    version: gitVersion,
    folder: slot.folder,
    gateway: options.network === 'namespace' ? slot.gateway : '127.0.0.1',
    api,
    kubeconfigFor: createUsers(site),
    addNode: (node) => addNode(api, node),
    removeNode: async (name) => {
      await api.request('DELETE', `/api/v1/nodes/${encodeURIComponent(name)}`)
    },
    ...createControls(site, parts),
    stop: async () => {
      ending.abort()
      api.close()
      await removeTraces(slot)
    },
  }
}

/** Simulated nodes serve nothing: there an address kept for documentation does. */
const loadBalancerAddress = ({ options, slot }: Site): string =>
  options.network === 'namespace' ? slot.address : '192.0.2.10'

const createUsers = (site: Site): Plane['kubeconfigFor'] => {
  let count = 0
  return ({ user, groups = [], namespace }) => {
    count++
    return credentials(site, { name: `user-${count}`, commonName: user, organizations: groups }, namespace)
  }
}
