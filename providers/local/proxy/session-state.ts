// What is known of one client connection. Owned by session.ts; changed by reach.ts (the way to a backend) and exchange.ts
// (HTTP). One plain object: a connection must be cheap.
import type { Socket } from 'node:net'
import type { MessageReader } from './http-message.ts'
import type { Link, LinkOwner } from './link.ts'
import type { Pool } from './pool.ts'

export interface SessionOwner {
  readonly pool: Pool
  /** 'tcp': HTTP is not looked for. */
  readonly appProtocol: 'http' | 'tcp' | null
  /** How long a client waits for a backend. */
  readonly holdMs: number
  onClose(session: Session): void
}

export interface Session {
  readonly client: Socket
  readonly owner: SessionOwner
  readonly request: MessageReader
  readonly response: MessageReader
  readonly links: LinkOwner
  /** Backends that failed in this attempt. */
  readonly tried: Set<string>
  mode: 'sniff' | 'http' | 'opaque'
  link: Link | null
  /** What was sent since the exchange (or the connection) began, to send it again elsewhere; null: no more possible. */
  replay: Buffer[] | null
  replayBytes: number
  /** Bytes of the client that are not sent yet: not recognised yet, or of the request after this one. */
  held: Buffer | null
  /** Method of the request under way; '' before its head is complete. */
  method: string
  inExchange: boolean
  /** The first byte of the answer has come. */
  answered: boolean
  closeAfter: boolean
  clientEnded: boolean
  entryClosed: boolean
  over: boolean
  /** Backends tried since the last pause. */
  attempts: number
  /** Times that a request was sent again after it had reached a backend. */
  repeats: number
  idleSinceMs: number
  holdUntilMs: number | null
  timer: NodeJS.Timeout | null
}
