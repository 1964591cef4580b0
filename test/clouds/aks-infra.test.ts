// AKS clusters and pools by the engine, the adapter and the real SDK client against the Azure stand-in. Never run on Azure.
import { afterEach, describe, expect, it } from 'vitest'
import type { FakeAzureOptions } from '../fakes/azure/index.ts'
import { addGroup } from '../fakes/azure/stand.ts'
import { type AksStand, aksTarget, createAksStand } from './aks-stand.ts'

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

describe('create', () => {
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
