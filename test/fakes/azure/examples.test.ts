// The official request bodies, each sent as it stands; the faulty ones are named with
// what is wrong in them. And the stand-in's addresses, held against the installed client's own operation files.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aksOperations } from './aks/operations.ts'
import { catalogSizes } from './aks/sizes.ts'
import { AZURE_DATA, missingForFakeAzure } from './index.ts'
import { loadTypes, type ResourceTypes } from './schema/load.ts'
import { createJudge } from './schema/walk.ts'
import { addGroup, createStand, type Stand } from './stand.ts'

const missing = missingForFakeAzure()

interface Example {
  readonly parameters: Readonly<Record<string, unknown>>
  readonly responses: Readonly<Record<string, { readonly body?: unknown } | null>>
  readonly operationId: string
}

interface Saved {
  readonly file: string
  readonly example: Example
}

const examples: readonly Saved[] = (existsSync(AZURE_DATA) ? readdirSync(AZURE_DATA) : [])
  .filter((name) => name.endsWith('.json'))
  .map((file) => ({ file, example: JSON.parse(readFileSync(join(AZURE_DATA, file), 'utf8')) as Example }))
const creating = examples.filter(({ example }) => /CreateOrUpdate|UpdateTags/.test(example.operationId))

/** What the service itself would refuse in them, by the documents: never golden truth. */
const FAULTY: Readonly<Record<string, RegExp>> = {
  'AgentPools_Update.json': /count was 3|minCount/,
  'ManagedClustersCreate_GPUMIG.json': /"Basic" is not one of Base, Automatic/,
  'ManagedClustersCreate_NodeAutoProvisioning.json': /"Basic" is not one of Base, Automatic/,
  'ManagedClustersCreate_Update.json': /"Basic" is not one of Base, Automatic/,
  'ManagedClustersCreate_UpdateWithEnableAzureRBAC.json': /"Basic" is not one of Base, Automatic/,
}

/** Sizes of the examples that the catalogue no longer has, in their made-up region. */
const OLD_SIZES = ['Standard_DS1_v2', 'Standard_DS2_v2', 'Standard_ND96asr_v4', 'Standard_D2_v2', 'Standard_D2_v3']
const sizes = OLD_SIZES.map((name) => ({
  ...{ name, family: 'old', vcpus: 2, memoryGb: 8, gpus: 0, arch: 'amd64', zones: ['1', '2', '3'], regions: null },
}))

const putOf = (on: Stand, example: Example): Promise<unknown> => {
  const { agentPoolName, parameters } = example.parameters
  const isPool = typeof agentPoolName === 'string'
  const path = `/resourceGroups/rg1/providers/Microsoft.ContainerService/managedClusters/clustername1${isPool ? `/agentPools/${agentPoolName}` : ''}`
  const method = example.operationId.endsWith('UpdateTags') ? 'PATCH' : 'PUT'
  return on.arm({ method, path: `${path}?api-version=2026-06-01`, body: parameters })
}

const readyFor = async ({ file, example }: Saved): Promise<Stand> => {
  const on = await createStand({ sizes, versions: { '1.29': ['1.29.0'] } })
  addGroup(on.azure, 'rg1')
  if (example.operationId === 'ManagedClusters_CreateOrUpdate') return on
  const regionless = {
    location: 'location1',
    agentPoolProfiles: [{ name: 'system', mode: 'System', count: 1, vmSize: 'Standard_DS2_v2', osType: 'Linux' }],
  }
  await on.client.managedClusters.createOrUpdate('rg1', 'clustername1', { dnsPrefix: 'x', ...regionless }).submitted()
  on.later()
  if (/_(?:Start|Stop)\.json$/.test(file)) {
    const pool = { vmSize: 'Standard_DS2_v2', count: 1 }
    await on.client.agentPools.createOrUpdate('rg1', 'clustername1', 'agentpool1', pool).submitted()
    on.later()
  }
  return on
}

describe.skipIf(missing !== null)(`the official requests (${missing ?? 'examples found'})`, () => {
  const accepted = creating.filter(({ example }) => /^(?:ManagedClusters|AgentPools)/.test(example.operationId))

  it('are there in the number that was saved', () => {
    expect(examples).toHaveLength(32)
    expect(accepted.map(({ file }) => file)).toEqual(expect.arrayContaining(Object.keys(FAULTY)))
  })

  it.each(accepted)('$file is accepted, or refused for its known fault', async ({ file, example }) => {
    const on = await readyFor({ file, example })
    const fault = FAULTY[file]
    try {
      if (fault === undefined) expect(await putOf(on, example)).toBeDefined()
      else await expect(putOf(on, example)).rejects.toThrow(fault)
      expect(on.azure.defects).toEqual([])
    } finally {
      await on.azure.close()
    }
  })

  it.each(accepted.filter(({ file }) => /"Basic"/.test(FAULTY[file]?.source ?? '')))(
    '$file is accepted with a sku that exists',
    async ({ file, example }) => {
      const on = await readyFor({ file, example })
      const body = { ...Object(example.parameters.parameters), sku: { name: 'Base', tier: 'Free' } }
      try {
        expect(await putOf(on, { ...example, parameters: { ...example.parameters, parameters: body } })).toBeDefined()
      } finally {
        await on.azure.close()
      }
    },
  )
})

describe.skipIf(missing !== null)('the official answers', () => {
  /** Operation of an example → the real client's call, and a member that must survive the way. */
  const READS: Readonly<Record<string, (on: Stand) => Promise<unknown>>> = {
    'ManagedClusters_Get agentPoolProfiles': (on) => on.client.managedClusters.get('rg1', 'clustername1'),
    'AgentPools_Get vmSize': (on) => on.client.agentPools.get('rg1', 'clustername1', 'agentpool1'),
    'ManagedClusters_GetUpgradeProfile controlPlaneProfile': (on) =>
      on.client.managedClusters.getUpgradeProfile('rg1', 'clustername1'),
    'AgentPools_GetUpgradeProfile latestNodeImageVersion': (on) =>
      on.client.agentPools.getUpgradeProfile('rg1', 'clustername1', 'agentpool1'),
    'AgentPools_GetAvailableAgentPoolVersions agentPoolVersions': (on) =>
      on.client.agentPools.getAvailableAgentPoolVersions('rg1', 'clustername1'),
    'ManagedClusters_ListKubernetesVersions values': (on) =>
      on.client.managedClusters.listKubernetesVersions('location1'),
    'ManagedClusters_ListClusterUserCredentials kubeconfigs': (on) =>
      on.client.managedClusters.listClusterUserCredentials('rg1', 'clustername1'),
    'ManagedClusters_ListClusterAdminCredentials kubeconfigs': (on) =>
      on.client.managedClusters.listClusterAdminCredentials('rg1', 'clustername1'),
  }

  it.each(Object.entries(READS))('%s is read by the real client from the file alone', async (name, read) => {
    const [operationId = '', member = ''] = name.split(' ')
    const example = examples.find((each) => each.example.operationId === operationId)?.example
    const on = await createStand()
    try {
      const fault = { kind: 'error' as const, status: 200, body: example?.responses['200']?.body }
      on.azure.faults.add({ operation: '*', times: 1, fault })
      const found = Object(await read(on))
      expect(found[member] ?? found.properties?.[member]).toBeDefined()
    } finally {
      await on.azure.close()
    }
  })
})

describe.skipIf(missing !== null)('the types of the stand-in', () => {
  let types: ResourceTypes
  const stands: Stand[] = []
  beforeAll(async () => {
    types = await loadTypes()
  })
  afterAll(async () => {
    for (const { azure } of stands) await azure.close()
  })

  it('fit every official answer for clusters and pools, but for the sku that does not exist', () => {
    const judge = createJudge(types.types)
    const bodies = examples.flatMap(({ file, example }) =>
      Object.values(example.responses).flatMap((response) =>
        response?.body === undefined ? [] : [[file, response.body] as const],
      ),
    )
    const kinds = [
      'Microsoft.ContainerService/managedClusters',
      'Microsoft.ContainerService/managedClusters/agentPools',
    ]
    const wrong = bodies
      .filter(([, body]) => kinds.includes(String(Reflect.get(Object(body), 'type'))))
      .flatMap(([file, body]) =>
        judge
          .violations(types.resource(String(Reflect.get(Object(body), 'type'))), body, 'reply')
          .map((each) => `${file}: ${each}`),
      )
    expect(wrong.filter((each) => !/sku\.name: "Basic"/.test(each))).toEqual([])
  })

  it('have addresses and verbs that the installed client has', async () => {
    const entry = createRequire(import.meta.url).resolve('@azure/arm-containerservice')
    const root = join(dirname(entry), '..', 'esm', 'api')
    const source = ['managedClusters', 'agentPools', 'machines'].map((group) =>
      readFileSync(join(root, group, 'operations.js'), 'utf8'),
    )
    const known = new Set(source.flatMap(addressesOf))
    const aks = { state: {}, sizes: catalogSizes() } as unknown as Parameters<typeof aksOperations>[0]
    const own = aksOperations(aks, types).map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)
    expect(own.filter((each) => !known.has(each))).toEqual([])
    expect(own.length).toBeGreaterThan(20)
  })
})

/** 'PUT /subscriptions/{}/…' of each function that sends. */
const addressesOf = (source: string): readonly string[] =>
  [...source.matchAll(/expandUrlTemplate\("([^"{]*(?:\{[^"]*)?)"[\s\S]*?\.path\(path\)\s*\.(\w+)\(/g)].map(
    ([, path = '', verb = '']) =>
      `${verb.toUpperCase()} ${path.replaceAll(/\{\?[^}]*\}/g, '').replaceAll(/\{\w+\}/g, '{}')}`,
  )
