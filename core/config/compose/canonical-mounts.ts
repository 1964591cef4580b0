// The short forms of what a container is given: ports, mounts and devices.
import type { Findings } from './findings.ts'
import { cleanPath } from './go-text.ts'
import { bool, int, isText, list, type MapNode, map, type Node, text } from './node.ts'
import type { Trail } from './pattern.ts'
import { parsePorts } from './port-syntax.ts'
import { mapOr, type Transformer, wrong, wrongType } from './transform.ts'
import { parseVolume } from './volume-syntax.ts'

export const ports: Transformer = (node, trail, findings) => {
  if (node.kind !== 'list') return wrongType(node, trail, findings)
  return list(
    node.items.flatMap((entry) => portsOf(entry, trail, findings)),
    node,
  )
}

const portsOf = (entry: Node, trail: Trail<Transformer>, findings: Findings): readonly Node[] => {
  if (entry.kind === 'map') return [entry]
  if (entry.kind !== 'string' && entry.kind !== 'int') {
    wrongType(entry, trail, findings)
    return []
  }
  const parsed = parsePorts(String(entry.value))
  if ('fault' in parsed) {
    wrong(entry, { trail, findings }, parsed.fault)
    return []
  }
  return parsed.ports.map((port) =>
    map(
      [
        ['mode', text('ingress', entry)],
        ...(port.hostIp === '' ? [] : [['host_ip', text(port.hostIp, entry)] as const]),
        ...(port.target === 0 ? [] : [['target', int(port.target, entry)] as const]),
        ...(port.published === '' ? [] : [['published', text(port.published, entry)] as const]),
        ['protocol', text(port.protocol, entry)],
      ],
      entry,
    ),
  )
}

export const volume: Transformer = mapOr((node, trail, findings) => {
  const parsed = parseVolume(isText(node) ? node.value : '')
  if ('fault' in parsed) return wrong(node, { trail, findings }, parsed.fault)
  const { type, source, target, readOnly, bind, volume: named } = parsed.volume
  const entries: [string, Node][] = [['type', text(type, node)]]
  if (source !== '') entries.push(['source', text(source, node)])
  if (target !== '') entries.push(['target', text(cleanPath(target), node)])
  if (readOnly) entries.push(['read_only', bool(true, node)])
  if (bind !== undefined) entries.push(['bind', bindOptions(bind, type === 'bind', node)])
  if (named !== undefined) {
    entries.push(['volume', map(named.nocopy ? [['nocopy', bool(true, node)]] : [], node)])
  }
  return map(entries, node)
})

const bindOptions = (bind: Readonly<Record<string, string | undefined>>, create: boolean, node: Node): MapNode => {
  const entries: [string, Node][] = create ? [['create_host_path', bool(true, node)]] : []
  for (const [key, value] of Object.entries(bind)) if (value !== undefined) entries.push([key, text(value, node)])
  return map(entries, node)
}

export const device: Transformer = mapOr((node, trail, findings) => {
  const parts = isText(node) ? node.value.split(':') : []
  if (parts.length > 3) return wrong(node, { trail, findings }, 'more than three parts; use the long form')
  const [source = '', target = '', permissions] = parts
  return map(
    [
      ['source', text(source, node)],
      ['target', text(target === '' ? source : target, node)],
      ['permissions', text(permissions ?? 'rwm', node)],
    ],
    node,
  )
})
