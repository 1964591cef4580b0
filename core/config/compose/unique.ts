// Lists in which an entry stands for a key: a later entry with the same key takes the place of the earlier one.
import type { Findings } from './findings.ts'
import { cut, printed } from './go-text.ts'
import { type Node, textAt } from './node.ts'
import { into, patternTable, shown, type Trail } from './pattern.ts'
import { parseVolume } from './volume-syntax.ts'

/** undefined: the entry has no key, which is a fault. */
type Indexer = (node: Node) => string | undefined

export const keyOfPair: Indexer = (node) => (node.kind === 'string' ? cut(node.value, '=')[0] : undefined)

const targetOf: Indexer = (node) => {
  if (node.kind === 'map') return textAt(node, 'target')
  if (node.kind !== 'string') return ''
  const parsed = parseVolume(node.value)
  return 'volume' in parsed ? parsed.volume.target : undefined
}

const deviceTarget: Indexer = (node) => {
  if (node.kind === 'map') return textAt(node, 'target')
  if (node.kind !== 'string') return ''
  const [source = '', target] = node.value.split(':')
  return target ?? source
}

const exposed: Indexer = (node) => (node.kind === 'string' || node.kind === 'int' ? String(node.value) : undefined)

const mounted =
  (folder: string): Indexer =>
  (node) => {
    if (node.kind === 'string') return `${folder}/${node.value}`
    if (node.kind !== 'map') return undefined
    const target = node.entries.get('target')
    return target === undefined ? `${folder}/${textAt(node, 'source')}` : textAt(node, 'target')
  }

const port: Indexer = (node) => {
  if (node.kind === 'int') return String(node.value)
  if (node.kind === 'string') return node.value
  if (node.kind !== 'map') return ''
  const part = (key: string, fallback: string): string => {
    const value = node.entries.get(key)
    // A number and a text are different keys here, as they are in the reference loader.
    return value === undefined ? fallback : `${value.kind === 'string' ? '' : value.kind}${printed(value)}`
  }
  if (!node.entries.has('target')) return undefined
  const target = node.entries.get('target')
  const inner = target === undefined ? '' : printed(target)
  return `${part('host_ip', '0.0.0.0')}:${part('published', '-')}:${inner}/${part('protocol', 'tcp')}`
}

const envFile: Indexer = (node) => {
  if (node.kind === 'string') return node.value
  return node.kind === 'map' ? textAt(node, 'path') : ''
}

const pairs = (...names: readonly string[]): Readonly<Record<string, Indexer>> =>
  Object.fromEntries(names.map((name) => [name, keyOfPair]))

const indexers = patternTable<Indexer>({
  ...pairs('networks.*.labels', 'networks.*.ipam.options', 'services.*.annotations', 'services.*.build.args'),
  ...pairs('services.*.build.additional_contexts', 'services.*.build.platform', 'services.*.build.tags'),
  ...pairs('services.*.build.labels', 'services.*.cap_add', 'services.*.cap_drop', 'services.*.deploy.labels'),
  ...pairs('services.*.dns', 'services.*.dns_opt', 'services.*.dns_search', 'services.*.environment'),
  ...pairs('services.*.labels', 'services.*.links', 'services.*.networks.*.aliases', 'services.*.profiles'),
  ...pairs('services.*.networks.*.link_local_ips', 'services.*.sysctls', 'services.*.tmpfs'),
  'services.*.configs': mounted(''),
  'services.*.secrets': mounted('/run/secrets'),
  'services.*.env_file': envFile,
  'services.*.expose': exposed,
  'services.*.ports': port,
  'services.*.volumes': targetOf,
  'services.*.devices': deviceTarget,
})

/** Entries must have keys. */
export const uniqueBy = (items: readonly Node[], indexer: Indexer): Node[] => {
  const byKey = new Map<string, Node>()
  for (const item of items) byKey.set(indexer(item) ?? '', item)
  return [...byKey.values()]
}

/**
 * Walks mappings only, as lists inside lists have no keys. Without `findings` entries that have no key are left alone:
 * the schema says better what is wrong with them.
 */
export const enforceUnique = (node: Node, findings?: Findings, trail: Trail<Indexer> = indexers): void => {
  if (trail.state === undefined) return
  if (node.kind === 'map') {
    for (const [key, value] of node.entries) enforceUnique(value, findings, into(trail, key))
    return
  }
  const indexer = node.kind === 'list' ? trail.state?.value : undefined
  if (indexer === undefined || node.kind !== 'list') return
  const keyless = node.items.filter((item) => indexer(item) === undefined)
  const keyed = node.items.filter((item) => indexer(item) !== undefined)
  if (findings !== undefined) {
    for (const item of keyless) {
      findings.error('SP1107', `an entry of ${shown(trail)} lacks its target or cannot be understood`, {
        at: item.at,
      })
    }
  }
  const kept = findings === undefined ? keyless : []
  node.items.splice(0, node.items.length, ...uniqueBy(keyed, indexer), ...kept)
}
