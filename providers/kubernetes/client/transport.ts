// HTTP to one API server: kept connections for requests, one connection for each stream, so that watches never starve
// requests. Answers are raw: nothing here retries or reads bodies.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { ClusterAccess, Credential } from './access.ts'
import { throughProxy } from './proxy.ts'

export interface Exchange {
  readonly method: string
  /** With query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** A stream lives on a connection of its own and has no time limit once it has begun. */
  readonly stream: boolean
  readonly answerMs: number
  /** Asked when the answer takes longer than CONNECT_MS; who does not answer that either is not waited for. */
  readonly isAlive: (() => Promise<boolean>) | null
  readonly signal: AbortSignal
}

export interface Transport {
  send(exchange: Exchange, credential: Credential): Promise<IncomingMessage>
  close(): void
}

/** DESIGN section 5: connect and first answer. */
export const CONNECT_MS = 5_000
/** As many as apply uses, and some for what must not wait behind it: the lease. */
const SOCKETS = 20

export class NoAnswer extends Error {
  readonly code = 'NO_ANSWER'
}

interface Pool {
  readonly key: string
  readonly requests: HttpAgent
  readonly streams: HttpAgent
  /** Of the newest connection, so that further ones are opened without proving everything again. */
  session: Buffer | null
}

export const createTransport = (access: ClusterAccess): Transport => {
  const secure = access.server.startsWith('https:')
  let pool: Pool | null = null
  /** A renewed client certificate needs new connections. */
  const poolFor = (credential: Credential): Pool => {
    const key = `${credential.cert ?? ''}${credential.key ?? ''}`
    if (pool?.key === key) return pool
    pool?.requests.destroy()
    const tls = secure ? tlsOptions(access, credential) : {}
    // Made once: each connection would read the certificates again.
    const secureContext = secure ? createSecureContext(tls) : undefined
    const make = (keepAlive: boolean, maxSockets: number): HttpAgent => {
      const agent = secure
        ? new HttpsAgent({ ...tls, secureContext, keepAlive, maxSockets })
        : new HttpAgent({ keepAlive, maxSockets })
      const { proxyUrl } = access
      return proxyUrl === undefined ? agent : throughProxy(agent, { proxyUrl, tls: secure ? tls : null })
    }
    pool = { key, requests: make(true, SOCKETS), streams: make(false, Number.POSITIVE_INFINITY), session: null }
    return pool
  }
  return {
    send: (exchange, credential) => {
      return send(access.server, { exchange, credential, pool: poolFor(credential) })
    },
    close: () => {
      pool?.requests.destroy()
      pool?.streams.destroy()
      pool = null
    },
  }
}

export const tlsOptions = (access: ClusterAccess, credential: Credential) => ({
  ...(access.ca === null ? {} : { ca: access.ca }),
  ...(access.tlsServerName === null ? {} : { servername: access.tlsServerName }),
  ...(credential.cert === null ? {} : { cert: credential.cert }),
  ...(credential.key === null ? {} : { key: credential.key }),
})

interface Sending {
  readonly exchange: Exchange
  readonly credential: Credential
  readonly pool: Pool
}

const send = (server: string, { exchange, credential, pool }: Sending): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const open = server.startsWith('https:') ? httpsRequest : httpRequest
    const outgoing = open(`${server}${exchange.path}`, {
      agent: exchange.stream ? pool.streams : pool.requests,
      // The pool of requests keeps sessions by itself.
      ...(exchange.stream && pool.session !== null ? { session: pool.session } : {}),
      method: exchange.method,
      headers: { ...exchange.headers, ...credential.headers },
      signal: exchange.signal,
    })
    const give = (what: string) => () => outgoing.destroy(new NoAnswer(what))
    const answer = setTimeout(give(`no answer in ${exchange.answerMs / 1000} s`), exchange.answerMs)
    const connect = setTimeout(give(`no connection in ${CONNECT_MS / 1000} s`), CONNECT_MS)
    const { isAlive } = exchange
    const doubt =
      isAlive === null
        ? undefined
        : setTimeout(async () => {
            if (!(await isAlive())) give(`no answer in ${(2 * CONNECT_MS) / 1000} s`)()
          }, CONNECT_MS)
    const connected = (): void => clearTimeout(connect)
    outgoing.on('socket', (socket) => {
      if (!socket.connecting) return connected()
      socket.on('session', (session: Buffer) => {
        pool.session = session
      })
      socket.once(server.startsWith('https:') ? 'secureConnect' : 'connect', connected)
    })
    const over = (): void => {
      clearTimeout(answer)
      clearTimeout(connect)
      clearTimeout(doubt)
    }
    outgoing.on('response', (response) => {
      over()
      resolve(response)
    })
    outgoing.on('error', (error) => {
      over()
      reject(error)
    })
    outgoing.end(exchange.body ?? undefined)
  })
