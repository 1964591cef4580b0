// Ports for host processes: 20000-31999, below Linux's ephemeral range, handed out in turn so that a freed port rests
// before it is used again (old connections linger).
import { connect } from 'node:net'
import { StormportError } from '../../../core/errors.ts'
import type { Ledger } from './ledger.ts'
import { holdsThings } from './model.ts'

const FIRST = 20_000
const LAST = 31_999
const CURSOR = 'cursor/leases'

export interface PortLeases {
  /** Taken for good; the allocation that is written next holds it. */
  next(): number
  /** Looks at a port that others may hold: true when somebody listens there. */
  isTaken(port: number): Promise<boolean>
}

export const createPortLeases = (ledger: Ledger): PortLeases => {
  let cursor = ledger.store.ports().get(CURSOR) ?? FIRST
  return {
    next: () => {
      const held = new Set(
        ledger
          .allocs()
          .filter(holdsThings)
          .flatMap((a) => a.ports.map((p) => p.hostPort)),
      )
      for (let tries = FIRST; tries <= LAST; tries++) {
        cursor = cursor >= LAST ? FIRST : cursor + 1
        if (held.has(cursor)) continue
        ledger.store.putPort(CURSOR, cursor)
        return cursor
      }
      throw new StormportError('InsufficientCapacity', `all ports from ${FIRST} to ${LAST} are leased`, {
        diagnostic: 'SP4202',
        source: 'target',
        hint: 'scale a service down',
      })
    },
    isTaken: (port) =>
      new Promise((resolve) => {
        const socket = connect({ host: '127.0.0.1', port })
        socket.setTimeout(500, () => socket.destroy())
        socket.on('connect', () => {
          resolve(true)
          socket.destroy()
        })
        socket.on('error', () => resolve(false))
        socket.on('close', () => resolve(false))
      }),
  }
}
