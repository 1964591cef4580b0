// Published and exposed ports, ranges opened.
import type { Port, Service } from '../model/app.ts'
import type { ComposePort, ComposeService } from '../model/compose.ts'

export const portsOf = (compose: ComposeService): readonly Port[] => (compose.ports ?? []).map(portOf)

const portOf = (port: ComposePort): Port => {
  const [from, to] = rangeOf(port.published)
  return {
    target: Number(port.target),
    published: from !== null && from === to ? from : null,
    publishedRange: from !== null && to !== null && from !== to ? [from, to] : null,
    hostIp: port.host_ip ?? null,
    protocol: port.protocol === 'udp' ? 'udp' : 'tcp',
    mode: port.mode === 'host' ? 'host' : 'ingress',
    appProtocol: port.app_protocol ?? null,
  }
}

/** '8000-8010' → both ends; nothing written, or 0: the proxy picks. */
const rangeOf = (published: string | number | undefined): readonly [number, number] | readonly [null, null] => {
  const [from, to] = String(published ?? '')
    .split('-')
    .map(Number)
  if (from === undefined || !Number.isInteger(from) || from <= 0) return [null, null]
  return [from, to ?? from]
}

/** `expose: ["3000", "4000-4002/udp"]`. */
export const exposedPortsOf = (compose: ComposeService): Service['expose'] =>
  (compose.expose ?? []).flatMap((entry) => {
    const [range, protocol] = String(entry).split('/')
    const [from, to] = rangeOf(range)
    if (from === null) return []
    return Array.from({ length: to - from + 1 }, (_, i) => ({
      port: from + i,
      protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
    }))
  })
