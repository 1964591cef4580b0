// Compose's own reader lets quoted texts and [ ] { } go on at any indentation; the reader here wants them indented.
// Files that only this keeps from being read have their continuation lines moved to the right, which changes no value.

export interface Relaxed {
  readonly text: string
  /** Spaces put before each line (0-based). */
  readonly added: readonly number[]
}

interface Scan {
  /** '"' or "'" while inside a quoted text. */
  quote: string
  depth: number
  /** Indentation that continuation lines need. */
  wanted: number
  /** Lines deeper than this belong to a block scalar; -1 outside of one. */
  block: number
}

export const relaxIndentation = (text: string): Relaxed => {
  const scan: Scan = { quote: '', depth: 0, wanted: 0, block: -1 }
  const added: number[] = []
  const lines = text.split('\n').map((line) => {
    const indent = /^ */.exec(line)?.[0].length ?? 0
    const blank = line.trim() === ''
    const inside = scan.quote !== '' || scan.depth > 0
    const extra = inside && !blank ? Math.max(0, scan.wanted - indent) : 0
    added.push(extra)
    if (inside) scanLine(scan, line, 0)
    else if (!blank) startLine(scan, line, indent)
    return ' '.repeat(extra) + line
  })
  return { text: lines.join('\n'), added }
}

const startLine = (scan: Scan, line: string, indent: number): void => {
  if (scan.block >= 0 && indent > scan.block) return
  scan.block = -1
  scan.wanted = indent + 2
  // Items of lists may hold mappings, whose values need to be deeper than the item.
  const marks = /^\s*(?:- +)*/.exec(line)?.[0] ?? ''
  scan.wanted = marks.length + 2
  scanLine(scan, line, indent)
  if (scan.quote === '' && scan.depth === 0 && /(?:^|[:-] +|\s)[|>][-+0-9]*\s*(?:#.*)?$/.test(line)) {
    scan.block = Math.max(indent, marks.length - 2)
  }
}

const scanLine = (scan: Scan, line: string, from: number): void => {
  let fresh = scan.quote === ''
  for (let i = from; i < line.length; i++) {
    const char = line.charAt(i)
    if (scan.quote !== '') {
      i += insideQuotes(scan, line, i)
      continue
    }
    if (char === '#' && (i === 0 || /\s/.test(line.charAt(i - 1)))) return
    if (fresh && (char === '"' || char === "'")) scan.quote = char
    else if ((fresh || scan.depth > 0) && (char === '[' || char === '{')) scan.depth++
    else if (scan.depth > 0 && (char === ']' || char === '}')) scan.depth--
    // A token may begin after white space that follows an indicator, and after flow indicators.
    if (!/\s/.test(char)) fresh = beginsToken(scan, line, i)
  }
}

const beginsToken = (scan: Scan, line: string, at: number): boolean => {
  const char = line.charAt(at)
  const spaced = /\s|^$/.test(line.charAt(at + 1))
  if ((char === ':' || char === '-' || char === '?') && spaced) return true
  if (char === ':' && /["'\]}]/.test(line.charAt(at - 1))) return true
  return scan.depth > 0 && '[{,'.includes(char)
}

/** How many further characters were taken. */
const insideQuotes = (scan: Scan, line: string, at: number): number => {
  const char = line.charAt(at)
  if (scan.quote === '"' && char === '\\') return 1
  if (char !== scan.quote) return 0
  if (scan.quote === "'" && line.charAt(at + 1) === "'") return 1
  scan.quote = ''
  return 0
}
