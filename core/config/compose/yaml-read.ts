// YAML text → documents of nodes with positions. Anchors and merge keys are expanded here, !reset and !override are
// taken out as paths, and what could exhaust the machine (size, depth, aliases) is refused before it is built.

import type { Alias, Document, Pair, Scalar, YAMLMap, YAMLSeq, Node as YamlNode } from 'yaml'
import { Composer, isAlias, isScalar, isSeq, isMap as isYamlMap, LineCounter, Parser } from 'yaml'
import type { Findings } from './findings.ts'
import type { Mark, Node, Source } from './node.ts'
import { into, partsOf, ROOT, type Trail } from './pattern.ts'
import { relaxIndentation } from './yaml-relax.ts'
import { resolvePlain } from './yaml-scalar.ts'
import { refusedTab } from './yaml-tabs.ts'

export type ResetPath = readonly string[]

export interface YamlDocument {
  readonly root: Node
  /** Attributes tagged !reset or !override: what earlier files say there is dropped. */
  readonly resets: readonly ResetPath[]
}

const MAX_BYTES = 4 * 1024 * 1024
const MAX_DEPTH = 100
/** Nodes after expansion; a file whose aliases multiply beyond it is an attack or a mistake. */
const MAX_NODES = 100_000

/** undefined: the text is not YAML or is refused, and the findings say why. */
export const readYaml = (text: string, file: string, findings: Findings): readonly YamlDocument[] | undefined => {
  if (text.length > MAX_BYTES) {
    const at = { source: { file, locate: () => ({ line: 1, column: 1 }) }, start: 0, end: 0 }
    findings.error('SP1003', `the file is larger than ${MAX_BYTES / 1024 / 1024} MiB`, { at })
    return undefined
  }
  const parsed = parseLeniently(text)
  const source = sourceOf(file, parsed)
  const errors = parsed.documents.flatMap(faultsOf)
  for (const error of errors) {
    const [start, end] = error.pos
    findings.error('SP1001', oneLine(error.message), { at: { source, start, end } })
  }
  const tab = refusedTab(text, parsed.documents)
  if (tab !== undefined && errors.length === 0) {
    findings.error('SP1001', 'a tab cannot begin a line; use spaces', { at: { source, start: tab, end: tab + 1 } })
  }
  if (errors.length > 0 || tab !== undefined) return undefined
  const read = parsed.documents.map((document) => expand(document, source, findings))
  return read.every((d) => d !== undefined) ? read : undefined
}

interface Parsed {
  readonly documents: readonly Document.Parsed[]
  readonly lines: LineCounter
  /** Spaces that were put before the lines and are no part of the file. */
  readonly added: readonly number[]
}

interface Fault {
  readonly message: string
  readonly pos: readonly [number, number]
}

// A comment may follow a quote without a space, and the only version that may be named is 1.1.
const faultsOf = (document: Document.Parsed): readonly Fault[] => {
  const faults: readonly Fault[] = document.errors.filter(
    (error) => !error.message.startsWith('Comments must be separated'),
  )
  const version = document.directives.yaml
  if (version.explicit !== true || String(version.version) === '1.1') return faults
  return [...faults, { message: `YAML version ${version.version} cannot be read; leave %YAML out`, pos: [0, 0] }]
}

const parseLeniently = (text: string): Parsed => {
  const lines = new LineCounter()
  const documents = compose(text, lines)
  const strict = { documents, lines, added: [] }
  if (documents.every((document) => faultsOf(document).length === 0)) return strict
  const relaxed = relaxIndentation(text)
  const relaxedLines = new LineCounter()
  const again = compose(relaxed.text, relaxedLines)
  const sound = again.every((document) => faultsOf(document).length === 0)
  return sound ? { documents: again, lines: relaxedLines, added: relaxed.added } : strict
}

const sourceOf = (file: string, parsed: Parsed): Source => ({
  file,
  locate: (offset) => {
    const { line, col } = parsed.lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col - (parsed.added[line - 1] ?? 0)) }
  },
})

const oneLine = (message: string): string => message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''

const compose = (text: string, lines: LineCounter): readonly Document.Parsed[] => {
  const parser = new Parser(lines.addNewLine)
  const composer = new Composer({
    schema: 'failsafe',
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: 'silent',
    lineCounter: lines,
  })
  // Documents that hold nothing but comments do not exist for Compose.
  return [...composer.compose(parser.parse(text), false, text.length)]
}

/** What a tag says about a value; thrown away together with it when it is reset. */
class Refused extends Error {
  readonly code: 'SP1001' | 'SP1002' | 'SP1003'
  readonly at: Mark
  constructor(code: 'SP1001' | 'SP1002' | 'SP1003', message: string, at: Mark) {
    super(message)
    this.code = code
    this.at = at
  }
}

interface Expansion {
  readonly source: Source
  readonly findings: Findings
  readonly anchors: Map<string, YamlNode>
  readonly resets: ResetPath[]
  /** Anchors being expanded: meeting one again is a cycle. */
  readonly open: Set<YamlNode>
  nodes: number
}

const expand = (document: Document.Parsed, source: Source, findings: Findings): YamlDocument | undefined => {
  const expansion: Expansion = { source, findings, anchors: new Map(), resets: [], open: new Set(), nodes: 0 }
  const at: Mark = { source, start: document.range[0], end: document.range[0] }
  try {
    const root = convert(expansion, document.contents, { trail: ROOT, at, keyAt: undefined })
    return { root: root ?? { kind: 'null', at }, resets: expansion.resets }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    findings.error(error.code, error.message, { at: error.at })
    return undefined
  }
}

interface Place {
  readonly trail: Trail
  /** Where to point when the value has no text. */
  readonly at: Mark
  readonly keyAt: Mark | undefined
}

const markFor = (expansion: Expansion, node: YamlNode | null | undefined, place: Place): Mark => {
  const range = node?.range
  return range ? { source: expansion.source, start: range[0], end: range[1] } : place.at
}

/** undefined: the value is reset. */
const convert = (expansion: Expansion, node: YamlNode | null | undefined, place: Place): Node | undefined => {
  const at = markFor(expansion, node, place)
  if (++expansion.nodes > MAX_NODES) throw new Refused('SP1003', `more than ${MAX_NODES} values after expansion`, at)
  if (place.trail.depth > MAX_DEPTH) throw new Refused('SP1003', `nested deeper than ${MAX_DEPTH} levels`, at)
  if (isAlias(node)) return convertAlias(expansion, node, place)
  remember(expansion, node)
  if (node?.tag === '!reset') {
    expansion.resets.push(partsOf(place.trail))
    return undefined
  }
  if (node?.tag === '!override') expansion.resets.push(partsOf(place.trail))
  const placed = { at, ...(place.keyAt === undefined ? {} : { keyAt: place.keyAt }) }
  if (isYamlMap(node)) return { ...placed, kind: 'map', entries: convertMap(expansion, node, place) }
  if (isSeq(node)) return { ...placed, kind: 'list', items: convertSeq(expansion, node, place) }
  return { ...placed, ...scalar(isScalar(node) ? node : undefined, at) }
}

const remember = (expansion: Expansion, node: YamlNode | null | undefined): void => {
  const anchor = node !== null && node !== undefined && 'anchor' in node ? node.anchor : undefined
  if (anchor !== undefined && node) expansion.anchors.set(anchor, node)
}

const convertAlias = (expansion: Expansion, alias: Alias, place: Place): Node | undefined => {
  const target = follow(expansion, alias, place)
  if (expansion.open.has(target)) {
    throw new Refused('SP1002', `anchor ${alias.source} contains itself`, markFor(expansion, alias, place))
  }
  expansion.open.add(target)
  // Anchors inside the target were defined once; expanding it again must not move them.
  const anchors = new Map(expansion.anchors)
  const value = convert(expansion, target, place)
  for (const [name, node] of anchors) expansion.anchors.set(name, node)
  expansion.open.delete(target)
  return value
}

const follow = (expansion: Expansion, alias: Alias, place: Place): YamlNode => {
  const target = expansion.anchors.get(alias.source)
  if (target !== undefined) return target
  throw new Refused('SP1002', `unknown anchor ${alias.source}`, markFor(expansion, alias, place))
}

const convertSeq = (expansion: Expansion, seq: YAMLSeq, place: Place): Node[] =>
  seq.items.flatMap((item, index) => {
    const trail = into(place.trail, String(index))
    const value = convert(expansion, item as YamlNode | null, { trail, at: place.at, keyAt: undefined })
    return value === undefined ? [] : [value]
  })

type AnyMap = YAMLMap<unknown, unknown>

const convertMap = (expansion: Expansion, node: AnyMap, place: Place): Map<string, Node> => {
  const entries = new Map<string, Node>()
  const seen = new Map<string, Mark>()
  let merge: Pair | undefined
  for (const pair of node.items) {
    const key = keyOf(expansion, pair, place)
    const first = seen.get(key.name)
    if (first !== undefined) throw duplicate(expansion, key.name, key.at, first)
    seen.set(key.name, key.at)
    if (key.merge) merge = pair
    const value = convertEntry(expansion, pair, key, place)
    if (value !== undefined && !key.merge) entries.set(key.name, value)
  }
  if (merge !== undefined) mergeInto(expansion, merge.value as YamlNode | null, entries, place)
  return entries
}

const duplicate = (expansion: Expansion, name: string, at: Mark, first: Mark): Refused => {
  const { line } = expansion.source.locate(first.start)
  return new Refused('SP1002', `key ${JSON.stringify(name)} is already defined at line ${line}`, at)
}

interface Key {
  readonly name: string
  readonly at: Mark
  readonly merge: boolean
}

const keyOf = (expansion: Expansion, pair: Pair, place: Place): Key => {
  const raw = pair.key as YamlNode | null
  const node = isAlias(raw) ? follow(expansion, raw, place) : raw
  const at = markFor(expansion, raw, place)
  if (!isScalar(node)) {
    if (node === null) throw new Refused('SP1002', 'a key is missing', at)
    throw new Refused('SP1002', 'a key must be text', at)
  }
  remember(expansion, node)
  const value = scalar(node, at)
  const merge = node.type === 'PLAIN' && node.value === '<<' && node.tag === undefined
  if (value.kind !== 'string') throw new Refused('SP1002', `the key ${String(node.value)} must be text`, at)
  if (value.value === '__proto__') throw new Refused('SP1003', 'the key __proto__ is not allowed', at)
  return { name: value.value, at, merge }
}

const convertEntry = (expansion: Expansion, pair: Pair, key: Key, place: Place): Node | undefined => {
  const value = pair.value as YamlNode | null
  // Merged values are converted once, when they are put in; here only their anchors are met.
  if (key.merge) {
    if (!isAlias(value)) register(expansion, value)
    return undefined
  }
  return convert(expansion, value, { trail: into(place.trail, key.name), at: key.at, keyAt: key.at })
}

const register = (expansion: Expansion, node: YamlNode | null): void => {
  remember(expansion, node)
  if (isYamlMap(node)) for (const pair of node.items) register(expansion, pair.value as YamlNode | null)
  if (isSeq(node)) for (const item of node.items) register(expansion, item as YamlNode | null)
}

const mergeInto = (expansion: Expansion, from: YamlNode | null, entries: Map<string, Node>, place: Place): void => {
  const target = isAlias(from) ? follow(expansion, from, place) : from
  const parts = isSeq(target) ? target.items : [target]
  for (const part of parts) {
    const map = isAlias(part) ? follow(expansion, part, place) : part
    const at = markFor(expansion, part as YamlNode | null, place)
    if (!isYamlMap(map)) throw new Refused('SP1002', '<< merges a mapping or a list of mappings', at)
    if (expansion.open.has(map)) throw new Refused('SP1002', 'an anchor contains itself', at)
    expansion.open.add(map)
    const merged = convertMap(expansion, map, place)
    expansion.open.delete(map)
    for (const [key, value] of merged) if (!entries.has(key)) entries.set(key, value)
  }
}

type ScalarValue = ReturnType<typeof resolvePlain> | { readonly kind: 'string'; readonly value: string }

const CORE = 'tag:yaml.org,2002:'

const scalar = (node: Scalar | undefined, at: Mark): ScalarValue => {
  if (node === undefined) return { kind: 'null' }
  const value = String(node.value ?? '')
  const tag = node.tag
  if (tag === undefined || tag === '' || tag === '!')
    return node.type === 'PLAIN' ? resolvePlain(value) : { kind: 'string', value }
  if (!tag.startsWith(CORE)) return { kind: 'string', value }
  return tagged(tag.slice(CORE.length), value, at)
}

const decoded = (value: string, at: Mark): string => {
  const base64 = value.replace(/\s/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    throw new Refused('SP1002', 'the text is not base64', at)
  }
  return Buffer.from(base64, 'base64').toString('utf8')
}

const TAGGED: Readonly<Record<string, readonly string[]>> = {
  bool: ['bool'],
  int: ['int'],
  float: ['float', 'int'],
  null: ['null'],
  timestamp: ['time'],
}

const tagged = (tag: string, value: string, at: Mark): ScalarValue => {
  if (tag === 'binary') return { kind: 'string', value: decoded(value, at) }
  const kinds = Object.hasOwn(TAGGED, tag) ? TAGGED[tag] : undefined
  if (kinds === undefined) return { kind: 'string', value }
  const resolved = resolvePlain(value)
  if (!kinds.includes(resolved.kind)) throw new Refused('SP1002', `${JSON.stringify(value)} is no ${tag}`, at)
  if (tag === 'float' && resolved.kind === 'int') return { kind: 'float', value: Number(resolved.value) }
  return resolved
}

/** Drops what the tags of a later document reset. Lists keep their items: the reference loader does not reach into them. */
export const applyResets = (target: Node, resets: readonly ResetPath[], path: ResetPath = []): void => {
  if (target.kind !== 'map' || resets.length === 0) return
  for (const [key, value] of [...target.entries]) {
    const next = [...path, key]
    if (resets.some((reset) => samePath(reset, next))) target.entries.delete(key)
    else applyResets(value, resets, next)
  }
}

const samePath = (a: ResetPath, b: ResetPath): boolean => a.length === b.length && a.every((part, i) => part === b[i])
