// A stand-in for Entra ID: what the real credentials of @azure/identity ask for, and tokens that the other parts can look
// up. Tokens are unsigned texts of this process; nobody but the stand-in reads them.
import type { Caller } from './server/calls.ts'

export interface IssuedToken extends Caller {
  readonly audience: string
  readonly expiresAtMs: number
}

export interface Entra {
  /** null: this path is none of Entra's. */
  answer(request: EntraRequest): EntraReply | null
  issue(scope: string, caller?: Caller): { readonly token: string; readonly expiresAtMs: number }
  find(token: string): IssuedToken | null
  /** Scopes that were asked for, in order. */
  readonly scopes: readonly string[]
  /** Every token so far is refused as expired. */
  expireAll(): void
  /** The next answers of the token endpoint: 'AADSTS7000222: …'. Empty: all is well again. */
  refuse(description: string | null): void
}

export interface EntraRequest {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly origin: string
}

export interface EntraReply {
  readonly status: number
  readonly body: unknown
}

/** Application ID of the AKS server, the same in all clouds (Azure/kubelogin, concepts/aks). */
export const AKS_SERVER_APP = '6dae42f8-4368-4678-94ff-3960e28e3630'
export const ARM_AUDIENCE = 'https://management.azure.com'

export interface EntraOptions {
  readonly tenant: string
  readonly clientId: string
  readonly clientSecret: string
  readonly objectId: string
  readonly now: () => number
}

const LIFE_MS = 3_600_000

export const createEntra = (options: EntraOptions): Entra => {
  const tokens = new Map<string, IssuedToken>()
  const scopes: string[] = []
  let refusal: string | null = null
  const own = { objectId: options.objectId, clientId: options.clientId }
  const issue = (scope: string, caller: Caller = own) => {
    scopes.push(scope)
    const expiresAtMs = options.now() + LIFE_MS
    const audience = scope.replace(/\/?\/\.default$/, '')
    const token = jwt({
      aud: audience,
      oid: caller.objectId,
      appid: caller.clientId,
      tid: options.tenant,
      n: tokens.size,
    })
    tokens.set(token, { ...caller, audience, expiresAtMs })
    return { token, expiresAtMs }
  }
  return {
    scopes,
    issue,
    find: (token) => tokens.get(token) ?? null,
    expireAll: () => {
      for (const [token, found] of tokens) tokens.set(token, { ...found, expiresAtMs: 0 })
    },
    refuse: (description) => {
      refusal = description
    },
    answer: (request) => {
      if (/\/v2\.0\/\.well-known\/openid-configuration$/.test(request.path)) return configuration(request, options)
      if (!/\/oauth2\/v2\.0\/token$/.test(request.path)) return null
      if (refusal !== null) return refused('invalid_client', refusal)
      return granted(options, request, issue)
    },
  }
}

const configuration = ({ origin, path }: EntraRequest, { tenant }: EntraOptions): EntraReply => {
  const asked = path.split('/')[1] ?? ''
  if (asked.toLowerCase() !== tenant.toLowerCase())
    return refused('invalid_tenant', `AADSTS90002: Tenant '${asked}' not found.`)
  const base = `${origin}/${tenant}`
  return {
    status: 200,
    body: {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
    },
  }
}

const granted = (options: EntraOptions, request: EntraRequest, issue: Entra['issue']): EntraReply => {
  const form = new URLSearchParams(request.body)
  if (request.method !== 'POST' || form.get('grant_type') !== 'client_credentials')
    return refused('unsupported_grant_type', 'AADSTS70003: The app requested an unsupported grant type.')
  if (form.get('client_id') !== options.clientId)
    return refused('unauthorized_client', `AADSTS700016: Application '${form.get('client_id')}' was not found.`)
  const assertion = form.get('client_assertion') ?? ''
  if (form.get('client_secret') !== options.clientSecret && assertion.split('.').length !== 3)
    return refused('invalid_client', 'AADSTS7000215: Invalid client secret provided.')
  const scope = (form.get('scope') ?? '').split(' ').find((each) => each.endsWith('/.default')) ?? ''
  if (scope === '') return refused('invalid_scope', 'AADSTS70011: The provided value for scope is not valid.')
  const { token } = issue(scope)
  return { status: 200, body: { token_type: 'Bearer', expires_in: LIFE_MS / 1000, access_token: token } }
}

const refused = (error: string, description: string): EntraReply => ({
  status: error === 'invalid_client' ? 401 : 400,
  body: { error, error_description: description, error_codes: [Number(/\d+/.exec(description)?.[0] ?? 0)] },
})

const jwt = (claims: Readonly<Record<string, unknown>>): string => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.${Buffer.from('not signed').toString('base64url')}`
}
