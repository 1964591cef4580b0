// The only place that speaks HTTP to the fake cluster: one request, or lines of JSON until the end; every failure becomes
// one of the closed set of errors here.
import { type ErrorCode, StormportError } from '../../../../core/errors.ts'
import type { Target } from '../../../../core/model/fleet.ts'

export interface Api {
  /** null: not found. */
  get<T>(path: string, signal: AbortSignal): Promise<T | null>
  send<T>(
    request: { readonly method: 'PUT' | 'PATCH' | 'DELETE'; readonly path: string; readonly body?: unknown },
    signal: AbortSignal,
  ): Promise<T>
  lines<T>(
    request: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: unknown },
    signal: AbortSignal,
  ): AsyncIterable<T>
}

interface Request {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

export const apiOf = (target: Target): Api => {
  const call = (request: Request, signal: AbortSignal): Promise<Response> => ask(target, request, signal)
  return {
    get: async (path, signal) => {
      const response = await call({ method: 'GET', path }, signal)
      if (response.status !== 404) return jsonOf(target, response)
      await response.body?.cancel()
      return null
    },
    send: async (request, signal) => jsonOf(target, await call(request, signal)),
    lines: async function* (request, signal) {
      const response = await call(request, signal)
      if (response.status !== 200 || response.body === null) throw await failure(target, response)
      yield* linesOf(target, response.body, signal)
    },
  }
}

const ask = async (target: Target, request: Request, signal: AbortSignal): Promise<Response> => {
  const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) }
  try {
    return await fetch(`${String(target.settings['server'])}${request.path}`, {
      method: request.method,
      signal,
      ...body,
    })
  } catch (error) {
    throw lost(target, error, signal)
  }
}

const jsonOf = async <T>(target: Target, response: Response): Promise<T> => {
  if (response.status >= 300) throw await failure(target, response)
  return (await response.json()) as T
}

async function* linesOf<T>(target: Target, body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncIterable<T> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of body) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) if (line !== '') yield JSON.parse(line) as T
    }
  } catch (error) {
    throw lost(target, error, signal)
  }
}

const lost = (target: Target, error: unknown, signal: AbortSignal): StormportError => {
  if (signal.aborted)
    return new StormportError('Aborted', `the request to ${target.name} was given up`, { target: target.name })
  return new StormportError('Unreachable', `${target.name} does not answer`, {
    target: target.name,
    source: 'target',
    retry: 'later',
    cause: error,
  })
}

const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'Unauthenticated'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [429, 'Throttled'],
])

const failure = async (target: Target, response: Response): Promise<StormportError> => {
  const said: unknown = await response.json().catch(() => null)
  const message = `${target.name}: ${textOf(said, 'message') ?? response.statusText}`
  const details = { target: target.name, source: 'target' as const }
  if (response.status === 409)
    return new StormportError(textOf(said, 'reason') === 'ApplyConflict' ? 'Foreign' : 'Conflict', message, details)
  const code = CODES.get(response.status) ?? 'Unreachable'
  const wait = Number(response.headers.get('retry-after-ms') ?? Number.NaN)
  const again = code === 'Throttled' || code === 'Unreachable' ? { retry: 'later' as const } : {}
  return new StormportError(code, message, {
    ...details,
    ...again,
    ...(Number.isNaN(wait) ? {} : { retryAfterMs: wait }),
  })
}

const textOf = (value: unknown, key: string): string | null => {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  return typeof found === 'string' ? found : null
}
