// A proxy before a real API server that spoils chosen calls: it counts, delays, refuses, cuts, keeps silent, or tells when a
// call has had its effect. Upwards it is the administrator; what its callers show as credentials goes no further.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAuthority, issue } from './certificates.ts'
import type { Plane } from './types.ts'

export interface Call {
  /** 1 for the first since the last `reset`. */
  readonly number: number
  readonly method: string
  /** Without query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly isWatch: boolean
  /** As the caller showed it. */
  readonly authorization: string | null
}

export type CallFault =
  /** The server never hears of it. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body?: unknown
      readonly headers?: Readonly<Record<string, string>>
    }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection is reset before anything is done. */
  | { readonly kind: 'cutBefore' }
  /** The work is done, the connection is reset before the answer. */
  | { readonly kind: 'cutAfter' }
  /** A stream ends after so many lines, in the middle of the next one. */
  | { readonly kind: 'cutStream'; readonly lines: number }
  /** The connection stays open and nothing comes. A stream has begun before. */
  | { readonly kind: 'silent' }
  /** The work is done, the answer is not sent yet. */
  | { readonly kind: 'tell'; readonly told: (call: Call) => void }

export interface FaultProxy {
  readonly server: string
  /** Path; its context is `faulty`, its user a token. */
  readonly kubeconfig: string
  readonly calls: readonly Call[]
  /** A kubeconfig for the same proxy with this `user`. */
  kubeconfigWith(user: unknown): Promise<string>
  /** Spoils calls that match; absent `times`: until the returned function is called. */
  plan(match: (call: Call) => boolean, fault: CallFault, times?: number): () => void
  /** No fault is left, and counting begins anew. */
  reset(): void
  stop(): Promise<void>
}

interface Planned {
  readonly match: (call: Call) => boolean
  readonly fault: CallFault
  left: number
}

interface State {
  readonly calls: Call[]
  readonly planned: Set<Planned>
}

export const startFaultProxy = async (plane: Pick<Plane, 'server' | 'kubeconfig'>): Promise<FaultProxy> => {
  const folder = await mkdtemp(join(tmpdir(), 'stormport-proxy-'))
  const authority = await createAuthority(folder, 'proxy-ca')
  const made = await issue(authority, { name: 'proxy', commonName: 'proxy', altNames: ['IP:127.0.0.1'] })
  const ca = await readFile(authority.certificate, 'utf8')
  const upstream: Upstream = { server: plane.server, agent: await administrator(plane.kubeconfig) }
  const state: State = { calls: [], planned: new Set() }
  const tls = { cert: await readFile(made.certificate), key: await readFile(made.key) }
  const server = createServer(tls, (request, response) => {
    serve(state, upstream, { request, response }).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  let files = 0
  const kubeconfigWith = async (user: unknown): Promise<string> => {
    files += 1
    const path = join(folder, `${files}.kubeconfig`)
    await writeFile(path, kubeconfigText({ server: url, ca, user }), { mode: 0o600 })
    return path
  }
  return {
    server: url,
    kubeconfig: await kubeconfigWith({ token: 'shown-to-the-proxy' }),
    calls: state.calls,
    kubeconfigWith,
    plan: (match, fault, times = Number.POSITIVE_INFINITY) => {
      const entry: Planned = { match, fault, left: times }
      state.planned.add(entry)
      return () => void state.planned.delete(entry)
    },
    reset: () => {
      state.calls.length = 0
      state.planned.clear()
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      upstream.agent.destroy()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Upstream {
  readonly server: string
  readonly agent: Agent
}

interface AdminConfig {
  readonly clusters: readonly [{ readonly cluster: { readonly 'certificate-authority-data': string } }]
  readonly users: readonly [
    { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } },
  ]
}

/** As the harness writes it: one cluster, one user, everything inside. */
const administrator = async (kubeconfig: string): Promise<Agent> => {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as AdminConfig
  const plain = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')
  const { user } = users[0]
  return new Agent({
    keepAlive: true,
    ca: plain(clusters[0].cluster['certificate-authority-data']),
    cert: plain(user['client-certificate-data']),
    key: plain(user['client-key-data']),
  })
}

const kubeconfigText = (of: { readonly server: string; readonly ca: string; readonly user: unknown }): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'faulty',
    clusters: [
      {
        name: 'faulty',
        cluster: { server: of.server, 'certificate-authority-data': Buffer.from(of.ca).toString('base64') },
      },
    ],
    users: [{ name: 'faulty', user: of.user }],
    contexts: [{ name: 'faulty', context: { cluster: 'faulty', user: 'faulty' } }],
  })

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

const serve = async (state: State, upstream: Upstream, { request, response }: Exchange): Promise<void> => {
  const call = callOf(request, state.calls.length + 1)
  state.calls.push(call)
  const faults = take(state.planned, call)
  const body = await bytesOf(request)
  for (const fault of faults) {
    if (fault.kind === 'delay') await sleep(fault.ms)
    if (fault.kind === 'cutBefore') return reset(request)
    if (fault.kind === 'silent' && !call.isWatch) return
    if (fault.kind === 'answer') return reply(response, fault)
  }
  const answer = await forward(upstream, { request, response }, body)
  if (call.isWatch) return stream(answer, response, { call, faults })
  const bytes = await bytesOf(answer)
  for (const fault of faults) if (fault.kind === 'tell') fault.told(call)
  if (faults.some((fault) => fault.kind === 'cutAfter')) return reset(request)
  response.writeHead(answer.statusCode ?? 502, headersOf(answer)).end(bytes)
}

const callOf = (request: IncomingMessage, number: number): Call => {
  const url = new URL(request.url ?? '/', 'https://proxy')
  return {
    number,
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    isWatch: url.searchParams.get('watch') === 'true',
    authorization: request.headers.authorization ?? null,
  }
}

const take = (planned: ReadonlySet<Planned>, call: Call): readonly CallFault[] => {
  const hits = [...planned].filter((p) => p.left > 0 && p.match(call))
  for (const hit of hits) hit.left -= 1
  return hits.map((hit) => hit.fault)
}

const reset = (request: IncomingMessage): void => void request.socket.destroy()

const reply = (response: ServerResponse, fault: Extract<CallFault, { readonly kind: 'answer' }>): void => {
  const body = fault.body ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: fault.status }
  response
    .writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body))
}

const forward = (upstream: Upstream, { request, response }: Exchange, body: Buffer): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { authorization: _, host: __, connection: ___, ...headers } = request.headers
    const outgoing = httpsRequest(`${upstream.server}${request.url ?? '/'}`, {
      agent: upstream.agent,
      method: request.method,
      headers,
    })
    outgoing.on('response', resolve)
    outgoing.on('error', reject)
    // Who hangs up ends a watch at the server, too.
    response.on('close', () => {
      if (!response.writableFinished) outgoing.destroy()
    })
    outgoing.end(body)
  })

const headersOf = (answer: IncomingMessage): IncomingMessage['headers'] => {
  const { connection: _, 'transfer-encoding': __, ...headers } = answer.headers
  return headers
}

const bytesOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks)
}

interface Streamed {
  readonly call: Call
  readonly faults: readonly CallFault[]
}

const stream = (answer: IncomingMessage, response: ServerResponse, { call, faults }: Streamed): void => {
  response.writeHead(answer.statusCode ?? 502, headersOf(answer))
  response.flushHeaders()
  for (const fault of faults) if (fault.kind === 'tell') fault.told(call)
  if (faults.some((fault) => fault.kind === 'silent')) return void answer.resume()
  const cut = faults.find((fault) => fault.kind === 'cutStream')
  answer.on('error', () => response.destroy())
  if (cut === undefined) return void answer.pipe(response)
  let lines = cut.lines
  answer.on('data', (chunk: Buffer) => {
    lines -= chunk.toString('utf8').split('\n').length - 1
    if (lines >= 0) return void response.write(chunk)
    response.write(chunk.subarray(0, Math.floor(chunk.length / 2)), () => response.destroy())
  })
  if (lines === 0) response.destroy()
}
