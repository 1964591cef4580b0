// What the tests of the proxy's sessions share: a switchboard, backends of several protocols, clients.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { afterEach, beforeEach, expect } from 'vitest'
import { createSwitchboard, type Switchboard } from './switchboard.ts'
import type { ProxyBackend, ProxyEntry } from './types.ts'

interface Stand {
  board: Switchboard
  cleanups: (() => void)[]
}

export const HOLD_MS = 600

/** The port is picked by the key: two files that run side by side must not get the same one. */
const KEY = randomUUID()

/** Renewed before each test. */
export const stand: Stand = { board: createSwitchboard({ holdMs: HOLD_MS }), cleanups: [] }

export const until = async (what: string, ask: () => boolean, ms = 5000): Promise<void> => {
  const deadline = Date.now() + ms
  while (!ask()) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export const portOf = (server: net.Server | http.Server): number => {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('not listening')
  return address.port
}

export const httpBackend = async (
  id: string,
  handler: http.RequestListener = (_, response) => response.end(id),
): Promise<ProxyBackend & { readonly server: http.Server }> => {
  const server = http.createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stand.cleanups.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { id, host: '127.0.0.1', port: portOf(server), draining: false, server }
}

export const tcpBackend = async (id: string, onSocket: (socket: net.Socket) => void): Promise<ProxyBackend> => {
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stand.cleanups.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { id, host: '127.0.0.1', port: portOf(server), draining: false }
}

export const closedPort = async (): Promise<number> => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

export const plain = ({ id, host, port, draining }: ProxyBackend): ProxyBackend => ({ id, host, port, draining })

export const apply = async (backends: readonly ProxyBackend[], more: Partial<ProxyEntry> = {}): Promise<number> => {
  const entry: ProxyEntry = {
    key: KEY,
    listen: { host: '127.0.0.1', port: 0 },
    protocol: 'tcp',
    backends: backends.map(plain),
    ...more,
  }
  const report = await stand.board.apply({ entries: [entry] }, {})
  expect(report.errors).toEqual({})
  return report.ports[KEY] ?? 0
}

export const agent = (): http.Agent => {
  const made = new http.Agent({ keepAlive: true, maxSockets: 1 })
  stand.cleanups.push(() => made.destroy())
  return made
}

export const get = (
  port: number,
  options: http.RequestOptions = {},
  body?: string,
): Promise<{ status: number; body: string; reused: boolean }> =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, agent: false, ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, reused: request.reusedSocket }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })

export const raw = async (port: number): Promise<{ socket: net.Socket; text: () => string; ended: () => boolean }> => {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  stand.cleanups.push(() => socket.destroy())
  let [text, ended] = ['', false]
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  socket.on('end', () => {
    ended = true
  })
  socket.on('error', () => {
    ended = true
  })
  await once(socket, 'connect')
  return { socket, text: () => text, ended: () => ended }
}

/** Called once by each file of tests. */
export const useStand = (): void => {
  beforeEach(() => {
    stand.board = createSwitchboard({ holdMs: HOLD_MS })
    stand.cleanups = []
  })

  afterEach(() => {
    stand.board.destroy()
    for (const clean of stand.cleanups) clean()
  })
}
