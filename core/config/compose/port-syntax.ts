// The short form of a port: [[IP:]HOST[-HOST]:]CONTAINER[-CONTAINER][/PROTOCOL].

export interface ParsedPort {
  readonly hostIp: string
  readonly published: string
  readonly target: number
  readonly protocol: string
}

export type ParsedPorts = { readonly ports: readonly ParsedPort[] } | { readonly fault: string }

const PROTOCOLS = ['tcp', 'udp', 'sctp']

export const parsePorts = (spec: string): ParsedPorts => {
  const parts = spec.split(':')
  const last = parts.at(-1) ?? ''
  const hostPort = parts.length > 1 ? (parts.at(-2) ?? '') : ''
  const ip = address(parts.slice(0, -2).join(':'))
  if (ip === undefined || (ip !== '' && !isIp(ip))) return { fault: `invalid IP address in port ${spec}` }
  const { port, protocol } = splitProtocol(last)
  if (port === '') return { fault: `no container port in ${spec}` }
  const inner = range(port)
  if (inner === undefined) return { fault: `invalid container port ${port}` }
  const outer = hostPort === '' ? undefined : range(hostPort)
  if (hostPort !== '' && outer === undefined) return { fault: `invalid published port ${hostPort}` }
  if (outer !== undefined && width(inner) !== width(outer) && width(inner) !== 0) {
    return { fault: `the ranges ${hostPort} and ${port} differ in length` }
  }
  if (!PROTOCOLS.includes(protocol.toLowerCase())) return { fault: `invalid protocol ${protocol}` }
  return { ports: expand(inner, outer, { hostIp: ip, protocol: protocol.toLowerCase() }) }
}

type Range = readonly [number, number]

const width = ([from, to]: Range): number => to - from

type Common = Pick<ParsedPort, 'hostIp' | 'protocol'>

const expand = (inner: Range, outer: Range | undefined, common: Common): readonly ParsedPort[] => {
  const ports: ParsedPort[] = []
  for (let i = 0; i <= width(inner); i++) {
    ports.push({ ...common, published: published(inner, outer, i), target: inner[0] + i })
  }
  // The reference loader orders a range by its text: 10/tcp before 9/tcp.
  return ports.sort((a, b) => (`${a.target}/` < `${b.target}/` ? -1 : 1))
}

// One container port with several published ones: the engine picks from the range.
const published = (inner: Range, outer: Range | undefined, i: number): string => {
  if (outer === undefined) return ''
  const first = String(outer[0] + i)
  return width(inner) === 0 && width(outer) !== 0 ? `${first}-${outer[1]}` : first
}

const splitProtocol = (raw: string): { readonly port: string; readonly protocol: string } => {
  const [port = '', protocol = ''] = raw.split('/')
  if (port === '') return { port: '', protocol: '' }
  return { port, protocol: protocol === '' ? 'tcp' : protocol }
}

const range = (value: string): Range | undefined => {
  const [from = '', to] = value.split('-')
  const start = number(from)
  const end = to === undefined ? start : number(to)
  return start === undefined || end === undefined || end < start ? undefined : [start, end]
}

const number = (value: string): number | undefined => {
  if (!/^[0-9]+$/.test(value)) return undefined
  const port = Number(value)
  return port <= 65535 ? port : undefined
}

/** Takes the brackets off an IPv6 address; undefined when they do not fit or a bare address has too many colons. */
const address = (raw: string): string | undefined => {
  if (!raw.startsWith('[')) return /[:[\]]/.test(raw) ? undefined : raw
  if (!raw.endsWith(']')) return undefined
  const inner = raw.slice(1, -1)
  return /[[\]]/.test(inner) ? undefined : inner
}

export const isIp = (value: string): boolean => isIpv4(value) || isIpv6(value)

const isIpv4 = (value: string): boolean =>
  /^(?:\d{1,3})(?:\.\d{1,3}){3}$/.test(value) &&
  value.split('.').every((part) => Number(part) <= 255 && (part === '0' || !part.startsWith('0')))

const isIpv6 = (value: string): boolean => {
  const halves = value.split('::')
  if (halves.length > 2 || !value.includes(':')) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const tail = groups.at(-1) ?? ''
  const dotted = tail.includes('.')
  if (dotted && !isIpv4(tail)) return false
  const plain = dotted ? groups.slice(0, -1) : groups
  const size = plain.length + (dotted ? 2 : 0)
  return plain.every((g) => /^[0-9a-fA-F]{1,4}$/.test(g)) && (halves.length === 2 ? size < 8 : size === 8)
}
