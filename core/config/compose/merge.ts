// How a later file changes an earlier one, and a service the one that it extends: mappings are merged key by key, lists
// appended without repetition, and some attributes have rules of their own.
import type { Findings } from './findings.ts'
import { compareText, printed } from './go-text.ts'
import { equal, type ListNode, list, type MapNode, map, type Node, nothing, text } from './node.ts'
import { along, into, patternTable, shown, type Trail, under } from './pattern.ts'
import { keyOfPair, uniqueBy } from './unique.ts'

export interface MergePlace {
  /** Which attribute this is. */
  readonly path: readonly string[]
  readonly findings: Findings
}

/** Where the merge stands in the table, and whom it tells about forms that do not fit. */
interface Way {
  readonly trail: Trail<Merger>
  readonly findings: Findings
}

type Merger = (base: Node, over: Node, way: Way) => Node

/** The base may be changed and returned. Where the forms do not fit, that is reported and the base stays. */
export const merge = (base: Node, over: Node, { path, findings }: MergePlace): Node =>
  mergeAt(base, over, { trail: along(specials, path), findings })

const mergeAt: Merger = (base, over, way) => {
  const special = way.trail.state?.value
  if (special !== undefined) return special(base, over, way)
  if (over.kind === 'null') return base
  if (base.kind === 'map') return over.kind === 'map' ? mergeMaps(base, over, way) : conflict(base, over, way)
  if (base.kind === 'list') return over.kind === 'list' ? append(base, over) : conflict(base, over, way)
  return over
}

const conflict: Merger = (base, over, { trail, findings }) => {
  findings.error('SP1106', `cannot override ${shown(trail)} with another form`, { at: over.at })
  return base
}

const mergeMaps = (base: MapNode, over: MapNode, way: Way): MapNode => {
  for (const [key, value] of over.entries) {
    const present = base.entries.get(key)
    const inner = { ...way, trail: into(way.trail, key) }
    base.entries.set(key, present === undefined ? value : mergeAt(present, value, inner))
  }
  return base
}

const append = (base: ListNode, over: ListNode): ListNode => {
  const items = [...base.items]
  for (const item of over.items) if (!items.some((present) => equal(present, item))) items.push(item)
  return list(items, base)
}

const override: Merger = (_base, over) => over

const asSequence = (node: Node): readonly Node[] => {
  if (node.kind === 'list') return node.items
  if (node.kind === 'string') return [node]
  if (node.kind !== 'map') return []
  const pairs = [...node.entries].flatMap(([key, value]) => pairsOf(key, value))
  return pairs.sort((a, b) => compareText(a.value, b.value))
}

const pairsOf = (key: string, value: Node) => {
  if (value.kind === 'null') return [text(key, value)]
  if (value.kind === 'list') return value.items.map((item) => text(`${key}=${printed(item)}`, item))
  return [text(`${key}=${printed(value)}`, value)]
}

const sequence: Merger = (base, over) => append(list([...asSequence(base)], base), list([...asSequence(over)], over))

const keyValues: Merger = (base, over, way) => {
  const items = [...asSequence(base), ...asSequence(over)]
  for (const item of items) if (item.kind !== 'string') conflict(base, item, way)
  return list(
    uniqueBy(
      items.filter((item) => item.kind === 'string'),
      keyOfPair,
    ),
    over.kind === 'null' ? base : over,
  )
}

const buildAsMap = (node: Node): MapNode => {
  if (node.kind === 'map') return node
  return map(node.kind === 'string' ? [['context', node]] : [], node)
}

const build: Merger = (base, over, way) => mergeMaps(buildAsMap(base), buildAsMap(over), way)

type Default = (from: Node) => Node

const dependency: Default = (from) =>
  map(
    [
      ['condition', text('service_started', from)],
      ['required', { ...text('', from), kind: 'bool', value: true }],
    ],
    from,
  )

const asMapping = (node: Node, fallback: Default, way: Way): MapNode => {
  if (node.kind === 'map') return node
  if (node.kind === 'null') return map([], node)
  const names = node.kind === 'list' ? node.items : [node]
  for (const name of names) if (name.kind !== 'string') conflict(node, name, way)
  const entries = names.flatMap((name) => (name.kind === 'string' ? [[name.value, fallback(name)] as const] : []))
  return map(entries, node)
}

const mapping =
  (fallback: Default): Merger =>
  (base, over, way) =>
    mergeMaps(asMapping(base, fallback, way), asMapping(over, fallback, way), way)

// Options belong to a driver: another driver starts afresh.
const logging: Merger = (base, over, way) => {
  if (base.kind !== 'map' || over.kind !== 'map') return conflict(base, over, way)
  const mine = over.entries.get('driver')
  const theirs = base.entries.get('driver')
  if (mine === undefined || theirs === undefined || equal(mine, theirs)) return mergeMaps(base, over, way)
  return over
}

const ulimit: Merger = (base, over, way) =>
  base.kind === 'map' && over.kind === 'map' ? mergeMaps(base, over, way) : over

// Pools are told apart by their subnet.
const pools: Merger = (base, over, way) => {
  if (base.kind !== 'list' || over.kind !== 'list') return conflict(base, over, way)
  const merged: MapNode[] = []
  for (const original of base.items) {
    const right = asMapping(original, nothing, way)
    for (const item of over.items) {
      const left = asMapping(item, nothing, way)
      if (!sameSubnet(left, right) && !merged.some((other) => sameSubnet(other, left))) merged.push(left)
      else placePool(merged, mergeMaps(right, left, way))
    }
  }
  return list(merged, over)
}

const placePool = (pools: MapNode[], pool: MapNode): void => {
  const at = pools.findIndex((other) => sameSubnet(other, pool))
  if (at >= 0) pools[at] = pool
  else pools.push(pool)
}

const sameSubnet = (a: MapNode, b: MapNode): boolean => {
  const [mine, theirs] = [a.entries.get('subnet'), b.entries.get('subnet')]
  if (mine === undefined || theirs === undefined) return mine === theirs
  return equal(mine, theirs)
}

const workload: Readonly<Record<string, Merger>> = {
  annotations: keyValues,
  build,
  'build.args': keyValues,
  'build.additional_contexts': keyValues,
  'build.extra_hosts': sequence,
  'build.labels': keyValues,
  command: override,
  depends_on: mapping(dependency),
  dns: sequence,
  dns_opt: sequence,
  dns_search: sequence,
  entrypoint: override,
  env_file: sequence,
  label_file: sequence,
  environment: keyValues,
  extra_hosts: sequence,
  'healthcheck.test': override,
  labels: keyValues,
  'volumes.*.volume.labels': keyValues,
  logging,
  models: mapping(nothing),
  networks: mapping(nothing),
  sysctls: keyValues,
  tmpfs: sequence,
  'ulimits.*': ulimit,
}

const specials = patternTable<Merger>({
  'networks.*.ipam.config': pools,
  ...under(['networks.*', 'volumes.*', 'secrets.*', 'configs.*'], { labels: keyValues }),
  ...under(['services.*', 'jobs.*'], workload),
  'services.*.deploy.labels': keyValues,
})
