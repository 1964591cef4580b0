// AKS clusters and pools by the engine, the adapter and the real SDK client against the Azure stand-in. Never run on Azure.
import { afterEach, describe, expect, it } from 'vitest'
import { type AksStand, aksTarget, createAksStand } from '../../clouds/aks-stand.ts'
import { type FakeAzureOptions, missingForFakeAzure } from '../../fakes/azure/index.ts'
import { addGroup, sendArm } from '../../fakes/azure/stand.ts'

const stands: AksStand[] = []
const stand = async (options?: FakeAzureOptions): Promise<AksStand> => {
  const made = await createAksStand(options)
  stands.push(made)
  return made
}
afterEach(async () => {
  for (const each of stands.splice(0)) {
    const { defects, violations } = each.azure
    await each.close()
    expect(defects).toEqual([])
    expect(violations).toEqual([])
  }
})

const general = { general: { instances: ['Standard_D4s_v5'], min: 1, max: 10 } }
const managed = (pools: Readonly<Record<string, object>> = general, over: object = {}) =>
  aksTarget({ create: { version: '1.36', ...over } }, pools)
const cluster = (s: AksStand) => [...s.azure.state.clusters.values()].find((each) => each.name === 'shop-prod')
const pools = (s: AksStand) => [...(cluster(s)?.pools.values() ?? [])]
const userPools = (s: AksStand) => pools(s).filter((pool) => pool.props.mode === 'User')

/** The stand-in holds every request against types that lie beside the project. */
const missing = missingForFakeAzure()

describe.skipIf(missing !== null)('create', () => {
  it('makes group, identity, cluster with one system pool, rights and a user pool a declared pool', async () => {
    const s = await stand()
    expect(await s.up(managed())).toEqual({ kind: 'ready' })
    expect(cluster(s)).toMatchObject({
      location: 'westeurope',
      tags: { 'stormport.dev-fleet': 'acme', 'stormport.dev-target': 'azure' },
      identity: { type: 'UserAssigned' },
      props: {
        provisioningState: 'Succeeded',
        disableLocalAccounts: true,
        aadProfile: { managed: true, enableAzureRBAC: true },
        oidcIssuerProfile: { enabled: true },
        securityProfile: { workloadIdentity: { enabled: true } },
        networkProfile: {
          networkPlugin: 'azure',
          networkPluginMode: 'overlay',
          networkDataplane: 'cilium',
          ipFamilies: ['IPv4'],
        },
      },
    })
    expect(pools(s).map((pool) => pool.props)).toMatchObject([
      { mode: 'System', nodeTaints: ['CriticalAddonsOnly=true:NoSchedule'], enableAutoScaling: true },
      {
        mode: 'User',
        vmSize: 'Standard_D4s_v5',
        enableAutoScaling: true,
        minCount: 1,
        maxCount: 10,
        count: 1,
        nodeLabels: { 'stormport.dev/pool': 'general' },
      },
    ])
    expect(pools(s).every(({ name }) => /^[a-z][a-z0-9]{0,11}$/.test(name))).toBe(true)
    expect([...s.azure.state.assignments.values()]).toMatchObject([{ principalId: s.azure.principal.objectId }])
  })

  it('is done when the cluster holds our own right, which takes Azure a while', async () => {
    const s = await stand()
    s.refusals.push(1, 2, 3, 4)
    expect(await s.up(managed())).toEqual({ kind: 'ready' })
    expect(s.refusals).toEqual([])
    expect(s.said.some((line) => line.includes('the cluster does not know the right yet'))).toBe(true)
  })

  it('does nothing the second time: no mutating call, also from another process', async () => {
    const s = await stand()
    await s.up(managed())
    s.writes()
    expect(await s.up(managed())).toEqual({ kind: 'ready' })
    await s.restart()
    expect(await s.up(managed())).toEqual({ kind: 'ready' })
    expect(s.writes()).toEqual([])
  })
})

describe.skipIf(missing !== null)('what is given', () => {
  it('leaves a resource group of others untouched and puts the cluster into it', async () => {
    const s = await stand()
    addGroup(s.azure, 'shop')
    expect(await s.up(managed())).toEqual({ kind: 'ready' })
    expect(s.azure.state.groups.get('shop')?.tags).toEqual({})
    expect(s.writes()).not.toContain('resourceGroups.createOrUpdate')
    expect(await s.down(managed())).toEqual({ kind: 'ready' })
    expect([...s.azure.state.groups.keys()]).toEqual(['shop'])
  })

  it('gives our identity its right on a given subnet before the cluster is made in it', async () => {
    const s = await stand()
    const subnet = `/subscriptions/${s.azure.subscription}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/n`
    expect(await s.up(managed(general, { network: { use: { subnet } } }))).toEqual({ kind: 'ready' })
    expect(pools(s).map((pool) => pool.props.vnetSubnetID)).toEqual([subnet, subnet])
    const order = s.writes()
    expect(order.indexOf('roleAssignments.create')).toBeLessThan(order.indexOf('managedClusters.createOrUpdate'))
  })

  it('attaches registries by a right of the identity of the kubelet', async () => {
    const s = await stand()
    const registry = `/subscriptions/${s.azure.subscription}/resourceGroups/reg/providers/Microsoft.ContainerRegistry/registries/acme`
    expect(await s.up(managed(general, { registries: [registry] }))).toEqual({ kind: 'ready' })
    const kubelet = Object(cluster(s)?.props['identityProfile']).kubeletidentity.objectId
    const given = [...s.azure.state.assignments.values()].find((each) => each.scope === registry)
    expect(given).toMatchObject({ principalId: kubelet, principalType: 'ServicePrincipal' })
    expect(given?.roleDefinitionId).toMatch(/7f951dda-4ed3-4680-a7ca-43fe172d538d$/)
    await s.up(managed(general))
    expect([...s.azure.state.assignments.values()].some((each) => each.scope === registry)).toBe(false)
  })

  it('takes a right that somebody else gave already for given, and leaves it there', async () => {
    const s = await stand()
    addGroup(s.azure, 'shop')
    await s.up(managed())
    const scope = cluster(s)?.id ?? ''
    const principalId = '44444444-4444-4444-8444-444444444444'
    const role = '7f6c6a51-bcf8-42ba-9220-52d62157d7db'
    const name = '55555555-5555-4555-8555-555555555555'
    s.azure.state.assignments.set(s.azure.state.key(scope, name), {
      ...{ id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, name, scope, principalId },
      ...{ roleDefinitionId: `/x/${role}`, principalType: 'User' },
    })
    const target = managed(general, { access: [{ principal: principalId, role: 'view' }] })
    expect(await s.up(target)).toEqual({ kind: 'ready' })
    expect(await s.down(target)).toEqual({ kind: 'ready' })
    expect([...s.azure.state.assignments.values()].map((each) => each.name)).toEqual([name])
  })
})

describe.skipIf(missing !== null)('a used cluster', () => {
  it('gets a declared pool beside the existing ones and loses it again; nothing without our tags is written', async () => {
    const s = await stand()
    await s.up(managed())
    const record = cluster(s)
    if (record === undefined) throw new Error('no cluster')
    record.tags = {}
    for (const group of s.azure.state.groups.values()) group.tags = {}
    s.azure.state.identities.clear()
    for (const pool of record.pools.values()) pool.props = { ...pool.props, tags: {} }
    const before = pools(s).map((pool) => pool.name)
    s.writes()
    const used = aksTarget({}, { extra: { instances: ['Standard_D4s_v5'], min: 0, max: 2 } })
    expect(await s.up(used)).toEqual({ kind: 'ready' })
    expect(pools(s)).toHaveLength(before.length + 1)
    expect(await s.down(used)).toEqual({ kind: 'ready' })
    expect(pools(s).map((pool) => pool.name)).toEqual(before)
    expect(s.writes()).toEqual(expect.arrayContaining(['agentPools.createOrUpdate', 'agentPools.delete']))
  })
})

describe.skipIf(missing !== null)('pools', () => {
  it('changes min, max, labels and taints in place, and never writes a count again', async () => {
    const s = await stand()
    await s.up(managed())
    const [pool] = userPools(s)
    // The autoscaler has grown it.
    if (pool !== undefined) pool.props = { ...pool.props, count: 4 }
    const name = pool?.name
    const next = { general: { ...general.general, max: 12, labels: { tier: 'web' }, taints: ['k=v:NoSchedule'] } }
    expect(await s.up(managed(next))).toEqual({ kind: 'ready' })
    expect(userPools(s)).toMatchObject([
      { name, props: { count: 4, maxCount: 12, nodeLabels: { tier: 'web' }, nodeTaints: ['k=v:NoSchedule'] } },
    ])
    const sent = s.azure.journal.filter((each) => each.operation === 'agentPools.createOrUpdate')
    expect(sent.map((each) => Object(each.body).properties.count)).toEqual([1, undefined])
  })

  it('raises a min above the present count in two steps, and says so', async () => {
    const s = await stand()
    await s.up(managed())
    const next = { general: { ...general.general, min: 3 } }
    expect(await s.up(managed(next))).toEqual({ kind: 'ready' })
    expect(userPools(s)[0]?.props).toMatchObject({ enableAutoScaling: true, minCount: 3, maxCount: 10, count: 3 })
    expect(s.said.some((line) => line.includes('AKS refuses a min above the present count'))).toBe(true)
  })

  it('replaces a pool whose size changes: the new one is up before the old one goes', async () => {
    const s = await stand()
    await s.up(managed())
    s.writes()
    const next = { general: { ...general.general, instances: ['Standard_D8s_v5'] } }
    expect(await s.up(managed(next))).toEqual({ kind: 'ready' })
    expect(userPools(s).map((pool) => pool.props.vmSize)).toEqual(['Standard_D8s_v5'])
    expect(s.writes()).toEqual(['agentPools.createOrUpdate', 'agentPools.delete'])
  })

  it('makes spot and on-demand pools of one declared pool, and takes the taint of AKS for expected', async () => {
    const s = await stand()
    const both = { general: { ...general.general, capacity: ['spot', 'on-demand'] } }
    expect(await s.up(managed(both))).toEqual({ kind: 'ready' })
    expect(userPools(s).map(({ props }) => props.scaleSetPriority ?? 'Regular')).toEqual(['Spot', 'Regular'])
    expect(userPools(s)[0]?.props).toMatchObject({
      scaleSetEvictionPolicy: 'Delete',
      spotMaxPrice: -1,
      nodeTaints: ['kubernetes.azure.com/scalesetpriority=spot:NoSchedule'],
    })
    expect(cluster(s)?.props['autoScalerProfile']).toMatchObject({ expander: 'priority' })
    const [spot, regular] = userPools(s)
    expect([...s.inner.values()]).toMatchObject([
      { data: { priorities: `100:\n  - ^aks-${spot?.name}-.*\n90:\n  - ^aks-${regular?.name}-.*` } },
    ])
    s.writes()
    await s.up(managed(both))
    expect(s.writes()).toEqual([])
  })

  it('installs the driver on GPU pools, with label and taint, and cuts cards where a MIG profile is asked for', async () => {
    const s = await stand()
    const gpu = { cards: { gpu: { models: ['a100'], count: 1, mig: '3g.40gb' }, min: 0, max: 2 } }
    const target = aksTarget({ location: 'eastus', create: { version: '1.36' } }, gpu)
    expect(await s.up(target)).toEqual({ kind: 'ready' })
    expect(userPools(s)[0]?.props).toMatchObject({
      gpuProfile: { driver: 'Install' },
      gpuInstanceProfile: 'MIG3g',
      nodeTaints: ['nvidia.com/gpu=present:NoSchedule'],
      count: 0,
    })
  })

  it.each([
    ['SkuNotAvailable', 'The requested size is currently not available'],
    ['AllocationFailed', 'Allocation failed. There is not enough capacity'],
  ])(
    'takes the next size when the first ends in %s, shows the cause and leaves no failed pool',
    async (code, message) => {
      const s = await stand()
      const target = managed({ p: { cpu: 4, memory: '16GiB', min: 1, max: 3 } })
      const first = (await s.look(target)).pools[0]?.groups[0]?.types[0]?.instanceType ?? ''
      s.azure.state.shortages.set(first, { code, message })
      expect(await s.up(target)).toEqual({ kind: 'ready' })
      expect(userPools(s)).toHaveLength(1)
      expect(userPools(s)[0]?.props.vmSize).not.toBe(first)
      expect(s.said.filter((line) => line.includes('next candidate'))).toEqual([expect.stringContaining(message)])
    },
  )

  it('takes the next size when the quota of a family is reached at the end of the operation', async () => {
    const s = await stand()
    await s.up(managed())
    const target = managed({ ...general, p: { instances: ['Standard_D8s_v5', 'Standard_E8s_v5'], min: 1, max: 3 } })
    s.azure.faults.end({
      operation: 'agentPools.createOrUpdate',
      times: 1,
      ending: {
        kind: 'failed',
        error: { code: 'OperationNotAllowed', message: 'exceeding approved standardDSv5Family Cores quota.' },
      },
    })
    expect(await s.up(target)).toEqual({ kind: 'ready' })
    expect(userPools(s).map(({ props }) => props.vmSize)).toEqual(['Standard_D4s_v5', 'Standard_E8s_v5'])
  })
})

describe.skipIf(missing !== null)('conflicts and crashes', () => {
  const mismatch = {
    kind: 'error',
    status: 412,
    body: { code: 'PreConditionFailed', message: 'Etag mismatched' },
  } as const

  it('reads again and repeats once after an eTag conflict', async () => {
    const s = await stand()
    await s.up(managed())
    s.azure.faults.add({ operation: 'agentPools.createOrUpdate', times: 1, fault: mismatch })
    expect(await s.up(managed({ general: { ...general.general, max: 11 } }))).toEqual({ kind: 'ready' })
    expect(userPools(s)[0]?.props.maxCount).toBe(11)
  })

  it('ends with both values after a second conflict', async () => {
    const s = await stand()
    await s.up(managed())
    s.azure.faults.add({ operation: 'agentPools.createOrUpdate', times: 2, fault: mismatch })
    const up = s.up(managed({ general: { ...general.general, max: 11 } }))
    await expect(up).rejects.toMatchObject({ code: 'Conflict', details: { diagnostic: 'SP4508' } })
    await expect(up).rejects.toThrow('maxCount is 10, 11 is wanted')
  })

  it('waits by reading while an operation of somebody else is under way', async () => {
    const s = await stand()
    await s.up(managed())
    const record = cluster(s)
    if (record === undefined) throw new Error('no cluster')
    const target = managed({ general: { ...general.general, max: 11 } })
    const action = (await s.plan(target)).actions[0]
    if (action === undefined) throw new Error('nothing to do')
    const path =
      '/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod?api-version=2026-06-01'
    await sendArm(s.azure, { method: 'PATCH', path, body: { tags: { ...record.tags, other: 'x' } } })
    s.writes()
    const told: string[] = []
    const context = {
      app: '',
      release: 0,
      signal: AbortSignal.timeout(5_000),
      progress: (m: string) => void told.push(m),
    }
    expect(await s.provider().infrastructure?.apply(target, action, context)).toMatchObject({ changed: true })
    expect(told).toEqual([expect.stringContaining('waits for cluster shop-prod (Updating)')])
    expect(s.writes()).toEqual(['agentPools.createOrUpdate'])
  })

  it('sends a write again whose answer was lost, and finds what it made', async () => {
    const s = await stand()
    s.azure.faults.add({ operation: 'managedClusters.createOrUpdate', times: 1, fault: { kind: 'dropAfter' } })
    s.azure.faults.add({ operation: 'agentPools.createOrUpdate', times: 1, fault: { kind: 'dropAfter' } })
    expect(await s.up(managed())).toEqual({ kind: 'ready' })
    expect(pools(s)).toHaveLength(2)
  })

  it('goes by the resource where the status of an operation is lost or stuck', async () => {
    const s = await stand()
    s.azure.faults.end({ operation: 'managedClusters.createOrUpdate', times: 1, ending: { kind: 'stuck' } })
    s.azure.faults.end({ operation: 'agentPools.createOrUpdate', times: 1, ending: { kind: 'statusLost' } })
    expect(await s.up(managed())).toEqual({ kind: 'ready' })
  })

  it('asks again for a pool that failed while nobody watched', async () => {
    const s = await stand()
    await s.up(managed({}))
    s.azure.faults.end({
      operation: 'agentPools.createOrUpdate',
      times: 1,
      ending: { kind: 'failed', error: { code: 'InternalOperationError', message: 'broken' } },
    })
    const first = await s.up(managed())
    expect(first).toMatchObject({ kind: 'failed', reason: expect.stringContaining('broken') })
    await s.restart()
    expect(await s.up(managed())).toEqual({ kind: 'ready' })
    expect(userPools(s)[0]?.props.provisioningState).toBe('Succeeded')
  })
})

describe.skipIf(missing !== null)('upgrade', () => {
  it('goes up one minor at a time, the control plane first and the pools after', async () => {
    const s = await stand()
    const at = (version: string) => aksTarget({ create: { version } }, general)
    await s.up(at('1.34'))
    s.writes()
    expect(await s.up(at('1.36'))).toEqual({ kind: 'ready' })
    expect(cluster(s)?.props.currentKubernetesVersion).toMatch(/^1\.36\./)
    for (const pool of pools(s)) expect(pool.props.currentOrchestratorVersion).toMatch(/^1\.36\./)
    expect(s.writes().filter((each) => each === 'managedClusters.createOrUpdate')).toHaveLength(2)
  })
})

describe.skipIf(missing !== null)('destroy', () => {
  it('deletes pools, rights, cluster, identity and the group that is ours, and leaves nothing', async () => {
    const s = await stand()
    await s.up(managed())
    expect(await s.down(managed())).toEqual({ kind: 'ready' })
    const { clusters, groups, identities, assignments } = s.azure.state
    expect([clusters.size, groups.size, identities.size, assignments.size]).toEqual([0, 0, 0, 0])
    const left = await s.provider().infrastructure?.leftovers(managed(), s.fleet, AbortSignal.timeout(5_000))
    expect(left).toEqual([])
  })

  it('keeps a resource group of ours that holds something of others, and names it', async () => {
    const s = await stand()
    await s.up(managed())
    const id = `/subscriptions/${s.azure.subscription}/resourceGroups/shop/providers/Microsoft.Compute/disks/d`
    s.azure.state.others.set('d', { id, name: 'precious', type: 'Microsoft.Compute/disks', location: 'westeurope' })
    await expect(s.down(managed())).rejects.toMatchObject({ code: 'Conflict', details: { diagnostic: 'SP4509' } })
    expect(s.azure.state.groups.has('shop')).toBe(true)
    expect(s.azure.state.others.size).toBe(1)
  })

  it('refuses to delete a protected cluster', async () => {
    const s = await stand()
    await s.up(managed(general, { protect: true }))
    await expect(s.down(managed())).rejects.toMatchObject({ code: 'Forbidden', details: { diagnostic: 'SP4509' } })
    expect(cluster(s)?.props.provisioningState).toBe('Succeeded')
  })
})

describe.skipIf(missing !== null)('pins', () => {
  it('refuses another tenant before anything is read or changed', async () => {
    const s = await stand()
    const target = aksTarget({ tenant: '99999999-9999-4999-8999-999999999999', create: {} }, general)
    await expect(s.look(target)).rejects.toThrow('azure is pinned to 99999999-9999-4999-8999-999999999999')
    expect(s.azure.journal).toEqual([])
  })
})
