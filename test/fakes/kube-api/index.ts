// A strict stand-in for an API server on loopback. Checked against kube-apiserver 1.36.3: both pass the conformance suite.
// It knows no admission, no validation of fields and no kinds but those that it is asked for.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createFaults, type Fault, type Faults } from '../cluster/server/faults.ts'
import { type Controllers, createControllers } from './controllers.ts'
import { answer, placeIn, refused } from './routes.ts'
import { createStore, type Store } from './store.ts'
import { serveExec, streamLogs, streamWatch } from './streams.ts'

export interface FakeKubeApi {
  readonly url: string
  readonly store: Store
  readonly controllers: Controllers
  readonly faults: Faults
  /** Connections accepted so far. */
  connections(): number
  /** Requests so far: 'GET /api/v1/pods'. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

export const startFakeKubeApi = async (): Promise<FakeKubeApi> => {
  const store = createStore()
  seed(store)
  const controllers = createControllers(store)
  const faults = createFaults()
  const requests: string[] = []
  let connections = 0
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    serve({ store, controllers, faults }, request, response).catch(() => response.destroy())
  })
  server.on('connection', () => {
    connections += 1
  })
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request, socket) => {
    upgraded.add(socket)
    socket.on('close', () => upgraded.delete(socket))
    serveExec(store, request, socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const timer = setInterval(() => controllers.step(), 5)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    controllers,
    faults,
    requests,
    connections: () => connections,
    close: () => {
      clearInterval(timer)
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

const seed = (store: Store): void => {
  store.put(
    { group: '', plural: 'namespaces', namespace: '', name: 'kube-system' },
    { object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } }, managers: [] },
  )
  const status = {
    allocatable: { cpu: '8', memory: '32Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
    nodeInfo: { architecture: 'amd64', operatingSystem: 'linux' },
  }
  store.put(
    { group: '', plural: 'nodes', namespace: '', name: 'fake-1' },
    { object: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'fake-1', labels: {} }, status }, managers: [] },
  )
}

interface Parts {
  readonly store: Store
  readonly controllers: Controllers
  readonly faults: Faults
}

const serve = async (parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://fake')
  const method = request.method ?? 'GET'
  const body = await bodyOf(request)
  const faults = parts.faults.take(method, url.pathname, url.search)
  if (spoiled(faults, response)) return
  const place = placeIn(url.pathname)
  if (place !== null && url.searchParams.get('watch') === 'true')
    return streamWatch(parts.store, { place, query: url.searchParams }, response)
  if (place?.sub === 'log') return streamLogs(parts.controllers, { pod: place.name, query: url.searchParams }, response)
  const contentType = request.headers['content-type'] ?? ''
  const result = answer(parts.store, { method, path: url.pathname, query: url.searchParams, contentType, body })
  if (faults.some((f) => f.kind === 'dropAfterCommit')) response.destroy()
  else reply(response, result.status, result.body)
}

const reply = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** True when a fault has answered in the server's place. */
const spoiled = (faults: readonly Fault[], response: ServerResponse): boolean => {
  for (const fault of faults) {
    if (fault.kind === 'unreachable') {
      response.destroy()
      return true
    }
    if (fault.kind === 'status') {
      const { body } = refused(fault.status, 'Fault', `scripted ${fault.status}`)
      const after = fault.retryAfterMs === undefined ? {} : { 'retry-after': String(fault.retryAfterMs / 1000) }
      reply(response, fault.status, body, after)
      return true
    }
  }
  return false
}

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return chunks.length === 0 ? null : JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
