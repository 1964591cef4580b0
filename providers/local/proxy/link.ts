// One connection to one backend, counted in its pool for as long as it is open. Tells its owner once how it ended.
import { connect, type OnReadOpts, type Socket } from 'node:net'
import type { Pool, PoolMember } from './pool.ts'

export interface LinkOwner {
  onConnect(link: Link): void
  /** The bytes are the owner's until it returns; true: it needs them longer, so the next read goes elsewhere. */
  onData(link: Link, chunk: Buffer): boolean
  /** The backend will send no more; the link is still open for writing. */
  onEnd(link: Link): void
  onDrain(link: Link): void
  /** Once, and never after `close`. */
  onGone(link: Link): void
}

export interface Link {
  readonly member: PoolMember
  readonly socket: Socket
  connected: boolean
  /** Ends it without telling the owner. */
  close(): void
}

const READ_BYTES = 32_768

/** One buffer a connection, read into again and again: a fresh one for each read costs more than all the parsing. */
const readInto = (onData: (chunk: Buffer) => boolean): OnReadOpts => {
  let space = Buffer.allocUnsafeSlow(READ_BYTES)
  let taken = false
  return {
    buffer: () => {
      if (taken) space = Buffer.allocUnsafeSlow(READ_BYTES)
      taken = false
      return space
    },
    callback: (count) => {
      taken = onData(space.subarray(0, count))
      return true
    },
  }
}

export const openLink = (pool: Pool, member: PoolMember, owner: LinkOwner): Link => {
  let open = true
  const onread = readInto((chunk) => open && owner.onData(link, chunk))
  const socket = connect({ host: member.host, port: member.port, noDelay: true, allowHalfOpen: true, onread })
  const leave = (): boolean => {
    const was = open
    open = false
    if (was) pool.release(member)
    return was
  }
  const link: Link = {
    member,
    socket,
    connected: false,
    close: () => {
      leave()
      socket.destroy()
    },
  }
  pool.acquire(member)
  socket.on('connect', () => {
    link.connected = true
    if (open) owner.onConnect(link)
  })
  socket.on('end', () => {
    if (open) owner.onEnd(link)
  })
  socket.on('drain', () => {
    if (open) owner.onDrain(link)
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    if (!link.connected) pool.suspect(member, Date.now())
    if (leave()) owner.onGone(link)
  })
  return link
}
