// The semantics of the stand-in's AKS, each asked for by the real client. Never checked against Azure.
import { type AgentPool, ContainerServiceClient, type ManagedCluster } from '@azure/arm-containerservice'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type FakeAzure, missingForFakeAzure, startFakeAzure } from './index.ts'
import type { Rule } from './rules.ts'

const missing = missingForFakeAzure()
const MINUTE = 60_000
let azure: FakeAzure
let client: ContainerServiceClient
const all: FakeAzure[] = []

const start = async (): Promise<void> => {
  azure = await startFakeAzure()
  all.push(azure)
  client = clientOf(azure)
  azure.state.groups.set('rg', {
    ...{ id: `/subscriptions/${azure.subscription}/resourceGroups/rg`, name: 'rg', location: 'westeurope' },
    ...{ tags: {}, managedBy: null, provisioningState: 'Succeeded' },
  })
}

const clientOf = ({ url, ca, credential, subscription }: FakeAzure): ContainerServiceClient =>
  new ContainerServiceClient(credential, subscription, {
    endpoint: url,
    tlsOptions: { ca },
    retryOptions: { maxRetries: 0 },
  })

afterAll(async () => {
  for (const each of all) await each.close()
})

const system = { name: 'system', mode: 'System', count: 1, vmSize: 'Standard_D4s_v5', osType: 'Linux' }
const cluster = (over: Partial<ManagedCluster> = {}): ManagedCluster => ({
  location: 'westeurope',
  dnsPrefix: 'shop',
  kubernetesVersion: '1.35',
  identity: { type: 'SystemAssigned' },
  agentPoolProfiles: [system],
  ...over,
})
/** The request is sent and accepted; nobody polls. */
const make = (over?: Partial<ManagedCluster>, name = 'shop') =>
  client.managedClusters.createOrUpdate('rg', name, cluster(over)).submitted()
const made = async (over?: Partial<ManagedCluster>): Promise<void> => {
  await make(over)
  azure.clock.advance(10 * MINUTE)
}
const pool = (over: AgentPool = {}, name = 'web') =>
  client.agentPools
    .createOrUpdate('rg', 'shop', name, { vmSize: 'Standard_D4s_v5', mode: 'User', count: 1, ...over })
    .submitted()
const seen = () => client.managedClusters.get('rg', 'shop')
const seenPool = (name = 'web') => client.agentPools.get('rg', 'shop', name)

describe.skipIf(missing !== null)(`the Azure stand-in (${missing ?? 'types found'})`, () => {
  beforeEach(start)

  it('makes a cluster that is Creating until its time has come', async () => {
    await make({ oidcIssuerProfile: { enabled: true } })
    expect(await seen()).toMatchObject({ provisioningState: 'Creating' })
    azure.clock.advance(5 * MINUTE)
    const cluster = await seen()
    expect(cluster).toMatchObject({
      provisioningState: 'Succeeded',
      currentKubernetesVersion: '1.35.5',
      powerState: { code: 'Running' },
      oidcIssuerProfile: { issuerURL: expect.stringContaining('https://') },
      agentPoolProfiles: [{ name: 'system', count: 1, provisioningState: 'Succeeded' }],
    })
    expect(cluster.identityProfile?.kubeletidentity?.objectId).toMatch(/^0/)
    expect(azure.defects).toEqual([])
    expect(azure.violations).toEqual([])
  })
})
