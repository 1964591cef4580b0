// AKS by the built command line, as a user runs it: the Azure stand-in over TLS with its Entra, and behind its clusters a real
// API server that asks the stand-in who a token belongs to. Never run on Azure.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Plane, startPlane } from '../../clusters/index.ts'
import { createWorld, type Ran, type World } from '../../e2e/world.ts'
import { AKS_SERVER_APP, type FakeAzure, missingForFakeAzure, startFakeAzure } from '../../fakes/azure/index.ts'

const NODES = [1, 2].map((n) => ({ name: `node-${n}`, cpu: '8', memory: '16Gi' }))

const COMPOSE = `name: harbour
services:
  web:
    image: registry.example/web:1
    ports: ["80:8080"]
    deploy: { replicas: 2 }
  cache:
    image: registry.example/redis:1
`

const fleet = (tenant: string, subscription: string): string => `name: acme
targets:
  azure:
    provider: aks
    tenant: "${tenant}"
    subscription: "${subscription}"
    resourceGroup: shop
    location: westeurope
    cluster: shop-prod
    create: { version: "1.36" }
    pools:
      general: { instances: [Standard_D4s_v5], min: 0, max: 4 }
`

/** The stand-in holds every request against types that lie beside the project. */
const missing = missingForFakeAzure()

describe.skipIf(missing !== null)(`an AKS target (${missing ?? 'types found'})`, { timeout: 300_000 }, () => {
  let azure: FakeAzure
  let plane: Plane
  let w: World
  beforeAll(async () => {
    // A minute with each call: what a cloud takes five minutes for passes while it is asked about.
    azure = await startFakeAzure({ plane: () => plane, tickMs: 60_000 })
    plane = await startPlane({ name: 'aks', nodes: NODES, webhookToken: azure.tokenReviewUrl })
    w = createWorld({ env: { ...azure.env, AZURE_RESOURCE_MANAGER_ENDPOINT: azure.url } })
    w.write('compose.yaml', COMPOSE)
    w.write('stormport.yaml', fleet(azure.tenant, azure.subscription))
  })
  afterAll(async () => {
    const { defects, violations } = azure
    // The world asks without letting this process answer: it gets a file without the target.
    w?.write('stormport.yaml', 'name: acme\n')
    await w?.end()
    await plane?.stop()
    await azure?.close()
    expect([defects, violations]).toEqual([[], []])
  })

  /** The stand-in lives in this process, so that the command must not block it. */
  const run = (...args: readonly string[]): Promise<Ran> => w.start(...args).ended
  const deploy = (...args: readonly string[]): Promise<Ran> =>
    run('deploy', '--no-resolve', '--timeout', '120s', '--yes', '--allow', 'spend', ...args)
  let seen = 0
  const writes = (): readonly string[] => {
    const since = azure.journal.slice(seen)
    seen = azure.journal.length
    return since.filter((entry) => entry.mutating && entry.error === null).map((entry) => entry.operation)
  }

  it('refuses another tenant than the pinned one before anything is made: exit 4', async () => {
    w.write('stormport.yaml', fleet('99999999-9999-4999-8999-999999999999', azure.subscription))
    const ran = await deploy()
    expect([ran.code, writes()]).toEqual([4, []])
    w.write('stormport.yaml', fleet(azure.tenant, azure.subscription))
  })

  it('is made and gets the application, in one command, by a token without kubelogin', async () => {
    const ran = await deploy()
    expect(ran.code, ran.all).toBe(0)
    const ready = await plane.api.request<{ status: { readyReplicas: number } }>(
      'GET',
      '/apis/apps/v1/namespaces/harbour/deployments/web',
    )
    expect(ready.status.readyReplicas).toBe(2)
    expect(writes()).toEqual(expect.arrayContaining(['managedClusters.createOrUpdate', 'agentPools.createOrUpdate']))
    expect(azure.entra.scopes).toContain(`${AKS_SERVER_APP}/.default`)
    expect(ran.all).not.toContain(azure.principal.clientSecret)
  })

  it('is left alone by a second deploy: no mutating call to the cloud', async () => {
    const ran = await deploy()
    expect([ran.code, writes()]).toEqual([0, []])
    expect(ran.all).toContain('nothing to change')
  })

  it('goes with destroy --clusters: application, pools, cluster, rights and group', async () => {
    const ran = await run('destroy', '--volumes', '--clusters', '--yes', '--allow', 'destroy', '--timeout', '120s')
    expect(ran.code, ran.all).toBe(0)
    const { clusters, groups, identities, assignments } = azure.state
    expect([clusters.size, groups.size, identities.size, assignments.size]).toEqual([0, 0, 0, 0])
  })
})
