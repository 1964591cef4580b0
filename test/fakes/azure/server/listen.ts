// The HTTPS listener: every request is read, understood, held against route, version, audience and type, answered, held
// against its type again, and written down. One ARM request at a time, so that order is what the test sees.
import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Tls } from './tls.ts'

export interface Incoming {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export type Outgoing =
  | { readonly kind: 'reply'; readonly status: number; readonly headers: Record<string, string>; readonly body: string }
  | { readonly kind: 'drop' }

export interface Listener {
  readonly url: string
  close(): Promise<void>
}

type Answer = (incoming: Incoming) => Promise<Outgoing>

export const listenTls = (tls: Tls, answer: Answer): Promise<Listener> =>
  started(createServer({ cert: tls.cert, key: tls.key }, handling(answer)), 'https')

/** For the API server's webhook, whose configuration has no authority of ours. */
export const listenPlain = (answer: Answer): Promise<Listener> => started(createPlain(handling(answer)), 'http')

const handling = (answer: Answer) => (request: IncomingMessage, response: ServerResponse) => {
  textOf(request)
    .then((body) => answer(incomingOf(request, body)))
    .then((outgoing) => {
      if (outgoing.kind === 'drop') response.destroy()
      else response.writeHead(outgoing.status, outgoing.headers).end(outgoing.body)
    })
    .catch(() => response.destroy())
}

const incomingOf = (request: IncomingMessage, body: string): Incoming => ({
  method: request.method ?? 'GET',
  url: new URL(request.url ?? '/', 'https://localhost'),
  headers: Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  ),
  body,
})

const started = async (server: Server, scheme: string): Promise<Listener> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { url: `${scheme}://127.0.0.1:${port}`, close: () => closed(server) }
}

const closed = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
