// The authenticator of an EKS cluster, as the API server asks it (TokenReview over HTTP): the token is a signed request to
// STS; its form, age and signature are checked, and who signed it is mapped by the cluster's access entries. Rules after
// kubernetes-sigs/aws-iam-authenticator, pkg/token; the signature is worked out here, not by the signer under test.
import { createHash, createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AwsState } from './state.ts'

export interface TokenReviewOptions {
  readonly state: AwsState
  readonly cluster: string
  readonly key: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** ARN of who holds the key; it made the cluster. */
  readonly caller: string
  readonly now?: () => number
}

export interface TokenReview {
  readonly url: string
  /** Why tokens were refused, in order. */
  readonly refusals: readonly string[]
  close(): Promise<void>
}

export interface Identity {
  readonly username: string
  readonly groups: readonly string[]
}

export const startTokenReview = async (options: TokenReviewOptions): Promise<TokenReview> => {
  const refusals: string[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const review = JSON.parse(Buffer.concat(parts).toString()) as { spec?: { token?: string } }
    const answer = reviewToken(review.spec?.token ?? '', options)
    if (typeof answer === 'string') refusals.push(answer)
    const status =
      typeof answer === 'string'
        ? { authenticated: false, error: answer }
        : { authenticated: true, user: { username: answer.username, groups: answer.groups } }
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    refusals,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** Who the token stands for, or why it stands for nobody. */
export const reviewToken = (token: string, options: TokenReviewOptions): Identity | string => {
  const url = urlIn(token)
  if (typeof url === 'string') return url
  const query = url.searchParams
  const signedAtMs = dateOf(query.get('X-Amz-Date') ?? '')
  const now = (options.now ?? Date.now)()
  if (Number.isNaN(signedAtMs) || now - signedAtMs > LIFE_MS || signedAtMs - now > SKEW_MS)
    return 'the token has expired'
  const scope = (query.get('X-Amz-Credential') ?? '').split('/')
  if (scope[0] !== options.key.accessKeyId) return 'the access key is not known'
  if (query.get('X-Amz-Signature') !== signatureOf(url, scope, options)) return 'the signature is wrong'
  return identityOf(options)
}

const PREFIX = 'k8s-aws-v1.'
const LONGEST = 4096
const LIFE_MS = 15 * 60_000
const SKEW_MS = 5 * 60_000
const KEYS = new Set([
  ...['Action', 'Version', 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires'],
  ...['X-Amz-Security-Token', 'X-Amz-Signature', 'X-Amz-SignedHeaders'],
])

const urlIn = (token: string): URL | string => {
  if (!token.startsWith(PREFIX) || token.length > LONGEST) return 'no token of this kind'
  const url = URL.parse(Buffer.from(token.slice(PREFIX.length), 'base64url').toString())
  if (url === null || url.protocol !== 'https:') return 'not an https address'
  if (!/^sts\.([a-z0-9-]+\.)?amazonaws\.com(\.cn)?$/.test(url.hostname)) return `not an STS host: ${url.hostname}`
  if (url.pathname !== '/') return 'a path that is not /'
  const keys = [...url.searchParams.keys()]
  if (keys.some((key) => !KEYS.has(key)) || new Set(keys).size !== keys.length) return 'an unexpected parameter'
  if (url.searchParams.get('Action') !== 'GetCallerIdentity') return 'an unexpected action'
  const expires = Number(url.searchParams.get('X-Amz-Expires'))
  if (!(expires >= 0 && expires <= 900)) return 'an unexpected life time'
  if (!(url.searchParams.get('X-Amz-SignedHeaders') ?? '').split(';').includes('x-k8s-aws-id'))
    return 'the cluster is not signed'
  return url
}

/** 20260102T030405Z */
const dateOf = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

const signatureOf = (url: URL, scope: readonly string[], { key, cluster }: TokenReviewOptions): string => {
  const [, day = '', region = '', service = ''] = scope
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&')
  const headers = `host:${url.hostname}\nx-k8s-aws-id:${cluster}\n`
  const request = ['GET', '/', query, headers, 'host;x-k8s-aws-id', sha256('')].join('\n')
  const text = [
    'AWS4-HMAC-SHA256',
    url.searchParams.get('X-Amz-Date') ?? '',
    `${day}/${region}/${service}/aws4_request`,
    sha256(request),
  ].join('\n')
  const signing = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${key.secretAccessKey}`,
  )
  return createHmac('sha256', signing).update(text).digest('hex')
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

const ENTRY_LAG_MS = 5_000

const identityOf = ({ state, cluster, caller }: TokenReviewOptions): Identity | string => {
  const record = state.clusters.get(cluster)
  if (record === undefined) return 'there is no such cluster'
  const entry = record.access.get(caller)
  // Who made the cluster is its administrator (bootstrapClusterCreatorAdminPermissions).
  if (entry === undefined) return { username: caller, groups: ['system:masters'] }
  const lags = state.rules.holds('accessLag') && state.clock.now() - entry.madeAtMs < ENTRY_LAG_MS
  if (lags) return 'the access entry is not effective yet'
  const admin = entry.policies.some((policy) => policy.policyArn?.endsWith('/AmazonEKSClusterAdminPolicy'))
  return { username: caller, groups: [...(entry.value.kubernetesGroups ?? []), ...(admin ? ['system:masters'] : [])] }
}
