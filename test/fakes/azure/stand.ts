// What the tests of the stand-in share: the real client on it, a resource group, and requests to ARM by the SDK's own HTTP
// client for what no installed client covers.
import { type AgentPool, ContainerServiceClient, type ManagedCluster } from '@azure/arm-containerservice'
import { createDefaultHttpClient, createPipelineRequest, type HttpMethods } from '@azure/core-rest-pipeline'
import { ARM_AUDIENCE, type FakeAzure, type FakeAzureOptions, startFakeAzure } from './index.ts'

export const MINUTE = 60_000

export interface ArmAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

export interface ArmRequest {
  readonly method?: HttpMethods
  /** Below the subscription, with its api-version. */
  readonly path: string
  readonly body?: unknown
}

export interface Stand {
  readonly azure: FakeAzure
  readonly client: ContainerServiceClient
  /** The request is sent and accepted; nobody polls. */
  make(over?: Partial<ManagedCluster>, name?: string): Promise<unknown>
  /** Made, and its time has come. */
  made(over?: Partial<ManagedCluster>): Promise<void>
  pool(over?: AgentPool, name?: string): Promise<unknown>
  madePool(over?: AgentPool, name?: string): Promise<void>
  seen(): Promise<ManagedCluster>
  seenPool(name?: string): Promise<AgentPool>
  /** Rejects with `statusCode` when the answer is none of 2xx. */
  arm(request: ArmRequest): Promise<ArmAnswer>
  later(minutes?: number): void
}

export const SYSTEM_POOL = { name: 'system', mode: 'System', count: 1, vmSize: 'Standard_D4s_v5', osType: 'Linux' }

export const cluster = (over: Partial<ManagedCluster> = {}): ManagedCluster => ({
  location: 'westeurope',
  dnsPrefix: 'shop',
  kubernetesVersion: '1.35',
  identity: { type: 'SystemAssigned' },
  agentPoolProfiles: [SYSTEM_POOL],
  ...over,
})

export const clientOf = ({ url, ca, credential, subscription }: FakeAzure): ContainerServiceClient =>
  new ContainerServiceClient(credential, subscription, {
    endpoint: url,
    tlsOptions: { ca },
    retryOptions: { maxRetries: 0 },
  })

export const createStand = async (options: FakeAzureOptions = {}): Promise<Stand> => {
  const azure = await startFakeAzure(options)
  const client = clientOf(azure)
  addGroup(azure, 'rg')
  const later = (minutes = 15): void => azure.clock.advance(minutes * MINUTE)
  const make: Stand['make'] = (over, name = 'shop') =>
    client.managedClusters
      .createOrUpdate('rg', name, cluster(over))
      .submitted()
      .then(() => true)
  const pool: Stand['pool'] = (over, name = 'web') =>
    client.agentPools
      .createOrUpdate('rg', 'shop', name, { vmSize: 'Standard_D4s_v5', mode: 'User', count: 1, ...over })
      .submitted()
      .then(() => true)
  return {
    azure,
    client,
    make,
    pool,
    later,
    made: async (over) => {
      await make(over)
      later()
    },
    madePool: async (over, name) => {
      await pool(over, name)
      later()
    },
    seen: () => client.managedClusters.get('rg', 'shop'),
    seenPool: (name = 'web') => client.agentPools.get('rg', 'shop', name),
    arm: (request) => sendArm(azure, request),
  }
}

export const addGroup = ({ state, subscription }: FakeAzure, name: string): void => {
  const id = `/subscriptions/${subscription}/resourceGroups/${name}`
  const made = { id, name, location: 'westeurope', tags: {}, managedBy: null, provisioningState: 'Succeeded' }
  state.groups.set(state.key(name), made)
}

export const sendArm = async (azure: FakeAzure, { method = 'GET', path, body }: ArmRequest): Promise<ArmAnswer> => {
  const { token } = await azure.credential.getToken(`${ARM_AUDIENCE}/.default`)
  const url = path.startsWith('https:') ? path : `${azure.url}/subscriptions/${azure.subscription}${path}`
  const request = createPipelineRequest({
    url,
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  request.tlsSettings = { ca: azure.ca }
  request.headers.set('authorization', `Bearer ${token}`)
  request.headers.set('content-type', 'application/json')
  const { status, bodyAsText, headers } = await createDefaultHttpClient().sendRequest(request)
  const answer = { status, body: bodyAsText ? JSON.parse(bodyAsText) : null, headers: headers.toJSON() }
  if (status < 300) return answer
  throw Object.assign(new Error(messageOf(answer.body) ?? String(status)), { statusCode: status, answer })
}

const messageOf = (body: unknown): string | undefined => {
  const found = Object(body)
  return found.message ?? found.error?.message
}
