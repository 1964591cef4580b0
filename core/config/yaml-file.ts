// stormport.yaml from text to a plain value, with the position of every key and value. Bounds size, depth and aliases;
// a `__proto__` key is refused.
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml'
import type { Diagnostic, SourceSpan } from '../model/diagnostic.ts'
import type { Path } from './types.ts'

export interface YamlFile {
  /** undefined when the text is no YAML; null when it is empty. */
  readonly value: unknown
  /** Of the key that a path names, else of its nearest parent. */
  span(path: Path): SourceSpan
  readonly diagnostics: readonly Diagnostic[]
}

const MAX_CHARACTERS = 1024 * 1024
const MAX_DEPTH = 64
const MAX_ALIASES = 100

export const readYaml = (text: string, file: string): YamlFile => {
  const top: SourceSpan = { file, line: 1, column: 1 }
  const refused = (diagnostics: readonly Diagnostic[]): YamlFile => ({ value: undefined, span: () => top, diagnostics })
  if (text.length > MAX_CHARACTERS) return refused([limit('the file is larger than 1 MiB', top)])
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false })
  const at = (offset: number): SourceSpan => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (document.errors.length > 0) {
    return refused(
      document.errors.map((error) => ({
        code: 'SP1301',
        severity: 'error',
        message: error.message,
        span: at(error.pos[0]),
      })),
    )
  }
  const span = (path: Path): SourceSpan => locate(document.contents, path, at) ?? top
  const faults = breaches(document.contents, at)
  if (faults.length > 0) return { value: undefined, span, diagnostics: faults }
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }), span, diagnostics: [] }
  } catch (error) {
    return {
      value: undefined,
      span,
      diagnostics: [limit(error instanceof Error ? error.message : 'too many aliases', top)],
    }
  }
}

const limit = (message: string, span: SourceSpan): Diagnostic => ({
  code: 'SP1314',
  severity: 'error',
  message,
  span,
  hint: 'write the file without it',
})

const breaches = (root: Node | null, at: (offset: number) => SourceSpan): readonly Diagnostic[] => {
  const found: Diagnostic[] = []
  visit(root, (key, node, parents) => {
    if (parents.length > MAX_DEPTH * 2) {
      found.push(limit(`nested deeper than ${MAX_DEPTH} levels`, at(isNode(node) ? (node.range?.[0] ?? 0) : 0)))
      return visit.BREAK
    }
    if (
      isAlias(node) &&
      parents.some((parent) => isNode(parent) && 'anchor' in parent && parent.anchor === node.source)
    )
      found.push(limit(`the alias *${node.source} stands inside its own anchor`, at(node.range?.[0] ?? 0)))
    if (key === 'key' && isScalar(node) && node.value === '__proto__')
      found.push(limit('the key `__proto__` is not allowed', at(node.range?.[0] ?? 0)))
    return undefined
  })
  return found
}

/** Keys answer with their own position, list entries with that of their value. */
const locate = (root: Node | null, path: Path, at: (offset: number) => SourceSpan): SourceSpan | null => {
  let node: unknown = root
  let found: SourceSpan | null = isNode(root) && root.range ? at(root.range[0]) : null
  for (const part of path) {
    const next = childOf(node, part)
    if (next === null) break
    const marked = next.key ?? next.value
    if (isNode(marked) && marked.range) found = at(marked.range[0])
    node = next.value
  }
  return found
}

const childOf = (node: unknown, part: string | number): { readonly key: unknown; readonly value: unknown } | null => {
  if (isMap(node)) {
    const pair = node.items.find((item: Pair) => isScalar(item.key) && String(item.key.value) === String(part))
    return pair === undefined ? null : { key: pair.key, value: pair.value }
  }
  if (isSeq(node)) {
    const item: unknown = node.items[Number(part)]
    return isNode(item) && !isAlias(item) ? { key: null, value: item } : null
  }
  return null
}
