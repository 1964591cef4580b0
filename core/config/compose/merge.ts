// How a later file changes an earlier one, and a service the one that it extends: mappings are merged key by key, lists
// appended without repetition, and some attributes have rules of their own.
import { compareText, printed } from './go-text.ts'
import { equal, type ListNode, list, type MapNode, map, type Node, nothing, text } from './node.ts'
import { along, into, patternTable, shown, type Trail, under } from './pattern.ts'
import { keyOfPair, uniqueBy } from './unique.ts'

/** The forms do not fit: a list over a mapping, for example. */
export class MergeConflict extends Error {
  readonly node: Node
  constructor(trail: Trail, node: Node) {
    super(`cannot override ${shown(trail)}`)
    this.node = node
  }
}

type Merger = (base: Node, over: Node, trail: Trail<Merger>) => Node

/** Throws MergeConflict. The base may be changed and returned. The path says which attribute this is. */
export const merge = (base: Node, over: Node, path: readonly string[]): Node =>
  mergeAt(base, over, along(specials, path))

const mergeAt: Merger = (base, over, trail) => {
  const special = trail.state?.value
  if (special !== undefined) return special(base, over, trail)
  if (over.kind === 'null') return base
  if (base.kind === 'map') {
    if (over.kind !== 'map') throw new MergeConflict(trail, over)
    return mergeMaps(base, over, trail)
  }
  if (base.kind === 'list') {
    if (over.kind !== 'list') throw new MergeConflict(trail, over)
    return append(base, over)
  }
  return over
}

const mergeMaps = (base: MapNode, over: MapNode, trail: Trail<Merger>): MapNode => {
  for (const [key, value] of over.entries) {
    const present = base.entries.get(key)
    base.entries.set(key, present === undefined ? value : mergeAt(present, value, into(trail, key)))
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

const keyValues: Merger = (base, over, trail) => {
  const items = [...asSequence(base), ...asSequence(over)]
  for (const item of items) if (item.kind !== 'string') throw new MergeConflict(trail, item)
  return list(uniqueBy(items, keyOfPair), over.kind === 'null' ? base : over)
}

const buildAsMap = (node: Node): MapNode => {
  if (node.kind === 'map') return node
  return map(node.kind === 'string' ? [['context', node]] : [], node)
}

const build: Merger = (base, over, trail) => mergeMaps(buildAsMap(base), buildAsMap(over), trail)

type Default = (from: Node) => Node

const dependency: Default = (from) =>
  map(
    [
      ['condition', text('service_started', from)],
      ['required', { ...text('', from), kind: 'bool', value: true }],
    ],
    from,
  )

const asMapping = (node: Node, fallback: Default, trail: Trail<Merger>): MapNode => {
  if (node.kind === 'map') return node
  if (node.kind === 'null') return map([], node)
  const names = node.kind === 'list' ? node.items : [node]
  return map(
    names.map((name) => {
      if (name.kind !== 'string') throw new MergeConflict(trail, name)
      return [name.value, fallback(name)] as const
    }),
    node,
  )
}

const mapping =
  (fallback: Default): Merger =>
  (base, over, trail) =>
    mergeMaps(asMapping(base, fallback, trail), asMapping(over, fallback, trail), trail)

// Options belong to a driver: another driver starts afresh.
const logging: Merger = (base, over, trail) => {
  if (base.kind !== 'map' || over.kind !== 'map') throw new MergeConflict(trail, over)
  const mine = over.entries.get('driver')
  const theirs = base.entries.get('driver')
  if (mine === undefined || theirs === undefined || equal(mine, theirs)) return mergeMaps(base, over, trail)
  return over
}

const ulimit: Merger = (base, over, trail) =>
  base.kind === 'map' && over.kind === 'map' ? mergeMaps(base, over, trail) : over

// Pools are told apart by their subnet.
const pools: Merger = (base, over, trail) => {
  if (base.kind !== 'list' || over.kind !== 'list') throw new MergeConflict(trail, over)
  const merged: MapNode[] = []
  const place = (pool: MapNode): void => {
    const at = merged.findIndex((other) => sameSubnet(other, pool))
    if (at >= 0) merged[at] = pool
    else merged.push(pool)
  }
  for (const original of base.items) {
    const right = asMapping(original, nothing, trail)
    for (const item of over.items) {
      const left = asMapping(item, nothing, trail)
      if (!sameSubnet(left, right) && !merged.some((other) => sameSubnet(other, left))) merged.push(left)
      else place(mergeMaps(right, left, trail))
    }
  }
  return list(merged, over)
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
