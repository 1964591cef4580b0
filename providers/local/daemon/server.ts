// The daemon's end of the socket: greets, runs each request under a signal of its own, and lets streams wait for slow
// readers.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { StormportError } from '../../../core/errors.ts'
import {
  type CallName,
  type Hello,
  lineSplitter,
  PROTOCOL,
  type StreamName,
  type ToClient,
  toWire,
} from '../protocol.ts'
import type { ControlPlane } from './control-plane.ts'
import { streamEvents } from './events.ts'
import type { Methods } from './methods.ts'
import { execIn, type StreamParams, streamLogs, watchApp } from './streams.ts'

export interface ServerDeps {
  readonly methods: Methods
  readonly plane: ControlPlane
  readonly version: string
  readonly log: (message: string) => void
  /** How many are connected, after each change. */
  readonly connections: (count: number) => void
}

export interface DaemonServer {
  close(): Promise<void>
}

export const serveDaemon = async (path: string, deps: ServerDeps): Promise<DaemonServer> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    deps.connections(sockets.size)
    socket.on('close', () => {
      sockets.delete(socket)
      deps.connections(sockets.size)
    })
    serveConnection(socket, deps)
  })
  await listen(server, path)
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.end()
      for (const socket of sockets) setTimeout(() => socket.destroy(), 200).unref()
      await closed
    },
  }
}

const listen = async (server: Server, path: string): Promise<void> => {
  // The socket is born with no rights for others; the folder around it is 0700 anyway.
  const before = process.umask(0o177)
  try {
    server.listen(path)
    await once(server, 'listening')
  } finally {
    process.umask(before)
  }
}

interface Open {
  readonly over: AbortController
  readonly stdin: PassThrough
}

const serveConnection = (socket: Socket, deps: ServerDeps): void => {
  const open = new Map<number, Open>()
  let greeted = false
  const send = async (message: ToClient | Hello): Promise<void> => {
    if (socket.destroyed || !socket.writable) return
    if (!socket.write(`${JSON.stringify(message)}\n`))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined)
  }
  const take = (line: string): void => {
    const message: unknown = JSON.parse(line)
    if (typeof message !== 'object' || message === null) return
    if (!greeted) {
      greeted = true
      return
    }
    if (!('id' in message) || typeof message.id !== 'number') return
    const { id } = message
    const running = open.get(id)
    if ('cancel' in message) running?.over.abort(new StormportError('Aborted', 'cancelled'))
    if ('input' in message) typed(running?.stdin, message.input)
    if (!('method' in message) || typeof message.method !== 'string') return
    const mine: Open = { over: new AbortController(), stdin: new PassThrough() }
    open.set(id, mine)
    void answer(
      { id, method: message.method, params: 'params' in message ? message.params : null },
      mine,
      deps,
      send,
    ).finally(() => open.delete(id))
  }
  void send({ stormport: 'daemon', protocol: PROTOCOL, version: deps.version })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    for (const { over } of open.values()) over.abort(new StormportError('Aborted', 'the client left'))
  })
  const split = lineSplitter(take)
  socket.on('data', (chunk) => {
    try {
      split(chunk)
    } catch (error) {
      deps.log(`client: ${error instanceof Error ? error.message : 'fault'}`)
      socket.destroy()
    }
  })
}

const typed = (stdin: PassThrough | undefined, input: unknown): void => {
  if (stdin === undefined || stdin.writableEnded) return
  if (typeof input === 'string') stdin.write(Buffer.from(input, 'base64'))
  else stdin.end()
}

interface Request {
  readonly id: number
  readonly method: string
  readonly params: unknown
}

const answer = async (
  request: Request,
  mine: Open,
  deps: ServerDeps,
  send: (message: ToClient) => Promise<void>,
): Promise<void> => {
  const { id, method } = request
  try {
    if (isStream(method)) {
      for await (const item of openStream(method, request.params, mine, deps)) await send({ id, item })
      return send({ id, end: true })
    }
    if (!isCall(method, deps.methods))
      throw new StormportError('BadInput', `the daemon knows no request ${method}`, { source: 'internal' })
    await send({ id, result: await call(method, request.params, mine, deps) })
  } catch (error) {
    const wire = toWire(mine.over.signal.aborted ? mine.over.signal.reason : error)
    if (wire.code === 'Internal')
      deps.log(`${method}: ${error instanceof Error ? (error.stack ?? error.message) : 'fault'}`)
    await send({ id, error: wire })
  } finally {
    mine.over.abort()
    mine.stdin.destroy()
  }
}

const STREAMS: readonly StreamName[] = ['watch', 'logs', 'events', 'exec']

const isStream = (method: string): method is StreamName => STREAMS.some((name) => name === method)
const isCall = (method: string, methods: Methods): method is CallName => Object.hasOwn(methods, method)

/** The socket is this user's alone and both sides are of one protocol version: parameters are taken as they are typed. */
const call = (method: CallName, params: unknown, mine: Open, deps: ServerDeps): unknown => {
  const run = deps.methods[method] as (params: unknown, signal: AbortSignal) => unknown
  return run(params, mine.over.signal)
}

const openStream = (
  method: StreamName,
  params: unknown,
  { over, stdin }: Open,
  deps: ServerDeps,
): AsyncIterable<unknown> => {
  switch (method) {
    case 'watch':
      return watchApp(params as StreamParams['watch'], deps.plane, over.signal)
    case 'logs':
      return streamLogs(params as StreamParams['logs'], deps.plane, over.signal)
    case 'events':
      return streamEvents(params as StreamParams['events'], deps.plane, over.signal)
    case 'exec':
      return execIn(params as StreamParams['exec'], deps.plane, { stdin, signal: over.signal })
    default:
      return method satisfies never
  }
}
