// A UDP port: datagrams of one source go to one backend, over a socket of their own so that answers find back. With
// several backends the source's address decides (rendezvous hash), so that a source keeps its backend while others come
// and go.
import { createHash } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { Bind, Listener } from './listener.ts'
import type { ProxyBackend, ProxyEntry } from './types.ts'

const IDLE_MS = 60_000
const MAX_FLOWS = 8192

const familyOf = (host: string): 'udp4' | 'udp6' => (host.includes(':') ? 'udp6' : 'udp4')

const weight = (source: string, id: string): number =>
  createHash('sha256').update(`${source} ${id}`).digest().readUInt32BE(0)

/** null: none is ready. */
export const chooseBackend = (source: string, backends: readonly ProxyBackend[]): ProxyBackend | null => {
  const ready = backends.filter((backend) => !backend.draining)
  if (ready.length < 2) return ready[0] ?? null
  return ready.reduce((best, backend) => (weight(source, backend.id) > weight(source, best.id) ? backend : best))
}

interface Flow {
  readonly backend: ProxyBackend
  readonly socket: Socket
  usedMs: number
}

const listen = (socket: Socket, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', reject)
      socket.on('error', () => {})
      resolve(socket.address().port)
    })
  })

export const bindUdp =
  (entry: ProxyEntry): Bind =>
  async ({ host, port }) => {
    let backends = entry.backends
    const flows = new Map<string, Flow>()
    const socket = createSocket({ type: familyOf(host) })
    const bound = await listen(socket, host, port).catch((error: unknown) => {
      socket.close()
      throw error
    })
    const end = (key: string, flow: Flow): void => {
      flows.delete(key)
      flow.socket.close()
    }
    const open = (key: string, source: RemoteInfo, backend: ProxyBackend): Flow => {
      const flow: Flow = { backend, socket: createSocket({ type: familyOf(backend.host) }), usedMs: Date.now() }
      flow.socket.on('message', (answer) => socket.send(answer, source.port, source.address))
      flow.socket.on('error', () => {})
      flows.set(key, flow)
      const oldest = flows.size > MAX_FLOWS ? flows.entries().next().value : undefined
      if (oldest !== undefined) end(...oldest)
      return flow
    }
    const isReady = ({ backend }: Flow): boolean =>
      backends.some(
        (other) =>
          other.id === backend.id && other.host === backend.host && other.port === backend.port && !other.draining,
      )
    socket.on('message', (message, source) => {
      const key = `${source.address} ${source.port}`
      const backend = chooseBackend(source.address, backends)
      const flow = flows.get(key) ?? (backend === null ? null : open(key, source, backend))
      if (flow === null) return
      flow.usedMs = Date.now()
      flow.socket.send(message, flow.backend.port, flow.backend.host)
    })
    const endAll = (of: (flow: Flow) => boolean): void => {
      for (const [key, flow] of flows) if (of(flow)) end(key, flow)
    }
    const destroy = (): void => {
      endAll(() => true)
      socket.close()
    }
    const listener: Listener = {
      port: bound,
      replace: (next) => {
        backends = next
        endAll((flow) => !isReady(flow))
      },
      connections: () => 0,
      sweep: (nowMs) => endAll((flow) => nowMs - flow.usedMs > IDLE_MS),
      open: () => 0,
      close: async () => destroy(),
      destroy,
    }
    return listener
  }
