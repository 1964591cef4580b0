// One connection to the daemon that carries any number of requests and streams at once.
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { StormportError } from '../../core/errors.ts'
import {
  type CallName,
  type Calls,
  fromWire,
  type Hello,
  lineSplitter,
  PROTOCOL,
  type StreamName,
  type Streams,
  type ToClient,
  type ToDaemon,
} from './protocol.ts'

export interface StreamHandle<Item> {
  readonly items: AsyncIterable<Item>
  /** exec: what the user types; null ends it. */
  send(input: Buffer | null): void
}

export interface Connection {
  readonly hello: Hello
  readonly socket: string
  readonly closed: Promise<void>
  readonly open: () => boolean
  call<M extends CallName>(method: M, params: Calls[M]['params'], signal: AbortSignal): Promise<Calls[M]['result']>
  stream<M extends StreamName>(
    method: M,
    params: Streams[M]['params'],
    signal: AbortSignal,
  ): StreamHandle<Streams[M]['item']>
  close(): void
}

type Handler = (message: ToClient | { readonly lost: true }) => void

const HELLO_MS = 5_000

/** null: nobody listens there. */
export const connectDaemon = async (path: string, version: string, signal: AbortSignal): Promise<Connection | null> => {
  signal.throwIfAborted()
  const socket = createConnection(path)
  try {
    await once(socket, 'connect', { signal })
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    if (isNobody(error)) return null
    throw unreachable('the local daemon does not answer', error)
  }
  socket.write(`${JSON.stringify({ stormport: 'client', protocol: PROTOCOL, version } satisfies Hello)}\n`)
  return greet(socket, path, signal)
}

/** EINVAL: the path is too long for a socket, so none can be there; daemon.json would name another. */
const NOBODY = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ECONNRESET', 'EINVAL']

const isNobody = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && NOBODY.includes(String(error.code))

const unreachable = (message: string, cause?: unknown): StormportError =>
  new StormportError('Unreachable', message, {
    diagnostic: 'SP4004',
    source: 'target',
    retry: 'later',
    ...(cause === undefined ? {} : { cause }),
    hint: 'stormport daemon status',
  })

/** A daemon that is just ending may take the connection and close it before its first line: that is nobody, too. */
const greet = (socket: Socket, path: string, signal: AbortSignal): Promise<Connection | null> =>
  new Promise((resolve, reject) => {
    const handlers = new Map<number, Handler>()
    let hello: Hello | null = null
    const timer = setTimeout(() => fail(unreachable('the local daemon does not greet')), HELLO_MS)
    const settle = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
    }
    const fail = (error: unknown): void => {
      settle()
      socket.destroy()
      reject(error)
    }
    const aborted = (): void => fail(signal.reason)
    signal.addEventListener('abort', aborted, { once: true })
    const closed = new Promise<void>((done) => {
      socket.on('close', () => {
        settle()
        for (const handler of [...handlers.values()]) handler({ lost: true })
        handlers.clear()
        resolve(null)
        done()
      })
    })
    socket.on('error', () => undefined)
    socket.on(
      'data',
      lineSplitter((line) => {
        const message: unknown = JSON.parse(line)
        if (hello === null && isHello(message)) {
          hello = message
          settle()
          resolve(connectionOn({ socket, path, hello, closed, handlers }))
        } else if (isToClient(message)) handlers.get(message.id)?.(message)
      }),
    )
  })

const isHello = (value: unknown): value is Hello =>
  typeof value === 'object' && value !== null && 'stormport' in value && 'protocol' in value
const isToClient = (value: unknown): value is ToClient => typeof value === 'object' && value !== null && 'id' in value

interface Wire {
  readonly socket: Socket
  readonly path: string
  readonly hello: Hello
  readonly closed: Promise<void>
  readonly handlers: Map<number, Handler>
}

const connectionOn = (wire: Wire): Connection => {
  let nextId = 1
  const send = (message: ToDaemon): void => {
    if (!wire.socket.destroyed) wire.socket.write(`${JSON.stringify(message)}\n`)
  }
  const begin = (method: CallName | StreamName, params: unknown, handler: Handler): number => {
    const id = nextId++
    wire.handlers.set(id, handler)
    if (wire.socket.destroyed) queueMicrotask(() => handler({ lost: true }))
    send({ id, method, params })
    return id
  }
  return {
    hello: wire.hello,
    socket: wire.path,
    closed: wire.closed,
    open: () => !wire.socket.destroyed && wire.socket.writable,
    close: () => wire.socket.end(),
    call: (method, params, signal) =>
      new Promise((resolve, reject) => {
        const aborted = (): void => {
          wire.handlers.delete(id)
          send({ id, cancel: true })
          reject(signal.reason)
        }
        const id = begin(method, params, (message) => {
          wire.handlers.delete(id)
          signal.removeEventListener('abort', aborted)
          if ('result' in message) resolve(message.result as Calls[typeof method]['result'])
          else reject('error' in message ? fromWire(message.error) : unreachable('the local daemon went away'))
        })
        if (signal.aborted) aborted()
        else signal.addEventListener('abort', aborted, { once: true })
      }),
    stream: (method, params, signal) => {
      const queue = itemQueue<Streams[typeof method]['item']>()
      const id = begin(method, params, (message) => {
        if ('item' in message) queue.push(message.item as Streams[typeof method]['item'])
        else if ('error' in message) queue.fail(fromWire(message.error))
        else if ('lost' in message) queue.fail(unreachable('the local daemon went away'))
        else queue.end()
      })
      const leave = (): void => {
        if (wire.handlers.delete(id)) send({ id, cancel: true })
      }
      return {
        items: queue.read(signal, leave),
        send: (input) => send({ id, input: input === null ? null : input.toString('base64') }),
      }
    },
  }
}

interface ItemQueue<T> {
  push(item: T): void
  end(): void
  fail(error: unknown): void
  read(signal: AbortSignal, leave: () => void): AsyncIterable<T>
}

const itemQueue = <T>(): ItemQueue<T> => {
  const items: T[] = []
  let over: { readonly error: unknown } | { readonly done: true } | null = null
  let wake: (() => void) | null = null
  const poke = (): void => {
    wake?.()
    wake = null
  }
  return {
    push: (item) => {
      items.push(item)
      poke()
    },
    end: () => {
      over ??= { done: true }
      poke()
    },
    fail: (error) => {
      over ??= { error }
      poke()
    },
    read: async function* (signal, leave) {
      signal.addEventListener('abort', poke)
      try {
        for (;;) {
          signal.throwIfAborted()
          const item = items.shift()
          if (item !== undefined) yield item
          else if (over !== null) {
            if ('error' in over) throw over.error
            return
          } else await new Promise<void>((resolve) => (wake = resolve))
        }
      } finally {
        signal.removeEventListener('abort', poke)
        leave()
      }
    },
  }
}
