// YAML text → documents of nodes with positions, as strict and as lenient as the reference loader's own reader.

import { Composer, type Document, LineCounter, Parser } from 'yaml'
import type { Findings } from './findings.ts'
import type { Source } from './node.ts'
import { expandDocument, type YamlDocument } from './yaml-expand.ts'
import { readPlainYaml } from './yaml-plain.ts'
import { relaxIndentation } from './yaml-relax.ts'
import { refusedTab } from './yaml-tabs.ts'

const MAX_BYTES = 4 * 1024 * 1024

/** undefined: the text is not YAML or is refused, and the findings say why. */
export const readYaml = (text: string, file: string, findings: Findings): readonly YamlDocument[] | undefined => {
  if (text.length > MAX_BYTES) {
    const at = { source: { file, locate: () => ({ line: 1, column: 1 }) }, start: 0, end: 0 }
    findings.error('SP1003', `the file is larger than ${MAX_BYTES / 1024 / 1024} MiB`, { at })
    return undefined
  }
  const plain = readPlainYaml(text, lineSource(file, text))
  return plain === undefined ? readAnyYaml(text, file, findings) : [{ root: plain, resets: [] }]
}

/** All of YAML. What the reader of the common subset takes comes out the same here. */
export const readAnyYaml = (text: string, file: string, findings: Findings): readonly YamlDocument[] | undefined => {
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
  const read = parsed.documents.map((document) => expandDocument(document, source, findings))
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

const lineSource = (file: string, text: string): Source => {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1)
  return sourceOf(file, { documents: [], lines, added: [] })
}

const sourceOf = (file: string, parsed: Parsed): Source => ({
  file,
  locate: (offset) => {
    const { line, col } = parsed.lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col - (parsed.added[line - 1] ?? 0)) }
  },
})

const oneLine = (message: string): string =>
  message
    .split('\n')[0]
    ?.replace(/ at line \d+, column \d+:?$/, '')
    // What stands there may be a secret.
    .replace(/^(Unexpected \S*scalar token in YAML stream): .*$/, '$1') ?? ''

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
