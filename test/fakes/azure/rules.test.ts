// Each rule of the stand-in beyond the schema: held, and the very thing that refuses; with it switched off the same calls go
// through. Asked for by the real client. Never checked against Azure.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeTls, missingForFakeAzure, type Tls } from './index.ts'
import { RULES, type Rule } from './rules.ts'
import { createStand, type Stand, SYSTEM_POOL } from './stand.ts'

const missing = missingForFakeAzure()
let on: Stand
const all: Stand[] = []
let tls: Tls
beforeAll(async () => {
  tls = await makeTls()
})

const start = async (): Promise<void> => {
  on = await createStand({ tls })
  all.push(on)
}
afterAll(async () => {
  for (const each of all) await each.azure.close()
  await tls.remove()
})

const AUTOSCALED = { enableAutoScaling: true, minCount: 1, maxCount: 3 }
const SPOT = { scaleSetPriority: 'Spot' }
const IDENTITY =
  '/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id?api-version=2023-01-31'
const ACR_PULL = '7f951dda-4ed3-4680-a7ca-43fe172d538d'

const assign = (stand: Stand, name: string, principalId: string) =>
  stand.arm({
    method: 'PUT',
    path: `/resourceGroups/rg/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=2022-04-01`,
    body: {
      properties: {
        roleDefinitionId: `/subscriptions/${stand.azure.subscription}/providers/Microsoft.Authorization/roleDefinitions/${ACR_PULL}`,
        principalId,
      },
    },
  })
const GUIDS = ['aaaaaaaa-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000002'] as const

const federate = (stand: Stand, name: string) =>
  stand.arm({
    method: 'PUT',
    path: IDENTITY.replace('?', `/federatedIdentityCredentials/${name}?`),
    body: { properties: { issuer: 'https://i', subject: 'system:serviceaccount:n:s', audiences: ['api://x'] } },
  })

const makeIdentity = (stand: Stand) => stand.arm({ method: 'PUT', path: IDENTITY, body: { location: 'westeurope' } })

/** Refused by the end of the operation, not by the request. */
const failing = async (work: () => Promise<unknown>): Promise<unknown> => {
  await work()
  on.later()
  const { provisioningState } = await on.seenPool()
  if (provisioningState !== 'Succeeded') throw Object.assign(new Error(provisioningState), { statusCode: 409 })
  return true
}

/** Rules whose breach is no refusal: they have tests of their own below and in the tier with a plane. */
type Shown = 'spotMarks' | 'caseless' | 'devicePlugin' | 'pdbBlocks'

const breaches: Readonly<Record<Exclude<Rule, Shown>, () => Promise<unknown>>> = {
  names: () => on.make({ dnsPrefix: 'x'.repeat(55) }),
  systemPoolAtCreate: () => on.make({ agentPoolProfiles: [{ ...SYSTEM_POOL, mode: 'User' }] }),
  countBounds: async () => {
    await on.made()
    return on.pool({ minCount: 1, maxCount: 3 })
  },
  countAtCreate: async () => {
    await on.made()
    return on.pool({ ...AUTOSCALED, count: 4 })
  },
  manualScale: async () => {
    await on.made()
    await on.madePool(AUTOSCALED)
    return on.pool({ ...AUTOSCALED, count: 2 })
  },
  minOverCount: async () => {
    await on.made()
    await on.madePool(AUTOSCALED)
    return on.pool({ ...AUTOSCALED, minCount: 2 })
  },
  spotFields: async () => {
    await on.made()
    return on.pool({ ...SPOT, upgradeSettings: { maxSurge: '10%' } })
  },
  systemPoolKind: () => on.make({ agentPoolProfiles: [{ ...SYSTEM_POOL, vmSize: 'Standard_B4ms' }] }),
  immutable: async () => {
    await on.made()
    await on.madePool()
    return on.pool({ vmSize: 'Standard_D8s_v5' })
  },
  oneOperation: async () => {
    await on.made()
    await on.pool()
    return on.pool({}, 'other')
  },
  eTags: async () => {
    await on.made()
    return on.client.agentPools.createOrUpdate('rg', 'shop', 'system', SYSTEM_POOL, { ifMatch: 'old' }).submitted()
  },
  lastSystemPool: async () => {
    await on.made()
    return on.client.agentPools.delete('rg', 'shop', 'system').submitted()
  },
  versionServed: () => on.make({ kubernetesVersion: '1.20' }),
  versionSkew: async () => {
    await on.made()
    return on.pool({ orchestratorVersion: '1.36' })
  },
  versionsEqual: () => on.make({ agentPoolProfiles: [{ ...SYSTEM_POOL, orchestratorVersion: '1.34' }] }),
  oneMinor: async () => {
    await on.made()
    return on.make({ kubernetesVersion: '1.37' })
  },
  stopped: async () => {
    await on.made()
    await on.client.managedClusters.stop('rg', 'shop').submitted()
    on.later()
    return on.pool()
  },
  groupExists: async () => {
    on.azure.state.groups.clear()
    return on.make()
  },
  throttling: async () => {
    await on.made()
    for (let i = 0; i <= 60; i += 1) await on.seen()
    return true
  },
  localAccounts: async () => {
    await on.made({ disableLocalAccounts: true, aadProfile: { managed: true } })
    return on.client.managedClusters.listClusterAdminCredentials('rg', 'shop')
  },
  provisioningNeeds: () => on.make({ nodeProvisioningProfile: { mode: 'Auto' } }),
  networkRanges: () => on.make({ networkProfile: { networkPlugin: 'azure', podCidr: '172.30.0.0/16' } }),
  identityNeeds: () => on.make({ securityProfile: { workloadIdentity: { enabled: true } } }),
  ownLabels: async () => {
    await on.made()
    return on.pool({ nodeLabels: { 'kubernetes.azure.com/mine': 'x' } })
  },
  sizeServed: async () => {
    await on.made()
    return on.pool({ vmSize: 'Standard_ZZ4_v9' })
  },
  zoneServed: async () => {
    await on.made()
    return on.pool({ availabilityZones: ['4'] })
  },
  quota: async () => {
    await on.made()
    on.azure.state.quotas.set('standardDSv5Family', 4)
    return failing(() => on.pool())
  },
  migSizes: async () => {
    await on.made()
    return on.pool({ vmSize: 'Standard_NC4as_T4_v3', gpuInstanceProfile: 'MIG1g' })
  },
  poolsByOwnCalls: async () => {
    await on.made()
    return on.make({ agentPoolProfiles: [SYSTEM_POOL, { ...SYSTEM_POOL, name: 'second', mode: 'User' }] })
  },
  poolLimit: async () => {
    await on.made()
    const found = on.azure.state.clusters.get('rg/shop')
    const [first] = found?.pools.values() ?? []
    if (first !== undefined) for (let i = 1; i < 100; i += 1) found?.pools.set(`p${i}`, { ...first, name: `p${i}` })
    return on.pool()
  },
  providerRegistered: () => {
    on.azure.state.registered.delete('microsoft.containerservice')
    return on.make()
  },
  locks: async () => {
    await on.made()
    on.azure.state.locks.add('mc_rg_shop_westeurope')
    return on.client.managedClusters.delete('rg', 'shop').submitted()
  },
  assignmentExists: async () => {
    await assign(on, GUIDS[0], 'someone')
    return assign(on, GUIDS[1], 'someone')
  },
  principalLag: async () => {
    const { body } = await makeIdentity(on)
    const { properties } = body as { readonly properties: { readonly principalId: string } }
    return assign(on, GUIDS[0], properties.principalId)
  },
  tagNames: () => on.make({ tags: { 'stormport.dev/fleet': 'x' } }),
  federation: async () => {
    await makeIdentity(on)
    await federate(on, 'one')
    return federate(on, 'two')
  },
}

describe.skipIf(missing !== null)(`each rule of the Azure stand-in (${missing ?? 'types found'})`, () => {
  beforeEach(start)

  it.each(Object.entries(breaches))('%s is held, and is what refuses the call', async (rule, breach) => {
    await expect(breach()).rejects.toMatchObject({ statusCode: expect.any(Number) })
    await start()
    on.azure.rules.switchOff(rule as Rule)
    await breach()
    expect(on.azure.defects).toEqual([])
    expect(on.azure.violations).toEqual([])
  })

  it('has a breach or a test of its own for every rule', () => {
    const shown: readonly Shown[] = ['spotMarks', 'caseless', 'devicePlugin', 'pdbBlocks']
    expect([...Object.keys(breaches), ...shown].sort()).toEqual(Object.keys(RULES).sort())
  })

  it('spotMarks: a Spot pool gets its label and taint from the service', async () => {
    await on.made()
    await on.madePool({ ...SPOT, nodeTaints: ['a=b:NoSchedule'] })
    expect(await on.seenPool()).toMatchObject({
      spotMaxPrice: -1,
      scaleSetEvictionPolicy: 'Delete',
      nodeLabels: { 'kubernetes.azure.com/scalesetpriority': 'spot' },
      nodeTaints: ['a=b:NoSchedule', 'kubernetes.azure.com/scalesetpriority=spot:NoSchedule'],
    })
    on.azure.rules.switchOff('spotMarks')
    await on.madePool(SPOT, 'bare')
    expect((await on.seenPool('bare')).nodeTaints ?? []).toEqual([])
  })

  it('caseless: ids are the same in any case, and answers keep the case of the first', async () => {
    await on.made()
    expect(await on.client.managedClusters.get('RG', 'Shop')).toMatchObject({ name: 'shop' })
    on.azure.rules.switchOff('caseless')
    await expect(on.client.managedClusters.get('RG', 'Shop')).rejects.toMatchObject({ statusCode: 404 })
  })
})
