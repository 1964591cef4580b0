// The Azure stand-in on a real control plane: machines are nodes, kubeconfigs lead there, tokens of its Entra are accepted by
// the API server itself. Never run beside Azure.
import { createDefaultHttpClient, createPipelineRequest } from '@azure/core-rest-pipeline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awaitObject, missingForPlane, type Plane, startPlane } from '../../clusters/index.ts'
import { AKS_SERVER_APP, missingForFakeAzure } from '../../fakes/azure/index.ts'
import { createStand, type Stand, SYSTEM_POOL } from '../../fakes/azure/stand.ts'

const missing = missingForFakeAzure() ?? missingForPlane('1.36')
const T4 = 'Standard_NC4as_T4_v3'

interface NodeObject {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: { readonly taints?: readonly unknown[] }
  readonly status: {
    readonly allocatable: Readonly<Record<string, string>>
    readonly nodeInfo: { readonly kubeletVersion: string }
  }
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string; 'certificate-authority-data': string } }]
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }]
}

describe.skipIf(missing !== null)(`the Azure stand-in on a real control plane (${missing ?? 'ready'})`, () => {
  let plane: Plane | null = null
  let on: Stand

  beforeAll(async () => {
    on = await createStand({ plane: () => plane })
    plane = await startPlane({ name: 'azure', webhookToken: on.azure.tokenReviewUrl })
    await on.made({ aadProfile: { managed: true, enableAzureRbac: true } })
    await on.azure.settle()
  })
  afterAll(async () => {
    await plane?.stop()
    expect(on.azure.defects).toEqual([])
    expect(on.azure.violations).toEqual([])
    await on.azure.close()
  })

  const nodes = async (pool: string): Promise<readonly NodeObject[]> => {
    if (plane === null) throw new Error('no plane')
    const path = `/api/v1/nodes?labelSelector=${encodeURIComponent(`agentpool=${pool}`)}`
    return (await plane.api.request<{ readonly items: readonly NodeObject[] }>('GET', path)).items
  }

  it('makes nodes of machines, with the labels and taints of AKS, and takes them away', async () => {
    expect(await nodes('system')).toHaveLength(1)
    await on.pool({ count: 2, scaleSetPriority: 'Spot', availabilityZones: ['1', '2'] }, 'spot')
    await on.azure.settle()
    expect(await nodes('spot')).toHaveLength(0)
    on.later()
    await on.azure.settle()
    const found = await nodes('spot')
    expect(found.map((each) => each.metadata.labels['topology.kubernetes.io/zone'])).toEqual([
      'westeurope-1',
      'westeurope-2',
    ])
    expect(found[0]).toMatchObject({
      metadata: {
        labels: {
          'kubernetes.azure.com/agentpool': 'spot',
          'kubernetes.azure.com/mode': 'user',
          'kubernetes.azure.com/scalesetpriority': 'spot',
          'node.kubernetes.io/instance-type': 'Standard_D4s_v5',
        },
      },
      spec: {
        taints: expect.arrayContaining([
          { key: 'kubernetes.azure.com/scalesetpriority', value: 'spot', effect: 'NoSchedule' },
        ]),
      },
      status: { allocatable: { cpu: '3860m' } },
    })
    await on.pool({ count: 1 }, 'spot')
    on.later()
    await on.azure.settle()
    expect(await nodes('spot')).toHaveLength(1)
    await on.client.agentPools.delete('rg', 'shop', 'spot').submitted()
    on.later()
    await on.azure.settle()
    expect(await nodes('spot')).toHaveLength(0)
  })

  it('devicePlugin: offers GPUs only once a device plugin is in the cluster', async () => {
    await on.madePool({ vmSize: T4 }, 'gpu')
    await on.azure.settle()
    const gpus = async () => (await nodes('gpu'))[0]?.status.allocatable['nvidia.com/gpu']
    expect((await nodes('gpu'))[0]?.metadata.labels['kubernetes.azure.com/accelerator']).toBe('nvidia')
    expect(await gpus()).toBeUndefined()
    const labels = { app: 'plugin' }
    await plane?.api.request('POST', '/apis/apps/v1/namespaces/kube-system/daemonsets', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'nvidia-device-plugin' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'plugin', image: 'plugin' }] } },
      },
    })
    await on.azure.settle()
    expect(await gpus()).toBe('1')
  })

  it('devicePlugin switched off: the GPU is there with its node', async () => {
    await plane?.api.request('DELETE', '/apis/apps/v1/namespaces/kube-system/daemonsets/nvidia-device-plugin')
    on.azure.rules.switchOff('devicePlugin')
    await on.madePool({ vmSize: T4 }, 'bare')
    await on.azure.settle()
    expect((await nodes('bare'))[0]?.status.allocatable['nvidia.com/gpu']).toBe('1')
  })

  it('pdbBlocks: refuses an upgrade while a disruption budget allows nothing, and makes nodes of the new version after', async () => {
    await on.make({ kubernetesVersion: '1.36', aadProfile: { managed: true, enableAzureRbac: true } })
    on.later()
    const api = plane?.api
    const spec = { containers: [{ name: 'c', image: 'c' }], nodeName: (await nodes('system'))[0]?.metadata.name }
    const metadata = { name: 'alone', labels: { app: 'alone' } }
    await api?.request('POST', '/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata, spec })
    const budget = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
    await api?.request('POST', budget, {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'never' } },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'alone' } } },
    })
    if (api !== undefined) await awaitObject(api, `${budget}/never`, isCounted)
    const upgrade = () => on.pool({ ...SYSTEM_POOL, orchestratorVersion: '1.36' }, 'system')
    await expect(upgrade()).rejects.toThrow(/default\/never/)
    on.azure.rules.switchOff('pdbBlocks')
    const before = (await nodes('system'))[0]
    await upgrade()
    on.later()
    await on.azure.settle()
    const [after] = await nodes('system')
    expect([before?.status.nodeInfo.kubeletVersion, after?.status.nodeInfo.kubeletVersion]).toEqual([
      'v1.35.5',
      'v1.36.2',
    ])
  })

  it('lets a token for the AKS server application in by the role on the cluster, and no other token', async () => {
    const { kubeconfigs } = await on.client.managedClusters.listClusterUserCredentials('rg', 'shop')
    const config = JSON.parse(Buffer.from(kubeconfigs?.[0]?.value ?? []).toString()) as Kubeconfig
    const token = (scope: string) => on.azure.entra.issue(`${scope}/.default`).token
    const listPods = (bearer: string) => get(config, '/api/v1/namespaces/kube-system/pods', bearer)
    expect(await listPods(token('https://management.azure.com'))).toBe(401)
    expect(await listPods(token(AKS_SERVER_APP))).toBe(403)
    const name = 'aaaaaaaa-0000-4000-8000-000000000009'
    const scope = '/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop'
    const roleDefinitionId = '/x/roleDefinitions/b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b'
    await on.arm({
      method: 'PUT',
      path: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=2022-04-01`,
      body: { properties: { roleDefinitionId, principalId: on.azure.principal.objectId } },
    })
    expect(await listPods(token(AKS_SERVER_APP))).toBe(200)
  })

  it('grows pools for pending pods by the priority ConfigMap, and falls back where spot machines do not come', async () => {
    const api = plane?.api
    const autoScalerProfile = { expander: 'priority', maxNodeProvisionTime: '5m' }
    await on.make({ autoScalerProfile, kubernetesVersion: '1.36' })
    on.later()
    const scaled = { enableAutoScaling: true, minCount: 0, maxCount: 3, count: 0, nodeLabels: { for: 'web' } }
    await on.madePool(scaled, 'demand')
    await on.madePool({ ...scaled, scaleSetPriority: 'Spot' }, 'cheap')
    const priorities = '20:\n  - .*-cheap-.*\n10:\n  - .*'
    await api?.request('POST', '/api/v1/namespaces/kube-system/configmaps', {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', data: { priorities } },
      metadata: { name: 'cluster-autoscaler-priority-expander' },
    })
    const containers = [{ name: 'c', image: 'c', resources: { requests: { cpu: '3' } } }]
    const tolerations = [{ key: 'kubernetes.azure.com/scalesetpriority', operator: 'Exists' }]
    for (const name of ['one', 'two']) {
      const spec = { containers, tolerations, nodeSelector: { for: 'web' } }
      await api?.request('POST', '/api/v1/namespaces/default/pods', {
        ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec },
      })
      if (api !== undefined) await awaitObject(api, `/api/v1/namespaces/default/pods/${name}`, isUnschedulable)
    }
    on.azure.state.shortages.set('Spot/Standard_D4s_v5', { code: 'AllocationFailed', message: 'none left' })
    const failure = { cluster: 'shop', pool: 'cheap', added: 0, failed: 'AllocationFailed' }
    expect(await on.azure.autoscaleRound()).toEqual([failure])
    on.later(4)
    expect(await on.azure.autoscaleRound()).toEqual([])
    on.later(1)
    expect(await on.azure.autoscaleRound()).toEqual([{ cluster: 'shop', pool: 'demand', added: 2, failed: null }])
    expect(await nodes('demand')).toHaveLength(2)
    for (const name of ['one', 'two'])
      if (api !== undefined) await awaitObject(api, `/api/v1/namespaces/default/pods/${name}`, isPlaced)
    expect(await on.azure.autoscaleRound()).toEqual([])
  })

  it('hands an administrator the certificate of the plane', async () => {
    const { kubeconfigs } = await on.client.managedClusters.listClusterAdminCredentials('rg', 'shop')
    const config = JSON.parse(Buffer.from(kubeconfigs?.[0]?.value ?? []).toString()) as Kubeconfig
    expect(config.clusters[0].cluster.server).toBe(plane?.server)
    expect(Object.keys(config.users[0].user).sort()).toEqual(['client-certificate-data', 'client-key-data'])
  })

  it('takes every node away with the cluster', async () => {
    await on.client.managedClusters.delete('rg', 'shop').submitted()
    on.later()
    await on.azure.settle()
    for (const pool of ['system', 'gpu', 'bare', 'demand']) expect(await nodes(pool)).toHaveLength(0)
  })
})

interface Budget {
  readonly status?: { readonly expectedPods?: number }
}

const isCounted = ({ status }: Budget): boolean => status?.expectedPods === 1

interface Pod {
  readonly spec: { readonly nodeName?: string }
  readonly status: { readonly conditions?: readonly { readonly reason?: string }[] }
}

const isUnschedulable = ({ status }: Pod): boolean =>
  status.conditions?.some(({ reason }) => reason === 'Unschedulable') === true

const isPlaced = ({ spec }: Pod): boolean => spec.nodeName !== undefined

const get = async (config: Kubeconfig, path: string, bearer: string): Promise<number> => {
  const { cluster } = config.clusters[0]
  const request = createPipelineRequest({ url: `${cluster.server}${path}` })
  request.tlsSettings = { ca: Buffer.from(cluster['certificate-authority-data'], 'base64').toString() }
  request.headers.set('authorization', `Bearer ${bearer}`)
  return (await createDefaultHttpClient().sendRequest(request)).status
}
