// A cluster token without the aws command: a signed, not sent request to STS that the cluster's authenticator sends for us
// (kubernetes-sigs/aws-iam-authenticator, pkg/token). Nothing is asked of the network here.
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'

/** What the SDK's own chain of credentials gives. Never printed. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

export interface TokenRequest {
  readonly region: string
  /** Name of the cluster. */
  readonly cluster: string
  readonly credentials: AwsCredentials
  readonly nowMs: number
}

export interface ClusterToken {
  readonly token: string
  readonly expiresAtMs: number
}

const HEADER = 'x-k8s-aws-id'
/** The server takes a token for 15 minutes from its date, whatever it says itself; clients stop one minute before. */
const LIFE_MS = 14 * 60_000
const URL_EXPIRES_S = 60

export const clusterToken = async (request: TokenRequest): Promise<ClusterToken> => {
  const { region, cluster, credentials, nowMs } = request
  const hostname = stsHost(region)
  const signer = new SignatureV4({ credentials, region, service: 'sts', sha256: Sha256 })
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: hostname, [HEADER]: cluster },
    },
    { expiresIn: URL_EXPIRES_S, signingDate: new Date(nowMs), unhoistableHeaders: new Set([HEADER]) },
  )
  const query = Object.entries(signed.query ?? {}).map(([key, value]) => `${encoded(key)}=${encoded(String(value))}`)
  const url = `https://${hostname}/?${query.join('&')}`
  return { token: `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`, expiresAtMs: endOf(credentials, nowMs) }
}

/** Credentials may end before the token does. */
const endOf = (credentials: AwsCredentials, nowMs: number): number =>
  Math.min(nowMs + LIFE_MS, credentials.expiration?.getTime() ?? Number.MAX_SAFE_INTEGER)

/**
 * Always the real STS of the region's partition: a token that names another host is refused by the cluster, whatever
 * AWS_ENDPOINT_URL says to the SDK.
 */
const stsHost = (region: string): string => {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return `sts.${region}.${suffix}`
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/** The signer wants a class to make hashes with; node:crypto has what it needs. */
class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {
    throw new Error('a hash is used once')
  }
}

const bytes = (data: string | ArrayBuffer | ArrayBufferView): Buffer => {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data)
}
