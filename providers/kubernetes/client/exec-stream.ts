// A command inside a container over a WebSocket, as kubectl does it. The only place that loads the large client library:
// its import costs more than every other request of a command.
import type { Readable, Writable } from 'node:stream'
import type { ExecIo } from '../../../core/ports.ts'
import { listAt, textAt } from '../raw.ts'
import type { ClusterAccess, Credential } from './access.ts'
import type { KubeApi } from './api.ts'

export interface ExecRequest {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly argv: readonly string[]
}

/** A line that carries nothing is cut by proxies after some minutes. */
const PING_MS = 30_000

/** Resolves to the exit status of the command. */
export const execInPod = async (
  api: KubeApi,
  at: { readonly request: ExecRequest; readonly io: ExecIo },
  signal: AbortSignal,
): Promise<number> => {
  const credential = await api.credential(signal)
  const { Exec, KubeConfig } = await import('@kubernetes/client-node')
  signal.throwIfAborted()
  const config = new KubeConfig()
  config.loadFromOptions(configOf(api.access, credential))
  const { request, io } = at
  const status = Promise.withResolvers<unknown>()
  const socket = await new Exec(config).exec(
    request.namespace,
    request.pod,
    request.container,
    [...request.argv],
    // The library takes the classes, the contract their interfaces; process streams and PassThrough are both.
    io.stdout as Writable,
    io.tty === null ? (io.stderr as Writable) : null,
    io.stdin as Readable | null,
    io.tty !== null,
    status.resolve,
  )
  const ping = setInterval(() => socket.ping(), PING_MS)
  const stop = (): void => socket.terminate()
  signal.addEventListener('abort', stop)
  socket.on('close', () => status.reject(new Error('the connection ended before the command did')))
  if (signal.aborted) stop()
  try {
    return exitOf(await status.promise)
  } finally {
    clearInterval(ping)
    signal.removeEventListener('abort', stop)
    // The status is the last word: a peer that answers no farewell must not keep us.
    socket.terminate()
  }
}

const configOf = (access: ClusterAccess, credential: Credential) => {
  const [name, token] = ['stormport', /^Bearer (.+)$/.exec(credential.headers['authorization'] ?? '')?.[1]]
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return {
    clusters: [
      {
        name,
        server: access.server,
        // Without TLS (a proxy on loopback) there is nothing to verify, and the library wants that said.
        skipTLSVerify: access.server.startsWith('http:'),
        ...(access.ca === null ? {} : { caData: base64(access.ca) }),
        ...(access.tlsServerName === null ? {} : { tlsServerName: access.tlsServerName }),
        ...(access.proxyUrl === undefined ? {} : { proxyUrl: access.proxyUrl }),
      },
    ],
    users: [
      {
        name,
        ...(token === undefined ? {} : { token }),
        ...(credential.cert === null ? {} : { certData: base64(credential.cert) }),
        ...(credential.key === null ? {} : { keyData: base64(credential.key) }),
      },
    ],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  }
}

const exitOf = (status: unknown): number => {
  if (textAt(status, 'status') === 'Success') return 0
  const code = listAt(status, 'details.causes').find((cause) => cause['reason'] === 'ExitCode')
  if (code !== undefined) return Number(textAt(code, 'message'))
  // Some runtimes tell it in words alone.
  const told = /exit (?:code|status):? (\d+)/.exec(textAt(status, 'message') ?? '')
  // The command was not started: shells say 126 for that.
  return told === null ? 126 : Number(told[1])
}
