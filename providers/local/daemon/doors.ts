// Published ports as the proxy's table: which doors a service has, and which replicas stand behind each. Pure.
import type { Port } from '../../../core/model/app.ts'
import type { ProxyBackend, ProxyEntry } from '../proxy/types.ts'
import { type Alloc, isReady, type Work } from './model.ts'

export interface Door {
  readonly key: string
  readonly work: Work
  readonly port: Port
}

/** Doors of every service; what a container publishes in mode host it opens by itself. */
export const doorsOf = (work: Work): readonly Door[] => {
  const body = (work.spec ?? work.stable)?.body
  if (work.spec === null || body === undefined) return []
  const ports = body.ports.filter((p) => body.driver === 'process' || p.mode === 'ingress')
  return ports.map((port) => ({ key: doorKey(work, port), work, port }))
}

const doorKey = (work: Work, port: Port): string =>
  `${work.target}/${work.app}/${work.service}/${port.target}/${port.protocol}${port.published === null ? '' : `/${port.published}`}${port.hostIp === null ? '' : `@${port.hostIp}`}`

/** A picked port is kept; a range is tried in order, beginning with the one that was picked before. */
export const portToTry = (port: Port, kept: number | undefined, attempt: number): number => {
  if (port.published !== null) return port.published
  if (port.publishedRange === null) return kept ?? 0
  const [first, last] = port.publishedRange
  const start = kept ?? first
  return first + ((start - first + attempt) % (last - first + 1))
}

export type AddressOf = (alloc: Alloc, containerPort: number) => { readonly host: string; readonly port: number } | null

export const entryOf = (
  door: Door,
  input: { readonly listenPort: number; readonly allocs: readonly Alloc[]; readonly addressOf: AddressOf },
): ProxyEntry => ({
  key: door.key,
  listen: { host: door.port.hostIp ?? '0.0.0.0', port: input.listenPort },
  protocol: door.port.protocol,
  ...(door.port.appProtocol === 'tcp' ? { appProtocol: 'tcp' as const } : {}),
  backends: input.allocs.flatMap((alloc) => backendOf(door, alloc, input.addressOf)),
})

/** Ready ones serve; one that was told to stop finishes what it has. */
const backendOf = (door: Door, alloc: Alloc, addressOf: AddressOf): readonly ProxyBackend[] => {
  const draining = alloc.intent === 'stop' && alloc.state === 'running' && alloc.readyAt !== null
  if (!isReady(alloc) && !draining) return []
  const address = addressOf(alloc, door.port.target)
  return address === null ? [] : [{ id: backendId(alloc.id, door), ...address, draining }]
}

export const backendId = (alloc: string, door: Pick<Door, 'port'>): string =>
  `${alloc}/${door.port.target}/${door.port.protocol}`

/** How users reach a door: by HTTP unless the port says otherwise. */
export const endpointOf = (port: Port, listening: number): string => {
  const host = port.hostIp === null || port.hostIp === '0.0.0.0' || port.hostIp === '::' ? '127.0.0.1' : port.hostIp
  const scheme = port.protocol === 'udp' ? 'udp' : (port.appProtocol ?? 'http')
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${listening}`
}
