// One connection to one backend, counted in its pool for as long as it is open. Tells its owner once how it ended.
import { connect, type Socket } from 'node:net'
import type { Pool, PoolMember } from './pool.ts'

export interface LinkOwner {
  onConnect(link: Link): void
  onData(link: Link, chunk: Buffer): void
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

export const openLink = (pool: Pool, member: PoolMember, owner: LinkOwner): Link => {
  const socket = connect({ host: member.host, port: member.port, noDelay: true, allowHalfOpen: true })
  let open = true
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
  socket.on('data', (chunk: Buffer) => {
    if (open) owner.onData(link, chunk)
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
