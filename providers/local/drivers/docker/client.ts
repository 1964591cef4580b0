// Talks HTTP to one engine: version chosen by its ping, versioned URLs, deadlines, aborts, streams and raw connections.
// It knows no object of the engine; what an answer means is decided by its callers, what an error means by errors.ts.
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { StormportError } from '../../../../core/errors.ts'
import { http, https } from '../../builtin-http.ts'
import { type Endpoint, endpointText, readTls } from './endpoint.ts'
import { connectionError, engineError, unreachable } from './errors.ts'
import { jsonLinesOf } from './frames.ts'

/** Newest API that the tests ran against, and the oldest that is understood. */
export const API_MAX = '1.56'
export const API_MIN = '1.40'

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  /** Without the version: '/containers/create'. Segments are encoded by the caller. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly json?: unknown
  readonly body?: Readable | Buffer
  readonly headers?: Readonly<Record<string, string>>
  /** In words for an error: 'start the container web-1'. */
  readonly operation: string
  /** Until the answer's head is there; null: no limit of its own. */
  readonly timeoutMs?: number | null
}

export interface EngineClient {
  readonly endpoint: Endpoint
  /** API version in use. 'Unreachable' when the engine does not answer. */
  version(signal: AbortSignal): Promise<string>
  /** The answer's JSON; undefined where it has no body. */
  json<T>(request: EngineRequest, signal: AbortSignal): Promise<T>
  lines<T>(request: EngineRequest, signal: AbortSignal): AsyncGenerator<T>
  bytes(request: EngineRequest, signal: AbortSignal): Promise<Readable>
  /** A raw two-way connection (exec, attach). */
  hijack(request: EngineRequest, signal: AbortSignal): Promise<Duplex>
}

const PING_MS = 5_000
const ANSWER_MS = 60_000
const MAX_JSON_BYTES = 64 * 1024 * 1024

export const createEngineClient = (endpoint: Endpoint): EngineClient => {
  const where = endpointText(endpoint)
  let version: string | undefined
  const versioned = async (request: EngineRequest, signal: AbortSignal): Promise<EngineRequest> => ({
    ...request,
    path: `/v${await client.version(signal)}${request.path}`,
  })
  const answer = async (request: EngineRequest, signal: AbortSignal): Promise<IncomingMessage> => {
    const response = await send(endpoint, await versioned(request, signal), signal)
    return checked(response, request.operation, signal)
  }
  const client: EngineClient = {
    endpoint,
    version: async (signal) => {
      version ??= await negotiate(endpoint, signal)
      return version
    },
    json: async <T>(request: EngineRequest, signal: AbortSignal): Promise<T> => {
      const text = await readText(await answer(request, signal), where, signal)
      return (text === '' ? undefined : parseJson(text, request.operation)) as T
    },
    lines: async function* <T>(request: EngineRequest, signal: AbortSignal): AsyncGenerator<T> {
      const response = await answer(request, signal)
      try {
        yield* jsonLinesOf<T>(response)
      } catch (error) {
        throw connectionError(error, where, signal)
      } finally {
        response.destroy()
      }
    },
    bytes: answer,
    hijack: async (request, signal) => upgrade(endpoint, await versioned(request, signal), signal),
  }
  return client
}

/** True when API version `have` is at least `want` ('1.44'). */
export const atLeast = (have: string, want: string): boolean => {
  const [a = 0, b = 0] = have.split('.').map(Number)
  const [c = 0, d = 0] = want.split('.').map(Number)
  return a > c || (a === c && b >= d)
}

const negotiate = async (endpoint: Endpoint, signal: AbortSignal): Promise<string> => {
  const ping: EngineRequest = { method: 'GET', path: '/_ping', operation: 'answer', timeoutMs: PING_MS }
  const response = await checked(await send(endpoint, ping, signal), 'answer', signal)
  response.resume()
  const engine = String(response.headers['api-version'] ?? API_MIN)
  if (!atLeast(engine, API_MIN)) {
    throw new StormportError('Unsupported', `The engine's API ${engine} is older than ${API_MIN}.`, {
      diagnostic: 'SP4115',
      hint: 'Update the engine to 19.03 or newer.',
    })
  }
  return atLeast(engine, API_MAX) ? API_MAX : engine
}

/** An empty name for TLS, which a socket file never speaks, spares Node from taking the Host apart for every request. */
const unixOptions = (socketPath: string) => ({ socketPath, servername: '' })

const open = (endpoint: Endpoint, request: EngineRequest, signal: AbortSignal): ClientRequest => {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(request.query ?? {})) if (value !== undefined) query.set(key, String(value))
  const path = query.size === 0 ? request.path : `${request.path}?${query}`
  const payload = request.json === undefined ? undefined : Buffer.from(JSON.stringify(request.json))
  const headers: Record<string, string> = { Host: 'docker', ...request.headers }
  if (payload !== undefined) headers['Content-Type'] = 'application/json'
  const fixed = payload ?? (Buffer.isBuffer(request.body) ? request.body : undefined)
  if (fixed !== undefined) headers['Content-Length'] = String(fixed.length)
  const common = { method: request.method, path, headers, signal, agent: false } as const
  const outgoing =
    endpoint.kind === 'unix'
      ? http().request({ ...common, ...unixOptions(endpoint.path) })
      : https().request({ ...common, host: endpoint.host, port: endpoint.port, ...readTls(endpoint.tls) })
  if (fixed !== undefined) outgoing.end(fixed)
  else if (request.body !== undefined && !Buffer.isBuffer(request.body)) {
    request.body.once('error', (error) => outgoing.destroy(error))
    request.body.pipe(outgoing)
  } else outgoing.end()
  return outgoing
}

/** Resolves with the answer's head, whatever its status. */
const send = (endpoint: Endpoint, request: EngineRequest, signal: AbortSignal): Promise<IncomingMessage> => {
  const exchange = {
    endpoint,
    request,
    listen: (outgoing: ClientRequest, { done }: Settle<IncomingMessage>) => outgoing.once('response', done),
  }
  return withDeadline(exchange, signal)
}

const upgrade = (endpoint: Endpoint, request: EngineRequest, signal: AbortSignal): Promise<Duplex> => {
  const headers = { ...request.headers, Connection: 'Upgrade', Upgrade: 'tcp' }
  const listen = (outgoing: ClientRequest, { done, failed }: Settle<Duplex>): void => {
    outgoing.once('upgrade', (_response, socket, head) => {
      if (head.length > 0) socket.unshift(head)
      signal.addEventListener('abort', () => socket.destroy(), { once: true })
      done(socket)
    })
    outgoing.once('response', (response) => {
      checked(response, request.operation, signal).then(() => {
        response.destroy()
        failed(engineError(501, 'it opens no raw connection', request.operation))
      }, failed)
    })
  }
  return withDeadline({ endpoint, request: { ...request, headers }, listen }, signal)
}

interface Settle<T> {
  readonly done: (value: T) => void
  readonly failed: (error: unknown) => void
}

interface Exchange<T> {
  readonly endpoint: Endpoint
  readonly request: EngineRequest
  readonly listen: (outgoing: ClientRequest, settle: Settle<T>) => void
}

const withDeadline = async <T>({ endpoint, request, listen }: Exchange<T>, signal: AbortSignal): Promise<T> => {
  const where = endpointText(endpoint)
  const limit = request.timeoutMs === undefined ? ANSWER_MS : request.timeoutMs
  let timer: NodeJS.Timeout | undefined
  try {
    signal.throwIfAborted()
    return await new Promise<T>((done, failed) => {
      const outgoing = open(endpoint, request, signal)
      outgoing.on('error', failed)
      if (limit !== null)
        timer = setTimeout(() => outgoing.destroy(unreachable(where, `no answer within ${limit / 1000} s`)), limit)
      listen(outgoing, { done, failed })
    })
  } catch (error) {
    throw connectionError(error, where, signal)
  } finally {
    clearTimeout(timer)
  }
}

/** 304 (already so) counts as done. */
const checked = async (response: IncomingMessage, operation: string, signal: AbortSignal): Promise<IncomingMessage> => {
  const status = response.statusCode ?? 0
  if (status < 400) return response
  const text = await readText(response, 'the engine', signal)
  throw engineError(status, messageOf(text), operation)
}

const readText = async (response: IncomingMessage, where: string, signal: AbortSignal): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response) {
      size += chunk.length
      if (size > MAX_JSON_BYTES) throw new StormportError('Internal', 'The engine sent more than 64 MiB in one answer.')
      chunks.push(chunk)
    }
  } catch (error) {
    throw connectionError(error, where, signal)
  }
  return Buffer.concat(chunks).toString('utf8').trim()
}

const parseJson = (text: string, operation: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw engineError(0, 'its answer is no JSON', operation)
  }
}

const messageOf = (text: string): string => {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message)
  } catch {
    // Not JSON: the text itself is the message.
  }
  return text
}
