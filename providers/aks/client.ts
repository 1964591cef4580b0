// The Azure SDK, loaded when an AKS target is first asked and not before. Credentials come from the SDK's own chain
// (environment, workload identity, managed identity, az, azd, PowerShell); nothing of them is stored or printed.
import type { ContainerServiceClient } from '@azure/arm-containerservice'
import type { HttpMethods, Pipeline, PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline'
import { azureFault } from './fault.ts'
import type { AksSettings } from './settings.ts'

export interface AccessToken {
  readonly token: string
  readonly expiresOnTimestamp: number
}

export interface AzureCredential {
  getToken(scopes: string | string[], options?: { readonly abortSignal?: AbortSignal }): Promise<AccessToken | null>
}

/** Where Azure is: another endpoint, authority or credential is for other clouds and for tests. */
export interface AzureCloud {
  /** 'https://management.azure.com'. */
  readonly endpoint: string
  /** PEM of an authority that the system does not know; null: none. */
  readonly ca: string | null
  /** null: the SDK's own chain. */
  readonly credential: AzureCredential | null
}

export interface ArmRequest {
  readonly method: HttpMethods
  /** From '/subscriptions/…' on, or a whole address that Azure gave; without api-version. */
  readonly path: string
  readonly version: string
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export interface ArmAnswer {
  readonly status: number
  readonly body: unknown
}

export interface AzureClients {
  aks(): Promise<ContainerServiceClient>
  /** What the SDK's client does not cover. @throws AzureFault with everything that the service said. */
  arm(request: ArmRequest, signal: AbortSignal): Promise<ArmAnswer>
  /** For an audience of Azure: renewed by the SDK when it has expired. */
  token(scope: string, signal?: AbortSignal): Promise<AccessToken>
  armScope: string
  /** Address at which the last accepted write tells how it goes; null: none was given. Taken once. */
  takeOperation(): string | null
}

const PUBLIC = 'https://management.azure.com'

export const publicCloud = (env: Readonly<Record<string, string | undefined>>): AzureCloud => ({
  endpoint: env['AZURE_RESOURCE_MANAGER_ENDPOINT'] ?? PUBLIC,
  ca: null,
  credential: null,
})

/** Tries of one request after the first: clouds throttle in bursts of minutes. */
const MAX_RETRIES = 5

export const createAzureClients = (settings: AksSettings, cloud: AzureCloud): AzureClients => {
  let operation: string | null = null
  const keep = keepAnswers((url) => {
    operation = url
  })
  const credential = once(async () => cloud.credential ?? (await chain(settings)))
  const shared = {
    retryOptions: { maxRetries: MAX_RETRIES },
    ...(cloud.ca === null ? {} : { tlsOptions: { ca: cloud.ca } }),
  }
  const armScope = `${audienceOf(cloud.endpoint)}/.default`
  const aks = once(async () => {
    const { ContainerServiceClient } = await import('@azure/arm-containerservice')
    return new ContainerServiceClient(await credential(), settings.subscription, {
      ...shared,
      endpoint: cloud.endpoint,
      credentials: { scopes: [armScope] },
      additionalPolicies: [{ policy: keep, position: 'perCall' }],
    })
  })
  const pipeline = once(async () => armPipeline({ credential: await credential(), shared, keep, armScope }))
  return {
    aks,
    armScope,
    arm: async (request, signal) => send(await pipeline(), { request, endpoint: cloud.endpoint }, signal),
    token: async (scope, signal = AbortSignal.timeout(SIGN_IN_MS)) => {
      const asked = (await credential()).getToken(scope, { abortSignal: signal })
      const token = await Promise.race([asked, whenAborted(signal)])
      if (token === null) throw new Error('AADSTS: the credential gave no token')
      return token
    },
    takeOperation: () => {
      const taken = operation
      operation = null
      return taken
    },
  }
}

/** Programs such as az take seconds; longer, and nobody answers. */
const SIGN_IN_MS = 60_000

/** Not every credential of the chain gives up when it is told to. */
const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  })

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let held: Promise<T> | null = null
  return () => {
    held ??= make().catch((error: unknown) => {
      held = null
      throw error
    })
    return held
  }
}

/** Authorities of Microsoft's own; others (private clouds, tests) are not in its directory of authorities. */
const KNOWN_AUTHORITY = /login\.(?:microsoftonline\.(?:com|us)|chinacloudapi\.cn|partner\.microsoftonline\.cn)/

const chain = async ({ tenant }: AksSettings): Promise<AzureCredential> => {
  const { DefaultAzureCredential } = await import('@azure/identity')
  const authority = process.env['AZURE_AUTHORITY_HOST'] ?? ''
  return new DefaultAzureCredential({
    ...(tenant === null ? {} : { tenantId: tenant }),
    ...(authority === '' || KNOWN_AUTHORITY.test(authority) ? {} : { disableInstanceDiscovery: true }),
  })
}

/** Sovereign clouds are their own audience; anything else stands for the public one. */
const audienceOf = (endpoint: string): string =>
  /^https:\/\/management\.(?:usgovcloudapi\.net|chinacloudapi\.cn)/.test(endpoint)
    ? endpoint.replace(/\/+$/, '')
    : PUBLIC

/**
 * Outside of the SDK's own retries: sees the last answer of each call, keeps the whole error of a refusal, and the address
 * of an operation that was accepted.
 */
const keepAnswers = (accepted: (url: string | null) => void): PipelinePolicy => ({
  name: 'keepAnswers',
  sendRequest: async (request, next) => {
    const response = await next(request)
    if (response.status >= 400) throw faultOf(response)
    if (request.method !== 'GET') accepted(response.headers.get('azure-asyncoperation') ?? null)
    return response
  },
})

const faultOf = (response: PipelineResponse): Error =>
  azureFault({
    status: response.status,
    body: response.bodyAsText ?? '',
    retryAfter: response.headers.get('retry-after') ?? null,
  })

interface PipelineOf {
  readonly credential: AzureCredential
  readonly shared: Parameters<typeof import('@azure/core-rest-pipeline').createPipelineFromOptions>[0]
  readonly keep: PipelinePolicy
  readonly armScope: string
}

const armPipeline = async ({ credential, shared, keep, armScope }: PipelineOf): Promise<Pipeline> => {
  const sdk = await import('@azure/core-rest-pipeline')
  const pipeline = sdk.createPipelineFromOptions(shared)
  pipeline.addPolicy(keep)
  pipeline.addPolicy(sdk.bearerTokenAuthenticationPolicy({ credential, scopes: armScope }), { afterPhase: 'Sign' })
  return pipeline
}

const send = async (
  pipeline: Pipeline,
  { request, endpoint }: { readonly request: ArmRequest; readonly endpoint: string },
  signal: AbortSignal,
): Promise<ArmAnswer> => {
  const sdk = await import('@azure/core-rest-pipeline')
  const response = await pipeline.sendRequest(
    sdk.createDefaultHttpClient(),
    sdk.createPipelineRequest({
      url: addressOf(request, endpoint),
      method: request.method,
      abortSignal: signal,
      headers: sdk.createHttpHeaders({ 'content-type': 'application/json', ...request.headers }),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    }),
  )
  const { status, bodyAsText } = response
  return { status, body: bodyAsText === undefined || bodyAsText === null || bodyAsText === '' ? null : json(response) }
}

const json = (response: PipelineResponse): unknown => {
  try {
    return JSON.parse(response.bodyAsText ?? '')
  } catch {
    // A page of a proxy or of a sign-in, with status 200.
    throw azureFault({
      status: 502,
      body: '{"code":"ServiceUnavailable","message":"what answered is not Azure"}',
      retryAfter: null,
    })
  }
}

const addressOf = ({ path, version, query }: ArmRequest, endpoint: string): string => {
  const url = new URL(path, endpoint)
  if (version !== '') url.searchParams.set('api-version', version)
  for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value)
  return url.href
}
