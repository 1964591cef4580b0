// A client's connection, read into one buffer again and again. An accepted socket gets a fresh buffer of 64 KiB for every
// read, which costs more than all the parsing; only a socket that is made by hand may bring its own. Node has no public way
// to make one of an accepted connection: where its inside is not as expected, the socket stays as it was accepted.
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net'

export interface Client {
  readonly socket: Socket
  /** Once, before the current turn ends. The bytes are the listener's to keep. */
  readonly listen: (take: (chunk: Buffer) => void) => void
}

const READ_BYTES = 32_768
/** Up to here a copy is cheaper than a new buffer. */
const COPY_BYTES = 2_048

/** The connection must have been accepted paused. */
export const clientOf = (accepted: Socket): Client => madeOf(accepted) ?? plainOf(accepted)

const plainOf = (accepted: Socket): Client => ({
  socket: accepted,
  listen: (take) => {
    accepted.on('data', take)
    accepted.resume()
  },
})

const madeOf = (accepted: Socket): Client | null => {
  const handle: unknown = Reflect.get(accepted, '_handle')
  if (!isHandle(handle)) return null
  const reader = createReader()
  Reflect.set(accepted, '_handle', null)
  const options = { handle, allowHalfOpen: true, onread: reader.onread }
  const socket = new Socket(options)
  if (Reflect.get(socket, '_handle') === handle) return { socket, listen: reader.listen }
  Reflect.set(accepted, '_handle', handle)
  return null
}

type Handle = NonNullable<SocketConstructorOpts['handle']>

/** What Node's own server makes its sockets of. */
const isHandle = (value: unknown): value is Handle => typeof value === 'object' && value !== null

const createReader = (): { readonly onread: OnReadOpts; readonly listen: Client['listen'] } => {
  let space = Buffer.allocUnsafeSlow(READ_BYTES)
  let take = (_chunk: Buffer): void => undefined
  const owned = (count: number): Buffer => {
    const chunk = space.subarray(0, count)
    if (count <= COPY_BYTES) return Buffer.from(chunk)
    space = Buffer.allocUnsafeSlow(READ_BYTES)
    return chunk
  }
  return {
    onread: {
      buffer: () => space,
      callback: (count) => {
        take(owned(count))
        return true
      },
    },
    listen: (listener) => {
      take = listener
    },
  }
}
