// Parsed YAML → nodes: anchors and merge keys are expanded, !reset and !override taken out as paths. What could exhaust
// the machine is refused before it is built; everything else that is wrong is reported on the way.

import type { YAMLMap, YAMLSeq } from 'yaml'
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Pair, type Node as YamlNode } from 'yaml'
import type { Findings } from './findings.ts'
import type { Mark, Node, Source } from './node.ts'
import { into, partsOf, ROOT, type Trail } from './pattern.ts'
import type { ResetPath } from './resets.ts'
import { readScalar } from './yaml-tag.ts'

export interface YamlDocument {
  readonly root: Node
  /** Attributes tagged !reset or !override: what earlier files say there is dropped. */
  readonly resets: readonly ResetPath[]
}

const MAX_DEPTH = 100
/** Nodes after expansion; a file whose aliases multiply beyond it is an attack or a mistake. */
const MAX_NODES = 100_000

interface Expansion {
  readonly source: Source
  readonly findings: Findings
  readonly anchors: Map<string, YamlNode>
  readonly resets: ResetPath[]
  /** Nodes being expanded: meeting one again is a cycle. */
  readonly open: Set<YamlNode>
  nodes: number
  refused: boolean
}

type Code = 'SP1002' | 'SP1003'
type Parsed = YamlNode | null | undefined

/** undefined: something was refused. */
export const expandDocument = (
  document: Document.Parsed,
  source: Source,
  findings: Findings,
): YamlDocument | undefined => {
  const expansion: Expansion = {
    ...{ source, findings, anchors: new Map(), resets: [], open: new Set() },
    ...{ nodes: 0, refused: false },
  }
  const at: Mark = { source, start: document.range[0], end: document.range[0] }
  const root = convert(expansion, document.contents, { trail: ROOT, at, keyAt: undefined })
  return expansion.refused ? undefined : { root: root ?? { kind: 'null', at }, resets: expansion.resets }
}

const refuse = (expansion: Expansion, at: Mark, message: string): undefined =>
  say(expansion, at, { code: 'SP1002', message })

const say = (
  expansion: Expansion,
  at: Mark,
  { code, message }: { readonly code: Code; readonly message: string },
): undefined => {
  // Beyond a limit nothing more is looked at, and one finding says so.
  if (expansion.nodes <= MAX_NODES + 1) expansion.findings.error(code, message, { at })
  expansion.refused = true
  return undefined
}

const isBeyondLimit = (expansion: Expansion, at: Mark): boolean => {
  if (++expansion.nodes <= MAX_NODES) return false
  say(expansion, at, { code: 'SP1003', message: `more than ${MAX_NODES} values after expansion` })
  return true
}

interface Place {
  readonly trail: Trail
  /** Where to point when the value has no text. */
  readonly at: Mark
  readonly keyAt: Mark | undefined
}

const markFor = (expansion: Expansion, node: Parsed, place: Place): Mark => {
  const range = node?.range
  return range ? { source: expansion.source, start: range[0], end: range[1] } : place.at
}

/** undefined: the value is reset or refused. */
const convert = (expansion: Expansion, node: Parsed, place: Place): Node | undefined => {
  const at = markFor(expansion, node, place)
  if (isBeyondLimit(expansion, at)) return undefined
  if (place.trail.depth > MAX_DEPTH)
    return say(expansion, at, { code: 'SP1003', message: `nested deeper than ${MAX_DEPTH} levels` })
  if (isAlias(node)) return convertAlias(expansion, node, place)
  remember(expansion, node)
  if (node?.tag === '!reset' || node?.tag === '!override') expansion.resets.push(partsOf(place.trail))
  if (node?.tag === '!reset') return undefined
  const placed = { at, ...(place.keyAt === undefined ? {} : { keyAt: place.keyAt }) }
  if (isMap(node)) return { ...placed, kind: 'map', entries: convertMap(expansion, node, place) }
  if (isSeq(node)) return { ...placed, kind: 'list', items: convertSeq(expansion, node, place) }
  const scalar = readScalar(isScalar(node) ? node : undefined)
  return 'fault' in scalar ? refuse(expansion, at, scalar.fault) : { ...placed, ...scalar }
}

const remember = (expansion: Expansion, node: Parsed): void => {
  const anchor = node && 'anchor' in node ? node.anchor : undefined
  if (anchor !== undefined && node) expansion.anchors.set(anchor, node)
}

const convertAlias = (expansion: Expansion, alias: Alias, place: Place): Node | undefined => {
  const target = follow(expansion, alias, place)
  if (target === undefined) return undefined
  if (expansion.open.has(target)) {
    return refuse(expansion, markFor(expansion, alias, place), `anchor ${alias.source} contains itself`)
  }
  expansion.open.add(target)
  // Anchors inside the target were defined once; expanding it again must not move them.
  const anchors = new Map(expansion.anchors)
  const value = convert(expansion, target, place)
  for (const [name, node] of anchors) expansion.anchors.set(name, node)
  expansion.open.delete(target)
  return value
}

const follow = (expansion: Expansion, alias: Alias, place: Place): YamlNode | undefined =>
  expansion.anchors.get(alias.source) ??
  refuse(expansion, markFor(expansion, alias, place), `unknown anchor ${alias.source}`)

const convertSeq = (expansion: Expansion, seq: YAMLSeq, place: Place): Node[] =>
  seq.items.flatMap((item, index) => {
    const trail = into(place.trail, String(index))
    return convert(expansion, item as YamlNode | null, { trail, at: place.at, keyAt: undefined }) ?? []
  })

type AnyMap = YAMLMap<unknown, unknown>

const convertMap = (expansion: Expansion, node: AnyMap, place: Place): Map<string, Node> => {
  const entries = new Map<string, Node>()
  const seen = new Map<string, Mark>()
  let merge: Pair | undefined
  for (const pair of node.items) {
    const key = keyOf(expansion, pair, place)
    if (key === undefined || isRepeated(expansion, key, seen)) continue
    if (key.merge) merge = pair
    const value = convertEntry(expansion, { pair, key }, place)
    if (value !== undefined) entries.set(key.name, value)
  }
  if (merge !== undefined) mergeInto(expansion, { from: merge.value as YamlNode | null, entries }, place)
  return entries
}

interface Key {
  readonly name: string
  readonly at: Mark
  readonly merge: boolean
}

const isRepeated = (expansion: Expansion, key: Key, seen: Map<string, Mark>): boolean => {
  const first = seen.get(key.name)
  seen.set(key.name, first ?? key.at)
  if (first === undefined) return false
  const { line } = expansion.source.locate(first.start)
  refuse(expansion, key.at, `key ${JSON.stringify(key.name)} is already defined at line ${line}`)
  return true
}

const keyOf = (expansion: Expansion, pair: Pair, place: Place): Key | undefined => {
  const raw = pair.key as YamlNode | null
  const node = isAlias(raw) ? follow(expansion, raw, place) : raw
  const at = markFor(expansion, raw, place)
  if (!isScalar(node)) return refuse(expansion, at, 'a key must be text')
  remember(expansion, node)
  const value = readScalar(node)
  if ('fault' in value || value.kind !== 'string') {
    return refuse(expansion, at, `the key ${String(node.value)} must be text; put it in quotes`)
  }
  if (value.value === '__proto__')
    return say(expansion, at, { code: 'SP1003', message: 'the key __proto__ is not allowed' })
  const merge = node.type === 'PLAIN' && node.value === '<<' && node.tag === undefined
  return { name: value.value, at, merge }
}

interface Entry {
  readonly pair: Pair
  readonly key: Key
}

const convertEntry = (expansion: Expansion, { pair, key }: Entry, place: Place): Node | undefined => {
  const value = pair.value as YamlNode | null
  if (!key.merge) return convert(expansion, value, { trail: into(place.trail, key.name), at: key.at, keyAt: key.at })
  // Merged values are converted once, when they are put in; here only their anchors are met.
  if (!isAlias(value)) register(expansion, value)
  return undefined
}

const register = (expansion: Expansion, node: YamlNode | null): void => {
  remember(expansion, node)
  if (isMap(node)) for (const pair of node.items) register(expansion, pair.value as YamlNode | null)
  if (isSeq(node)) for (const item of node.items) register(expansion, item as YamlNode | null)
}

interface Merge {
  readonly from: Parsed
  readonly entries: Map<string, Node>
}

const mergeInto = (expansion: Expansion, { from, entries }: Merge, place: Place): void => {
  const target = isAlias(from) ? follow(expansion, from, place) : from
  for (const part of isSeq(target) ? target.items : [target]) {
    const map = isAlias(part) ? follow(expansion, part, place) : part
    const at = markFor(expansion, part as YamlNode | null, place)
    if (!isMap(map)) refuse(expansion, at, '<< merges a mapping or a list of mappings')
    else if (expansion.open.has(map)) refuse(expansion, at, 'an anchor contains itself')
    else mergeOne(expansion, { map, entries }, place)
  }
}

/** What stands already wins. */
const mergeOne = (
  expansion: Expansion,
  { map, entries }: { readonly map: AnyMap; readonly entries: Map<string, Node> },
  place: Place,
): void => {
  if (isBeyondLimit(expansion, place.at)) return
  expansion.open.add(map as YamlNode)
  const merged = convertMap(expansion, map, place)
  expansion.open.delete(map as YamlNode)
  for (const [key, value] of merged) if (!entries.has(key)) entries.set(key, value)
}
