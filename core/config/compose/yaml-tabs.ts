// Tabs where Compose's own reader refuses them: in the white space that begins a line, outside of texts and flow
// collections. The reader here passes over them on blank lines, where they are hard to see.
import { type Document, isCollection, isScalar, visit } from 'yaml'

interface Range {
  readonly start: number
  readonly end: number
}

interface PlainText extends Range {
  /** Column that continuation lines must reach. */
  readonly indent: number
}

/** Offset of the first tab that is refused. */
export const refusedTab = (text: string, documents: readonly Document.Parsed[]): number | undefined => {
  const tabs = [...text.matchAll(/^ *(?:[-?] +)*[-?]?\t/gm)].map((found) => found.index + found[0].length - 1)
  if (tabs.length === 0) return undefined
  const inside: Range[] = []
  const plain: PlainText[] = []
  for (const document of documents) collect(document, text, { inside, plain })
  return tabs.find((tab) => !isAllowed(tab, text, { inside, plain }))
}

interface Found {
  readonly inside: Range[]
  readonly plain: PlainText[]
}

const collect = (document: Document.Parsed, text: string, found: Found): void => {
  visit(document, {
    Node: (_key, node, path) => {
      const range = 'range' in node ? node.range : undefined
      if (!range) return undefined
      const [start, end] = range
      if (isScalar(node)) {
        found.inside.push({ start, end })
        if (node.type === 'PLAIN') found.plain.push({ start, end, indent: columnOf(path, text) + 1 })
      } else if (isCollection(node) && node.flow === true) found.inside.push({ start, end })
      return undefined
    },
  })
}

const columnOf = (path: readonly unknown[], text: string): number => {
  const holder = [...path].reverse().find((node) => isCollection(node))
  const start = isCollection(holder) ? (holder.range?.[0] ?? 0) : 0
  return start - (text.lastIndexOf('\n', start - 1) + 1)
}

const isAllowed = (tab: number, text: string, { inside, plain }: Found): boolean => {
  if (inside.some(({ start, end }) => start <= tab && tab < end)) return true
  // White space behind a plain text might have been its continuation, so tabs may stand in it where text could.
  const column = tab - (text.lastIndexOf('\n', tab) + 1)
  const before = plain.findLast(({ end }) => end <= tab)
  return before !== undefined && text.slice(before.end, tab).trim() === '' && column >= before.indent
}
