// Connections through the tunnel of an HTTP proxy (CONNECT), as `proxy-url` of a kubeconfig asks: the proxy sees where they
// go and never what is said, for TLS is spoken with the API server itself.
import { type Agent, request } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls'

type Connected = (error: Error | null, socket: Duplex) => void

/** The same agent; every connection that it opens goes through the tunnel. */
export const throughProxy = <A extends Agent>(
  agent: A,
  { proxyUrl, tls }: { readonly proxyUrl: string; readonly tls: ConnectionOptions | null },
): A => {
  const proxy = new URL(proxyUrl)
  agent.createConnection = (options, callback) => {
    // Node hands the options of its own request over: host and port are in them.
    const to = options as { readonly host?: string; readonly port?: number | string }
    const host = to.host ?? 'localhost'
    const told = callback as unknown as Connected
    const tunnel = request({
      host: proxy.hostname,
      port: proxy.port === '' ? 80 : Number(proxy.port),
      method: 'CONNECT',
      path: `${host}:${to.port}`,
      headers: { host: `${host}:${to.port}`, ...authorization(proxy) },
      agent: false,
    })
    const fail = (error: Error): void => told(error, tunnel.socket ?? nothing())
    tunnel.once('error', fail)
    tunnel.once('connect', ({ statusCode }, socket) => {
      if (statusCode !== 200) {
        socket.destroy()
        return fail(new Error(`the proxy ${proxy.host} refuses the tunnel with status ${statusCode ?? 'none'}`))
      }
      told(null, tls === null ? socket : tlsConnect({ host, servername: isIP(host) === 0 ? host : '', ...tls, socket }))
    })
    tunnel.end()
    return undefined
  }
  return agent
}

/** Callers look at the error alone. */
const nothing = (): Duplex => undefined as unknown as Duplex

const authorization = ({ username, password }: URL): Readonly<Record<string, string>> => {
  if (username === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
