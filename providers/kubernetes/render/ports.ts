// Ports of a service: what its container declares, what its Service offers inside, and which of them may be reached from
// outside of the application.
import type { Port, Service } from '../../../core/model/app.ts'
import { defined, type Json } from './object.ts'

interface Declared {
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  readonly appProtocol: string | null
}

/** Every port that the file names, once. */
const declaredPorts = (service: Service): readonly Declared[] => {
  const all = [
    ...service.ports.map((p) => ({ port: p.target, protocol: p.protocol, appProtocol: p.appProtocol })),
    ...service.expose.map((p) => ({ ...p, appProtocol: null })),
  ]
  const unique = new Map<string, Declared>()
  for (const port of all) if (!unique.has(keyOf(port))) unique.set(keyOf(port), port)
  return [...unique.values()]
}

const keyOf = (port: { readonly port: number; readonly protocol: string }): string => `${port.protocol}-${port.port}`

export const containerPorts = (service: Service, withHostPorts: boolean): readonly Json[] =>
  declaredPorts(service).map((p) => {
    const onHost = service.ports.find((h) => h.mode === 'host' && h.target === p.port && h.protocol === p.protocol)
    return defined({
      name: keyOf(p),
      containerPort: p.port,
      protocol: p.protocol.toUpperCase(),
      hostPort: withHostPorts ? (onHost?.published ?? undefined) : undefined,
    })
  })

export interface ServicePort {
  readonly port: number
  readonly target: number
  readonly protocol: 'tcp' | 'udp'
  readonly appProtocol: string | null
  readonly nodePort?: number
}

/** Peers call the container's ports, as in Compose; a published port is offered beside them unless it would hide one. */
export const internalPorts = (service: Service): readonly ServicePort[] => {
  const ports = new Map<string, ServicePort>()
  for (const p of declaredPorts(service)) ports.set(keyOf(p), { ...p, target: p.port })
  for (const p of service.ports) {
    if (p.published === null) continue
    const key = keyOf({ port: p.published, protocol: p.protocol })
    if (!ports.has(key)) ports.set(key, { ...p, port: p.published })
  }
  return [...ports.values()]
}

export const isLoopback = ({ hostIp }: Port): boolean =>
  hostIp !== null && (hostIp === 'localhost' || hostIp === '::1' || hostIp.startsWith('127.'))

/** Ports that `ports:` opens beyond the application: not those bound to the machine alone or to a node. */
export const publishedPorts = (service: Service): readonly Port[] =>
  service.ports.filter((p) => p.mode === 'ingress' && !isLoopback(p))

/** Ports of the outer Service: under the published number where one is given. */
export const outerPorts = (service: Service): readonly ServicePort[] => {
  const ports = new Map<string, ServicePort>()
  for (const p of publishedPorts(service)) {
    const port = p.published ?? p.target
    const key = keyOf({ port, protocol: p.protocol })
    if (!ports.has(key)) ports.set(key, { ...p, port })
  }
  return [...ports.values()]
}

export const servicePortBody = (p: ServicePort): Json =>
  defined({
    name: keyOf(p),
    port: p.port,
    targetPort: p.target,
    protocol: p.protocol.toUpperCase(),
    appProtocol: appProtocol(p.appProtocol),
    nodePort: p.nodePort,
  })

const STANDARD: Readonly<Record<string, string>> = {
  http2: 'kubernetes.io/h2c',
  h2c: 'kubernetes.io/h2c',
  ws: 'kubernetes.io/ws',
  wss: 'kubernetes.io/wss',
}

const appProtocol = (written: string | null): string | undefined =>
  written === null ? undefined : (STANDARD[written] ?? written)
