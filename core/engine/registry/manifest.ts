// Asks one registry which digest a tag has: a HEAD request, with a token where the registry wants one.
import { createHash } from 'node:crypto'
import { type ErrorCode, isStormportError, StormportError } from '../../errors.ts'
import type { ImageReference } from '../../model/image-reference.ts'
import type { RegistryCredentials, RegistryLogin } from '../../ports.ts'
import { type Challenge, isLoopback, mayReceiveCredentials, parseChallenge } from './challenge.ts'

/** An index first: its digest is the one that holds for every platform. */
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024
const MAX_TOKEN_BYTES = 1024 * 1024

/** 'ImageNotFound', 'Forbidden', 'Throttled' or 'Unreachable'. */
export const manifestDigest = async (
  reference: ImageReference,
  credentials: RegistryCredentials,
  signal: AbortSignal,
): Promise<string> => {
  const host = apiHost(reference.registry)
  let failure: unknown
  for (const scheme of schemes(host)) {
    const url = `${scheme}://${host}/v2/${reference.repository}/manifests/${reference.tag ?? 'latest'}`
    try {
      return await digestAt({ url, host, reference, credentials }, signal)
    } catch (error) {
      if (isStormportError(error)) throw error
      failure ??= error
    }
  }
  throw failed('Unreachable', `${reference.registry} does not answer${signal.aborted ? ' in time' : ''}`, failure)
}

/** Reads what lies below one repository, signed in where the registry asks for it. */
export interface RegistryReader {
  /** 'manifests/sha256:…' */
  get(path: string, maxBytes: number): Promise<Buffer>
}

export const openRegistry = async (
  reference: ImageReference,
  credentials: RegistryCredentials,
  signal: AbortSignal,
): Promise<RegistryReader> => {
  const host = apiHost(reference.registry)
  const ask = asker(signal)
  let authorization: string | null = null
  let scheme: string | null = null
  const get = async (url: string): Promise<Response> => {
    const first = await ask('GET', url, authorization)
    if (first.status !== 401 || authorization !== null) return first
    authorization = await authorize(
      { url, host, reference, credentials },
      first.headers.get('www-authenticate'),
      signal,
    )
    return authorization === null ? first : ask('GET', url, authorization)
  }
  /** The first scheme that answers at all. */
  const reach = async (path: string): Promise<Response> => {
    let failure: unknown
    for (const each of scheme === null ? schemes(host) : [scheme]) {
      try {
        const response = await get(`${each}://${host}/v2/${reference.repository}/${path}`)
        scheme = each
        return response
      } catch (error) {
        failure ??= error
      }
    }
    throw failed('Unreachable', `${reference.registry} does not answer${signal.aborted ? ' in time' : ''}`, failure)
  }
  return {
    get: async (path, maxBytes) => {
      const response = await reach(path)
      if (!response.ok) throw refusal(response.status, reference)
      return limited(response, maxBytes)
    },
  }
}

interface Question {
  readonly url: string
  readonly host: string
  readonly reference: ImageReference
  readonly credentials: RegistryCredentials
}

const digestAt = async (question: Question, signal: AbortSignal): Promise<string> => {
  const ask = asker(signal)
  const first = await ask('HEAD', question.url, null)
  const authorization =
    first.status === 401 ? await authorize(question, first.headers.get('www-authenticate'), signal) : null
  const response = authorization === null ? first : await ask('HEAD', question.url, authorization)
  if (!response.ok) throw refusal(response.status, question.reference)
  const digest = response.headers.get('docker-content-digest')
  if (digest !== null && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest
  const whole = await ask('GET', question.url, authorization)
  if (!whole.ok) throw refusal(whole.status, question.reference)
  return `sha256:${createHash('sha256')
    .update(await limited(whole, MAX_MANIFEST_BYTES))
    .digest('hex')}`
}

const asker =
  (signal: AbortSignal) =>
  (method: 'HEAD' | 'GET', url: string, authorization: string | null): Promise<Response> =>
    fetch(url, { method, signal, headers: { accept: ACCEPT, ...(authorization === null ? {} : { authorization }) } })

/** The Authorization header that answers a challenge; null: nothing that would help. */
const authorize = async (question: Question, header: string | null, signal: AbortSignal): Promise<string | null> => {
  const challenge = parseChallenge(header)
  if (challenge === null) return null
  const login = await question.credentials.forRegistry(question.reference.registry, signal)
  if (challenge.kind === 'basic') return login?.kind === 'password' ? basic(login) : null
  const allowed = mayReceiveCredentials(question.host, challenge.realm) ? login : null
  const scope = challenge.scope ?? `repository:${question.reference.repository}:pull`
  const token = await fetchToken({ ...challenge, scope }, allowed, signal)
  return token === null ? null : `Bearer ${token}`
}

const fetchToken = async (
  challenge: Bearer,
  login: RegistryLogin | null,
  signal: AbortSignal,
): Promise<string | null> => {
  const ask = login?.kind === 'token' ? byRefreshToken(challenge, login.identityToken) : byQuery(challenge, login)
  const response = await ask(signal)
  if (!response.ok) return null
  const body: unknown = JSON.parse(new TextDecoder().decode(await limited(response, MAX_TOKEN_BYTES)))
  if (typeof body !== 'object' || body === null) return null
  const token = 'token' in body ? body.token : 'access_token' in body ? body.access_token : null
  return typeof token === 'string' ? token : null
}

type Bearer = Extract<Challenge, { kind: 'bearer' }> & { readonly scope: string }

const byQuery =
  (challenge: Bearer, login: Extract<RegistryLogin, { kind: 'password' }> | null) => (signal: AbortSignal) => {
    const url = new URL(challenge.realm)
    if (challenge.service !== null) url.searchParams.set('service', challenge.service)
    url.searchParams.set('scope', challenge.scope)
    // A redirect could carry the credentials elsewhere.
    return fetch(url, { signal, redirect: 'error', headers: login === null ? {} : { authorization: basic(login) } })
  }

const byRefreshToken = (challenge: Bearer, refreshToken: string) => (signal: AbortSignal) => {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'stormport',
    refresh_token: refreshToken,
    scope: challenge.scope,
  })
  if (challenge.service !== null) form.set('service', challenge.service)
  return fetch(challenge.realm, { method: 'POST', body: form, signal, redirect: 'error' })
}

const basic = ({ username, password }: { readonly username: string; readonly password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

const limited = async (response: Response, maxBytes: number): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const refusal = (status: number, reference: ImageReference): StormportError => {
  const { registry, repository, tag } = reference
  if (status === 404) return failed('ImageNotFound', `${registry} has no ${repository}:${tag ?? 'latest'}`)
  if (status === 401 || status === 403)
    return failed('Forbidden', `${registry} does not let this user look at ${repository}`)
  if (status === 429) return failed('Throttled', `${registry} limits how often it is asked`)
  return failed('Unreachable', `${registry} answers with status ${status}`)
}

const failed = (code: ErrorCode, message: string, cause?: unknown): StormportError =>
  new StormportError(code, message, cause === undefined ? {} : { cause })

const apiHost = (registry: string): string => (registry === 'docker.io' ? 'registry-1.docker.io' : registry)

/** A registry on this machine may speak either; which one shows at once. */
const schemes = (host: string): readonly string[] => {
  const name = URL.parse(`http://${host}`)?.hostname ?? host
  return isLoopback(name) ? ['http', 'https'] : ['https']
}
