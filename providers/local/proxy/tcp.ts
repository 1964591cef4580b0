// A TCP port: each accepted connection becomes a session (session.ts).
import { createServer, type Server } from 'node:net'
import { clientOf } from './accepted.ts'
import type { Bind, Listener } from './listener.ts'
import { createPool } from './pool.ts'
import { destroySession } from './reach.ts'
import { onEntryClosed, onSweep, onTableChange, openSession } from './session.ts'
import type { Session, SessionOwner } from './session-state.ts'
import type { ProxyEntry } from './types.ts'

const BACKLOG = 1024
const KEEP_ALIVE_MS = 60_000

const listen = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject)
      server.on('error', () => {})
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })

export const bindTcp =
  (entry: ProxyEntry, { holdMs }: { readonly holdMs: number }): Bind =>
  async ({ host, port }) => {
    const pool = createPool()
    pool.replace(entry.backends)
    const sessions = new Set<Session>()
    const owner: SessionOwner = {
      pool,
      appProtocol: entry.appProtocol ?? null,
      holdMs,
      onClose: (session) => sessions.delete(session),
    }
    const server = createServer(
      {
        allowHalfOpen: true,
        pauseOnConnect: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_MS,
      },
      (accepted) => {
        const session = openSession(clientOf(accepted), owner)
        if (!session.over) sessions.add(session)
      },
    )
    const bound = await listen(server, host, port)
    const each = (step: (session: Session) => void): void => {
      for (const session of [...sessions]) step(session)
    }
    const listener: Listener = {
      port: bound,
      replace: (backends) => {
        pool.replace(backends)
        each(onTableChange)
      },
      connections: (id) => pool.connections(id),
      sweep: (nowMs) => each((session) => onSweep(session, nowMs)),
      open: () => sessions.size,
      // The callback of close waits for connections, but the port is free as soon as close was called.
      close: async () => {
        server.close()
        each(onEntryClosed)
      },
      destroy: () => {
        server.close()
        each(destroySession)
      },
    }
    return listener
  }
