// A small API server on loopback, modelled on Kubernetes (see README.md for what it was checked against: none so far).
// Controllers run on a timer, or only when the test steps them.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Controllers, createControllers } from './controllers.ts'
import { createFaults, type Fault, type Faults } from './faults.ts'
import { answer } from './routes.ts'
import { createObjectStore, type ObjectStore } from './store.ts'
import { streamExec, streamLogs, streamWatch } from './streams.ts'

export interface FakeCluster {
  readonly url: string
  readonly store: ObjectStore
  readonly controllers: Controllers
  readonly faults: Faults
  close(): Promise<void>
}

export interface FakeClusterOptions {
  /** Between rounds of the controllers; null: the test calls controllers.step(). */
  readonly everyMs: number | null
}

export const startFakeCluster = async (options: FakeClusterOptions = { everyMs: 5 }): Promise<FakeCluster> => {
  const store = createObjectStore()
  store.put(
    {
      kind: 'Node',
      namespace: '',
      name: 'fake-1',
      labels: {},
      annotations: {},
      spec: { cpuMillis: 8_000, memoryBytes: 32 * 2 ** 30 },
      managers: {},
    },
    0,
  )
  const controllers = createControllers(store)
  const faults = createFaults()
  const server = createServer((request, response) => {
    serve({ store, controllers, faults }, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const timer = options.everyMs === null ? undefined : setInterval(() => controllers.step(), options.everyMs)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    controllers,
    faults,
    close: () => {
      clearInterval(timer)
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

interface Parts {
  readonly store: ObjectStore
  readonly controllers: Controllers
  readonly faults: Faults
}

const serve = async (parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://fake')
  const method = request.method ?? 'GET'
  const body = await bodyOf(request)
  const faults = parts.faults.take(method, url.pathname)
  if (await refused(faults, response)) return
  const path = url.pathname
    .split('/')
    .filter((p) => p !== '')
    .map(decodeURIComponent)
  if (streamed(parts, { path, query: url.searchParams, body }, response)) return
  const partial = faults.some((f) => f.kind === 'partialList')
  const result = answer(parts.store, { method, path, query: url.searchParams, body, partial })
  if (faults.some((f) => f.kind === 'dropAfterCommit')) response.destroy()
  else response.writeHead(result.status, { 'content-type': 'application/json' }).end(JSON.stringify(result.body))
}

/** True when a fault has answered in the server's place. */
const refused = async (faults: readonly Fault[], response: ServerResponse): Promise<boolean> => {
  for (const fault of faults) {
    if (fault.kind === 'slow') await late(fault.delayMs, response)
    if (fault.kind === 'unreachable') {
      response.destroy()
      return true
    }
    if (fault.kind === 'status') {
      response.writeHead(
        fault.status,
        fault.retryAfterMs === undefined ? {} : { 'retry-after-ms': String(fault.retryAfterMs) },
      )
      response.end(JSON.stringify({ reason: 'Fault', message: `scripted ${fault.status}` }))
      return true
    }
  }
  return false
}

/** Ends early when the client gives up, so that no timer outlives it. */
const late = (delayMs: number, response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs)
    response.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })

const streamed = (
  parts: Parts,
  at: { readonly path: readonly string[]; readonly query: URLSearchParams; readonly body: unknown },
  response: ServerResponse,
): boolean => {
  const [root, namespace = '', pod = ''] = at.path
  if (root === 'watch') streamWatch(parts.store, namespace, response)
  else if (root === 'logs')
    streamLogs(parts.controllers, { namespace, follow: at.query.get('follow') === 'true' }, response)
  else if (root === 'exec' && parts.store.get('Pod', namespace, pod) !== undefined)
    streamExec((at.body as { argv: readonly string[] }).argv, response)
  else return false
  return true
}

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return chunks.length === 0 ? null : JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
