// The parts around AKS: what ARM checks of every request, groups, roles, identities, sizes, and sign-in by the real
// credentials. Never checked against Azure.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ContainerServiceClient } from '@azure/arm-containerservice'
import { ClientSecretCredential, WorkloadIdentityCredential } from '@azure/identity'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AKS_SERVER_APP, makeTls, missingForFakeAzure, type Tls } from './index.ts'
import { createStand, type Stand } from './stand.ts'

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

const GROUP = '/resourceGroups/shop?api-version=2025-04-01'
const CLUSTER = '/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop'
const status = (statusCode: number) => expect.objectContaining({ statusCode })

describe.skipIf(missing !== null)(`ARM of the stand-in (${missing ?? 'types found'})`, () => {
  it.each([
    ['a member that nobody knows', { location: 'x', properties: { colour: 'red' } }, /colour: is no member/],
    ['a wrong type', { location: 'x', properties: { enableRBAC: 'yes' } }, /"yes" is not true or false/],
    ['a value outside its list', { location: 'x', sku: { name: 'Basic' } }, /one of Base, Automatic/],
    ['what only the service writes', { location: 'x', properties: { fqdn: 'x' } }, /fqdn: is written by the service/],
    ['what is missing', { properties: {} }, /location: is missing/],
  ])('refuses a body with %s, and remembers it', async (_, body, words) => {
    const path = `${CLUSTER}?api-version=2026-06-01`
    await expect(on.arm({ method: 'PUT', path, body })).rejects.toThrow(words)
    expect(on.azure.violations).toEqual([expect.stringMatching(words)])
    expect(on.azure.state.clusters.size).toBe(0)
  })

  it('refuses other versions, no version, and routes that it does not know', async () => {
    await expect(on.arm({ path: `${CLUSTER}?api-version=2020-01-01` })).rejects.toEqual(status(400))
    await expect(on.arm({ path: CLUSTER })).rejects.toEqual(status(400))
    await expect(on.arm({ path: '/nowhere?api-version=2025-04-01' })).rejects.toEqual(status(404))
    expect(on.azure.violations).toHaveLength(3)
  })

  it('refuses tokens for another audience, expired ones, and none', async () => {
    const { url, ca, subscription, entra } = on.azure
    const client = (scope: string) =>
      new ContainerServiceClient({ getToken: () => on.azure.credential.getToken(scope) }, subscription, {
        endpoint: url,
        tlsOptions: { ca },
      })
    await expect(client(`${AKS_SERVER_APP}/.default`).managedClusters.get('rg', 'shop')).rejects.toEqual(status(401))
    expect(on.azure.violations).toEqual([`a token for ${AKS_SERVER_APP} was shown to ARM`])
    await on.made()
    const { token } = entra.issue('https://management.azure.com/.default')
    const kept = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) }
    const same = new ContainerServiceClient(kept, subscription, { endpoint: url, tlsOptions: { ca } })
    expect(await same.managedClusters.get('rg', 'shop')).toMatchObject({ name: 'shop' })
    entra.expireAll()
    await expect(same.managedClusters.get('rg', 'shop')).rejects.toMatchObject({ code: 'ExpiredAuthenticationToken' })
  })

  it('makes groups, lists them by tag, and removes them with all that is in them', async () => {
    const tags = { 'stormport.fleet': 'acme' }
    const { status: made } = await on.arm({ method: 'PUT', path: GROUP, body: { location: 'westeurope', tags } })
    expect(made).toBe(201)
    const filter = encodeURIComponent("tagName eq 'stormport.fleet' and tagValue eq 'acme'")
    const listed = await on.arm({ path: `/resourcegroups?api-version=2025-04-01&$filter=${filter}` })
    expect(listed.body).toMatchObject({ value: [{ name: 'shop', properties: { provisioningState: 'Succeeded' } }] })
    await on.made()
    const { status: accepted, headers } = await on.arm({
      method: 'DELETE',
      path: '/resourceGroups/rg?api-version=2025-04-01',
    })
    expect(accepted).toBe(202)
    expect((await on.arm({ path: headers.location ?? '' })).status).toBe(202)
    await expect(on.make()).rejects.toMatchObject({ code: 'ResourceGroupBeingDeleted' })
    on.later()
    expect((await on.arm({ path: headers.location ?? '' })).status).toBe(200)
    expect(on.azure.state.clusters.size).toBe(0)
  })

  it('finds every resource of a fleet by its tag', async () => {
    await on.made({ tags: { fleet: 'acme' } })
    const filter = encodeURIComponent("tagName eq 'fleet' and tagValue eq 'acme'")
    const { body } = await on.arm({ path: `/resources?api-version=2025-04-01&$filter=${filter}` })
    expect(body).toMatchObject({ value: [{ type: 'Microsoft.ContainerService/managedClusters', name: 'shop' }] })
  })

  it('assigns roles by a name of the caller, again without harm, and removes them', async () => {
    const at = '/resourceGroups/rg/providers/Microsoft.Authorization/roleAssignments'
    const path = `${at}/aaaaaaaa-0000-4000-8000-000000000001?api-version=2022-04-01`
    const properties = { roleDefinitionId: '/x/roleDefinitions/r', principalId: 'p', principalType: 'ServicePrincipal' }
    const assign = () => on.arm({ method: 'PUT', path, body: { properties } })
    expect((await assign()).status).toBe(201)
    expect((await assign()).status).toBe(200)
    const filter = encodeURIComponent("principalId eq 'p'")
    const { body } = await on.arm({ path: `${at}?api-version=2022-04-01&$filter=${filter}` })
    expect(body).toMatchObject({ value: [{ properties: { principalId: 'p' } }] })
    expect((await on.arm({ method: 'DELETE', path })).status).toBe(200)
    expect((await on.arm({ method: 'DELETE', path })).status).toBe(204)
  })

  it('finds roles by name, and no subscription but its own', async () => {
    const filter = encodeURIComponent("roleName eq 'AcrPull'")
    const at = '/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01'
    const { body } = await on.arm({ path: `${at}&$filter=${filter}` })
    expect(body).toMatchObject({ value: [{ name: '7f951dda-4ed3-4680-a7ca-43fe172d538d' }] })
    const path = `${on.azure.url}/subscriptions/99999999-0000-4000-8000-000000000000?api-version=2022-12-01`
    await expect(on.arm({ path })).rejects.toThrow(/could not be found/)
  })

  it('lists sizes, saved ones where it has them, and the use of quotas', async () => {
    const skus = async (location: string) =>
      (await on.arm({
        path: `/providers/Microsoft.Compute/skus?api-version=2021-07-01&$filter=${encodeURIComponent(`location eq '${location}'`)}`,
      })) as { body: { value: { name: string; family: string; tier: string }[] } }
    const saved = (await skus('southcentralus')).body.value
    expect(saved.find((each) => each.name === 'Standard_NC16as_T4_v3')).toMatchObject({
      family: 'Standard NCASv3_T4 Family',
    })
    expect((await skus('westeurope')).body.value.length).toBeGreaterThan(100)
    await on.made()
    const path = '/providers/Microsoft.Compute/locations/westeurope/usages?api-version=2026-04-01'
    const { body } = await on.arm({ path })
    expect(body).toMatchObject({
      value: expect.arrayContaining([
        expect.objectContaining({ name: expect.objectContaining({ value: 'standardDSv5Family' }), currentValue: 4 }),
      ]),
    })
  })

  it('registers providers', async () => {
    on.azure.state.registered.delete('microsoft.compute')
    const path = '/providers/Microsoft.Compute'
    const state = async () => (await on.arm({ path: `${path}?api-version=2025-04-01` })).body
    expect(await state()).toMatchObject({ registrationState: 'NotRegistered' })
    await on.arm({ method: 'POST', path: `${path}/register?api-version=2025-04-01` })
    expect(await state()).toMatchObject({ registrationState: 'Registered' })
  })
})

describe.skipIf(missing !== null)('Entra of the stand-in', () => {
  const options = () => ({
    authorityHost: on.azure.url,
    disableInstanceDiscovery: true,
    tlsOptions: { ca: on.azure.ca },
  })
  const secretOf = (secret: string) =>
    new ClientSecretCredential(on.azure.tenant, on.azure.principal.clientId, secret, options())
  const list = async (credential: ClientSecretCredential | WorkloadIdentityCredential) => {
    const client = new ContainerServiceClient(credential, on.azure.subscription, {
      endpoint: on.azure.url,
      tlsOptions: { ca: on.azure.ca },
    })
    return client.managedClusters.get('rg', 'shop')
  }

  it('lets a client secret in, and no wrong one', async () => {
    await on.made()
    expect(await list(secretOf(on.azure.principal.clientSecret))).toMatchObject({ name: 'shop' })
    await expect(list(secretOf('wrong'))).rejects.toThrow(/AADSTS7000215/)
    on.azure.entra.refuse('AADSTS7000222: The provided client secret keys are expired.')
    await expect(list(secretOf(on.azure.principal.clientSecret))).rejects.toThrow(/AADSTS7000222/)
  })

  it('lets a workload in by the token of its service account', async () => {
    await on.made()
    const folder = await mkdtemp(join(tmpdir(), 'workload-'))
    const tokenFilePath = join(folder, 'token')
    await writeFile(tokenFilePath, 'a.b.c')
    const { tenant: tenantId, principal } = on.azure
    const of = { tenantId, clientId: principal.clientId, tokenFilePath, ...options() }
    try {
      expect(await list(new WorkloadIdentityCredential(of))).toMatchObject({ name: 'shop' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('is found by another process through its environment, with the chain of credentials', async () => {
    await on.made()
    const program = `
      import { DefaultAzureCredential } from '@azure/identity'
      import { ContainerServiceClient } from '@azure/arm-containerservice'
      const { AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_MANAGER_ENDPOINT: endpoint } = process.env
      const credential = new DefaultAzureCredential({ disableInstanceDiscovery: true })
      const client = new ContainerServiceClient(credential, AZURE_SUBSCRIPTION_ID, { endpoint })
      console.log((await client.managedClusters.get('rg', 'shop')).name)`
    const run = promisify(execFile)
    const args = ['--input-type=module', '--eval', program]
    const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname, env: { ...on.azure.env } })
    expect(stdout.trim()).toBe('shop')
  }, 30_000)

  it('tells an API server who a token for the AKS server application belongs to', async () => {
    const review = async (token: string) => {
      const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } })
      return (await fetch(on.azure.tokenReviewUrl, { method: 'POST', body })).json()
    }
    const good = on.azure.entra.issue(`${AKS_SERVER_APP}/.default`).token
    expect(await review(good)).toMatchObject({
      status: { authenticated: true, user: { username: on.azure.principal.objectId } },
    })
    const wrong = on.azure.entra.issue('https://management.azure.com/.default').token
    expect(await review(wrong)).toMatchObject({ status: { authenticated: false } })
  })
})
