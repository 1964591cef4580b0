// A text as the lines that hold something, for the reader of the common subset. What could mean more than it seems to
// (tabs, carriage returns, document marks, directives, comments that end a value late) makes the whole text unfit.

export interface Line {
  readonly indent: number
  /** First character that is no space. */
  readonly from: number
  /** Behind the last character that is neither space nor comment. */
  readonly to: number
  /** Behind the last character that is no space. */
  readonly end: number
  /** Where the next line begins. */
  readonly next: number
}

const UNFIT = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]|^(?:---|\.\.\.|%)/m

/** undefined: unfit. */
export const contentLines = (text: string): readonly Line[] | undefined => {
  if (UNFIT.test(text)) return undefined
  const lines: Line[] = []
  let wanted = ANY
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start)
    const stop = found === -1 ? text.length : found
    const next = found === -1 ? stop : stop + 1
    let from = start
    while (from < stop && text.charCodeAt(from) === 32) from++
    const indent = from - start
    if (text.charCodeAt(from) === HASH) wanted = both(wanted, behindComment(text, lines.at(-1), indent))
    else if (from < stop) {
      if (indent < wanted.least || indent > wanted.most) return undefined
      wanted = ANY
      lines.push(lineOf(text, { start, from, stop, next }))
    }
    start = next
  }
  return wanted.least === ANY.least ? lines : undefined
}

/** Indentations that the next line may have. */
interface Wanted {
  readonly least: number
  readonly most: number
}

const ANY: Wanted = { least: 0, most: Number.POSITIVE_INFINITY }

const both = (a: Wanted, b: Wanted): Wanted => ({ least: Math.max(a.least, b.least), most: Math.min(a.most, b.most) })

const [HASH, COLON] = [35, 58]

/**
 * Where a block ends when comments follow depends on their depth. Surely behind its last value only while what goes on
 * behind a comment stands at the comment's depth or deeper; a comment in front of a block gives the block its depth.
 */
const behindComment = (text: string, last: Line | undefined, indent: number): Wanted => {
  if (last === undefined) return ANY
  if (text.charCodeAt(last.to - 1) === COLON) return { least: 0, most: indent }
  return { least: indent > last.indent ? Number.POSITIVE_INFINITY : indent, most: Number.POSITIVE_INFINITY }
}

interface Bounds {
  readonly start: number
  readonly from: number
  readonly stop: number
  readonly next: number
}

const lineOf = (text: string, { start, from, stop, next }: Bounds): Line => {
  const end = trimmed(text, from, stop)
  const hash = commentIn(text, from, end)
  const to = hash === -1 ? end : trimmed(text, from, hash)
  return { indent: from - start, from, to, end, next }
}

const trimmed = (text: string, from: number, to: number): number => {
  let end = to
  while (end > from && text.charCodeAt(end - 1) === 32) end--
  return end
}

/** A hash behind a space begins a comment, unless it stands in a quoted text: that is told by the quotes before it. */
const commentIn = (text: string, from: number, end: number): number => {
  const line = text.slice(from, end)
  for (let hash = line.indexOf(' #'); hash !== -1; hash = line.indexOf(' #', hash + 1))
    if (!insideQuotes(text, from, from + hash)) return from + hash
  return -1
}

const insideQuotes = (text: string, from: number, at: number): boolean => {
  let quote = 0
  for (let i = from; i < at; i++) {
    const code = text.charCodeAt(i)
    if (quote === 0 ? (code === 34 || code === 39) && opens(text, from, i) : code === quote)
      quote = quote === 0 ? code : 0
  }
  return quote !== 0
}

/** A quote inside a plain text is a letter like any other. */
const opens = (text: string, from: number, at: number): boolean => at === from || ' [{,'.includes(text.charAt(at - 1))
