// Requests to one API server as raw JSON: nothing is dropped or renamed on the way. Retries, paging, and every failure as
// a StormportError.
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectionError, isBroken, isMissing, type Refusal, refusalError, webhookIn } from '../errors.ts'
import { asObject, type RawObject, textAt } from '../raw.ts'
import type { ClusterAccess, Credential } from './access.ts'
import { type Credentials, createCredentials } from './credentials.ts'
import type { PluginPolicy } from './exec-plugin.ts'
import { listAll, type ObjectList } from './pages.ts'
import { REQUEST, type RetryRule, retryAfterOf, waitBefore } from './retry.ts'
import { createTransport, type Transport } from './transport.ts'

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  /** Default: application/json. */
  readonly contentType?: string
  readonly accept?: string
  readonly retry?: RetryRule
}

export interface ApiAnswer {
  readonly status: number
  readonly body: unknown
  /** The server's own clock, which all clients share. */
  readonly dateMs: number
}

/** A refusal is an answer too, where the caller decides by it. */
export type Outcome = ({ readonly ok: true } & ApiAnswer) | { readonly ok: false; readonly refusal: Refusal }

export interface KubeApi {
  readonly access: ClusterAccess
  credential(signal: AbortSignal): Promise<Credential>
  ask(request: ApiRequest, signal: AbortSignal): Promise<Outcome>
  /** Throws what `ask` would return as a refusal. */
  send(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>
  /** null where there is none. */
  find(path: string, signal: AbortSignal): Promise<RawObject | null>
  list(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ObjectList>
  /** Lines of a stream as they come. */
  lines(request: ApiRequest, signal: AbortSignal): Promise<AsyncIterable<string>>
  close(): void
}

const READ_MS = 5_000
/** Admission webhooks may take 30 s. */
const WRITE_MS = 35_000

interface Line {
  readonly access: ClusterAccess
  readonly credentials: Credentials
  readonly transport: Transport
}

export const createKubeApi = (access: ClusterAccess, policy: PluginPolicy): KubeApi => {
  const line: Line = { access, credentials: createCredentials(access, policy), transport: createTransport(access) }
  const ask: KubeApi['ask'] = (request, signal) => askUntil(line, request, signal)
  const send = async (request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> => {
    const outcome = await ask(request, signal)
    if (!outcome.ok) throw refusalError(outcome.refusal)
    return outcome
  }
  return {
    access,
    credential: line.credentials.get,
    ask,
    send,
    find: async (path, signal) => {
      try {
        return asObject((await send({ method: 'GET', path }, signal)).body)
      } catch (error) {
        if (isMissing(error)) return null
        throw error
      }
    },
    list: (path, query, signal) => listAll(ask, { path, query }, signal),
    lines: (request, signal) => openLines(line, request, signal),
    close: line.transport.close,
  }
}

interface Exchanging {
  readonly request: ApiRequest
  readonly stream: boolean
}

/** A credential that is refused may have expired early: one more try with a new one. */
const exchange = async (
  { credentials, transport }: Line,
  { request, stream }: Exchanging,
  signal: AbortSignal,
): Promise<IncomingMessage> => {
  const body = request.body === undefined ? null : JSON.stringify(request.body)
  const outgoing = {
    method: request.method,
    path: `${request.path}${queryOf(request.query)}`,
    headers: headersOf(request, body),
    body,
    stream,
    answerMs: request.method === 'GET' ? READ_MS : WRITE_MS,
    isAlive: request.method === 'GET' ? null : () => isAlive(transport, credentials, signal),
    signal,
  }
  const used = await credentials.get(signal)
  const first = await transport.send(outgoing, used)
  if (first.statusCode !== 401 || !credentials.refuse(used)) return first
  first.resume()
  return transport.send(outgoing, await credentials.get(signal))
}

/** Any answer counts: a server that waits for a webhook still says its version. */
const isAlive = async (transport: Transport, credentials: Credentials, signal: AbortSignal): Promise<boolean> => {
  const request = { method: 'GET', path: '/version', headers: {}, body: null, stream: true, answerMs: READ_MS } as const
  try {
    const response = await transport.send({ ...request, isAlive: null, signal }, await credentials.get(signal))
    response.destroy()
    return true
  } catch {
    return false
  }
}

const askUntil = async (line: Line, request: ApiRequest, signal: AbortSignal): Promise<Outcome> => {
  const startedMs = performance.now()
  for (let attempt = 1; ; attempt += 1) {
    const tried = await attemptOf(() => exchange(line, { request, stream: false }, signal), request)
    const failure = failureOf(tried)
    if (failure === null) return outcomeOf(tried, line.access)
    const elapsedMs = performance.now() - startedMs
    const waitMs = waitBefore({ ...failure, attempt, elapsedMs }, request.retry ?? REQUEST, Math.random())
    if (waitMs === null || signal.aborted) return outcomeOf(tried, line.access)
    const isOver = await pause(waitMs, signal)
    // What the server said last explains more than that the time is over.
    if (isOver) return outcomeOf(tried, line.access)
  }
}

/** True: the time of the whole request has ended meanwhile. */
const pause = async (waitMs: number, signal: AbortSignal): Promise<boolean> => {
  try {
    await sleep(waitMs, undefined, { signal })
    return false
  } catch (error) {
    if (textAt(signal.reason, 'name') === 'TimeoutError') return true
    throw error
  }
}

const openLines = async (line: Line, request: ApiRequest, signal: AbortSignal): Promise<AsyncIterable<string>> => {
  try {
    const response = await exchange(line, { request, stream: true }, signal)
    if ((response.statusCode ?? 0) >= 300) throw refusalError(await refusalIn(response, request))
    return linesOf(response, line.access)
  } catch (error) {
    throw connectionError(error, line.access.server)
  }
}

const queryOf = (query: ApiRequest['query']): string => {
  const pairs = Object.entries(query ?? {}).flatMap(([k, v]) => (v === undefined ? [] : [[k, v] as [string, string]]))
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`
}

const headersOf = (request: ApiRequest, body: string | null): Readonly<Record<string, string>> => ({
  accept: request.accept ?? 'application/json',
  'user-agent': 'stormport',
  ...(body === null
    ? {}
    : { 'content-type': request.contentType ?? 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
})

type Tried =
  | { readonly kind: 'done'; readonly answer: ApiAnswer }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'broken'; readonly cause: unknown }

const attemptOf = async (open: () => Promise<IncomingMessage>, request: ApiRequest): Promise<Tried> => {
  try {
    const response = await open()
    const status = response.statusCode ?? 0
    if (status >= 300) return { kind: 'refused', refusal: await refusalIn(response, request) }
    const date = Date.parse(response.headers.date ?? '')
    const dateMs = Number.isNaN(date) ? Date.now() : date
    return { kind: 'done', answer: { status, body: json(await textOf(response)), dateMs } }
  } catch (cause) {
    return { kind: 'broken', cause }
  }
}

const failureOf = (tried: Tried): { readonly status: number | null; readonly retryAfterMs: number | null } | null => {
  if (tried.kind === 'done') return null
  // The API server has waited for the webhook already.
  if (tried.kind === 'refused') return webhookIn(tried.refusal.body) === null ? tried.refusal : null
  return isBroken(tried.cause) ? { status: null, retryAfterMs: null } : null
}

const outcomeOf = (tried: Tried, access: ClusterAccess): Outcome => {
  if (tried.kind === 'done') return { ok: true, ...tried.answer }
  if (tried.kind === 'refused') return { ok: false, refusal: tried.refusal }
  throw connectionError(tried.cause, access.server)
}

const refusalIn = async (response: IncomingMessage, request: ApiRequest): Promise<Refusal> => ({
  status: response.statusCode ?? 0,
  body: json(await textOf(response)),
  method: request.method,
  path: request.path,
  retryAfterMs: retryAfterOf(response.headers['retry-after'], Date.now()),
})

const textOf = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const linesOf = async function* (response: IncomingMessage, access: ClusterAccess): AsyncIterable<string> {
  let rest = ''
  try {
    response.setEncoding('utf8')
    for await (const chunk of response) {
      const parts = `${rest}${String(chunk)}`.split('\n')
      rest = parts.pop() ?? ''
      yield* parts
    }
    if (rest !== '') yield rest
  } catch (error) {
    throw connectionError(error, access.server)
  } finally {
    response.destroy()
  }
}
