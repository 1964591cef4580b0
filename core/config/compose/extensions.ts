// Takes the keys of the user's own (x-) out of the way before values are read by type, and under which mappings such a
// key is a name like any other.
import { EXTENSIONS } from './codec.ts'
import { type MapNode, map, type Node } from './node.ts'
import { into, patternTable, type Trail } from './pattern.ts'

const NAMED = patternTable<true>({
  services: true,
  'services.*.depends_on': true,
  volumes: true,
  networks: true,
  secrets: true,
  configs: true,
})

/** Gathers them under one key that no YAML key can collide with; lists of mappings are gone into. */
export const setExtensionsApart = (node: MapNode, trail: Trail<true> = NAMED): void => {
  const found: [string, Node][] = []
  const named = trail.state?.value === true
  for (const [key, value] of [...node.entries]) {
    if (!named && key.startsWith('x-')) {
      found.push([key, value])
      node.entries.delete(key)
    } else descend(value, into(trail, key))
  }
  if (found.length > 0) node.entries.set(EXTENSIONS, map(found, node))
}

const descend = (value: Node, trail: Trail<true>): void => {
  if (value.kind === 'map') setExtensionsApart(value, trail)
  if (value.kind !== 'list') return
  for (const [i, item] of value.items.entries()) {
    if (item.kind === 'map') setExtensionsApart(item, into(trail, String(i)))
  }
}
