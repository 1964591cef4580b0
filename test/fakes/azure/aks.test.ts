// What clusters and pools of the stand-in do, asked for by the real client. Never checked against Azure.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeTls, missingForFakeAzure, type Tls } from './index.ts'
import { cluster, createStand, type Stand, SYSTEM_POOL } from './stand.ts'

const missing = missingForFakeAzure()
let on: Stand
const all: Stand[] = []
let tls: Tls
beforeAll(async () => {
  tls = await makeTls()
})

beforeEach(async () => {
  if (missing !== null) return
  on = await createStand({ tls })
  all.push(on)
})
afterAll(async () => {
  for (const { azure } of all) {
    expect(azure.defects).toEqual([])
    await azure.close()
  }
  await tls.remove()
})

const kubeconfigOf = (results: { kubeconfigs?: { value?: Uint8Array }[] }): unknown =>
  JSON.parse(Buffer.from(results.kubeconfigs?.[0]?.value ?? []).toString())

describe.skipIf(missing !== null)(`clusters of the Azure stand-in (${missing ?? 'types found'})`, () => {
  it('are Creating until their time has come', async () => {
    await on.make({ oidcIssuerProfile: { enabled: true } })
    expect(await on.seen()).toMatchObject({ provisioningState: 'Creating' })
    on.later(5)
    const found = await on.seen()
    expect(found).toMatchObject({
      provisioningState: 'Succeeded',
      currentKubernetesVersion: '1.35.5',
      powerState: { code: 'Running' },
      oidcIssuerProfile: { issuerURL: expect.stringContaining('https://') },
      agentPoolProfiles: [{ name: 'system', count: 1, provisioningState: 'Succeeded' }],
    })
    expect(found.identityProfile?.kubeletidentity?.objectId).toBeDefined()
    expect(on.azure.violations).toEqual([])
  })

  it('go up one minor after the other, their pools after them', async () => {
    await on.made()
    const { controlPlaneProfile } = await on.client.managedClusters.getUpgradeProfile('rg', 'shop')
    expect(controlPlaneProfile.upgrades?.map((each) => each.kubernetesVersion)).toEqual(['1.36.1', '1.36.2'])
    await on.make({ kubernetesVersion: '1.36' })
    expect(await on.seen()).toMatchObject({ provisioningState: 'Upgrading', currentKubernetesVersion: '1.35.5' })
    on.later()
    expect(await on.seen()).toMatchObject({ currentKubernetesVersion: '1.36.2' })
    expect(await on.seenPool('system')).toMatchObject({ currentOrchestratorVersion: '1.35.5' })
    await on.madePool({ ...SYSTEM_POOL, orchestratorVersion: '1.36' }, 'system')
    expect(await on.seenPool('system')).toMatchObject({ currentOrchestratorVersion: '1.36.2' })
  })

  it('keep pools that a change of theirs leaves out', async () => {
    await on.made()
    await on.madePool()
    await on.make({ tags: { a: 'b' } })
    on.later()
    expect((await on.seen()).agentPoolProfiles?.map((each) => each.name)).toEqual(['system', 'web'])
  })

  it('stop and start, and are deleted with the group of their nodes', async () => {
    await on.made()
    await on.client.managedClusters.stop('rg', 'shop').submitted()
    on.later()
    expect(await on.seen()).toMatchObject({ powerState: { code: 'Stopped' } })
    await on.client.managedClusters.start('rg', 'shop').submitted()
    on.later()
    expect(await on.seen()).toMatchObject({ powerState: { code: 'Running' } })
    expect([...on.azure.state.groups.keys()]).toEqual(['rg', 'mc_rg_shop_westeurope'])
    await on.client.managedClusters.delete('rg', 'shop').submitted()
    on.later()
    await expect(on.seen()).rejects.toMatchObject({ statusCode: 404 })
    expect([...on.azure.state.groups.keys()]).toEqual(['rg'])
    await expect(on.client.managedClusters.delete('rg', 'shop')).resolves.toBeUndefined()
  })

  it('hand out a kubelogin kubeconfig with Entra, and an administrator where local accounts are on', async () => {
    await on.made({ aadProfile: { managed: true, enableAzureRbac: true } })
    const user = kubeconfigOf(await on.client.managedClusters.listClusterUserCredentials('rg', 'shop'))
    expect(user).toMatchObject({
      users: [{ user: { exec: { command: 'kubelogin', args: expect.arrayContaining(['--server-id']) } } }],
    })
    const admin = kubeconfigOf(await on.client.managedClusters.listClusterAdminCredentials('rg', 'shop'))
    expect(admin).toMatchObject({ users: [{ name: 'clusterAdmin_rg_shop' }] })
  })

  it('list the versions of a region, and themselves', async () => {
    await on.made()
    const { values } = await on.client.managedClusters.listKubernetesVersions('westeurope')
    expect(values?.map((each) => each.version)).toEqual(['1.34', '1.35', '1.36', '1.37'])
    const names = []
    for await (const each of on.client.managedClusters.listByResourceGroup('rg')) names.push(each.name)
    for await (const each of on.client.managedClusters.list()) names.push(each.name)
    expect(names).toEqual(['shop', 'shop'])
  })
})

describe.skipIf(missing !== null)('pools of the Azure stand-in', () => {
  it('come, grow, are emptied of single machines, and go', async () => {
    await on.made()
    await on.madePool({ count: 2 })
    await on.pool({ count: 3 })
    expect(await on.seenPool()).toMatchObject({ provisioningState: 'Scaling' })
    on.later()
    const names = []
    for await (const each of on.client.machines.list('rg', 'shop', 'web')) names.push(each.name ?? '')
    expect(names).toEqual(['0', '1', '2'].map((i) => `aks-web-12345678-vmss00000${i}`))
    await on.client.agentPools.deleteMachines('rg', 'shop', 'web', { machineNames: names.slice(0, 1) }).submitted()
    on.later()
    expect(await on.seenPool()).toMatchObject({ count: 2 })
    expect(await on.client.machines.get('rg', 'shop', 'web', names[1] ?? '')).toMatchObject({ name: names[1] })
    await on.client.agentPools.delete('rg', 'shop', 'web', { ignorePodDisruptionBudget: true }).submitted()
    on.later()
    await expect(on.seenPool()).rejects.toMatchObject({ statusCode: 404 })
  })

  it('are stopped one by one, and lose their bounds when they no longer scale', async () => {
    await on.made()
    await on.madePool({ enableAutoScaling: true, minCount: 1, maxCount: 3 })
    await on.madePool({ powerState: { code: 'Stopped' } })
    expect(await on.seenPool()).toMatchObject({ powerState: { code: 'Stopped' }, minCount: 1, maxCount: 3 })
    await on.madePool({ enableAutoScaling: false, count: 2 })
    const found = await on.seenPool()
    expect(found.minCount).toBeUndefined()
    expect(found.count).toBe(2)
  })

  it('are scaled by the autoscaler, and a change that says no count leaves that alone', async () => {
    await on.made()
    await on.madePool({ enableAutoScaling: true, minCount: 1, maxCount: 5 })
    await on.azure.autoscale({ group: 'rg', cluster: 'shop', pool: 'web' }, 4)
    const { client } = on
    const change = { enableAutoScaling: true, minCount: 1, maxCount: 6 }
    await client.agentPools.createOrUpdate('rg', 'shop', 'web', change).submitted()
    on.later()
    expect(await on.seenPool()).toMatchObject({ count: 4, maxCount: 6 })
    await expect(on.pool({ ...change, count: 1 })).rejects.toThrow(/Cannot manually scale/)
  })

  it('get the newest image, and say which versions they may have', async () => {
    await on.made()
    await on.madePool()
    const before = await on.seenPool()
    const { latestNodeImageVersion } = await on.client.agentPools.getUpgradeProfile('rg', 'shop', 'web')
    await on.client.agentPools.upgradeNodeImageVersion('rg', 'shop', 'web').submitted()
    on.later()
    expect(before.nodeImageVersion).not.toBe(latestNodeImageVersion)
    expect(await on.seenPool()).toMatchObject({ nodeImageVersion: latestNodeImageVersion })
    const { agentPoolVersions } = await on.client.agentPools.getAvailableAgentPoolVersions('rg', 'shop')
    expect(agentPoolVersions?.at(-1)).toMatchObject({ kubernetesVersion: '1.35.5', default: true })
  })

  it('fail where no machine is to be had, and can be asked for again', async () => {
    await on.made()
    const error = { code: 'SkuNotAvailable', message: 'The requested size is not available in westeurope.' }
    on.azure.state.shortages.set('Spot/Standard_D4s_v5', error)
    await on.pool({ scaleSetPriority: 'Spot' })
    on.later()
    expect(await on.seenPool()).toMatchObject({ provisioningState: 'Failed' })
    expect(on.azure.state.clusters.get('rg/shop')?.pools.get('web')?.machines).toEqual([])
    await on.madePool({}, 'ondemand')
    expect(await on.seenPool('ondemand')).toMatchObject({ provisioningState: 'Succeeded' })
    on.azure.state.shortages.clear()
    await on.madePool({ scaleSetPriority: 'Spot' })
    expect(await on.seenPool()).toMatchObject({ provisioningState: 'Succeeded' })
  })
})

describe.skipIf(missing !== null)('eTags of the Azure stand-in', () => {
  const put = (options: { ifMatch?: string; ifNoneMatch?: string }) =>
    on.client.managedClusters.createOrUpdate('rg', 'shop', cluster(), options).submitted()

  it('close the race of two makers, and refuse both headers at once', async () => {
    await put({ ifNoneMatch: '*' })
    on.later()
    await expect(put({ ifNoneMatch: '*' })).rejects.toMatchObject({ statusCode: 412 })
    await expect(put({ ifNoneMatch: '*', ifMatch: 'x' })).rejects.toMatchObject({ statusCode: 400 })
    await expect(put({ ifNoneMatch: 'x' })).rejects.toMatchObject({ statusCode: 400 })
  })

  it('refuse a change of what is not there', async () => {
    await expect(put({ ifMatch: '*' })).rejects.toMatchObject({ statusCode: 412 })
  })

  it('change with the cluster for both, with a pool for the pool alone', async () => {
    await on.made()
    const first = [(await on.seen()).eTag, (await on.seenPool('system')).eTag]
    await on.madePool({ ...SYSTEM_POOL, count: 2 }, 'system')
    const second = [(await on.seen()).eTag, (await on.seenPool('system')).eTag]
    expect(second[0]).toBe(first[0])
    expect(second[1]).not.toBe(first[1])
    await put({ ifMatch: first[0] ?? '' })
    const third = [(await on.seen()).eTag, (await on.seenPool('system')).eTag]
    expect(third[0]).not.toBe(second[0])
    expect(third[1]).not.toBe(second[1])
    await expect(put({ ifMatch: first[0] ?? '' })).rejects.toMatchObject({ statusCode: 412 })
  })
})
