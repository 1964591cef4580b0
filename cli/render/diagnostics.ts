// Findings as text: what is wrong, where it stands with the line itself, and one next step. Lines that may hold a secret
// are shown without their value, and files other than YAML not at all.
import { relative } from 'node:path'
import { isSecretKey } from '../../core/config/app-secrets.ts'
import { bySpan, type Diagnostic, type Severity, type SourceSpan } from '../../core/model/diagnostic.ts'
import { oneLine, plainText } from './plain-text.ts'
import type { Style } from './style.ts'

export interface DiagnosticView {
  readonly style: Style
  readonly cwd: string
  readonly read: (path: string) => string | undefined
}

const MAX_SNIPPET = 160

/** Sorted by place. What several targets say in the same words is said once, and each file is read once. */
export const renderDiagnostics = (diagnostics: readonly Diagnostic[], view: DiagnosticView): string => {
  const once = readingOnce(view)
  return [...new Set([...diagnostics].sort(bySpan).map((finding) => renderDiagnostic(finding, once)))].join('')
}

const renderDiagnostic = (finding: Diagnostic, view: SnippetView): string => {
  const lines = [headline(finding, view.style), ...placeLines(finding, view), ...hintLines(finding, view.style)]
  return `${lines.join('\n')}\n`
}

const headline = (finding: Diagnostic, style: Style): string => {
  const label = `${finding.severity}[${finding.code}]`
  const where =
    finding.span === undefined && finding.target !== undefined && !finding.message.includes(finding.target)
      ? `${finding.target}: `
      : ''
  return `${paint(finding.severity, style)(label)} ${where}${plainText(finding.message)}`
}

const paint = (severity: Severity, style: Style): ((text: string) => string) =>
  ({ error: style.red, warning: style.yellow, note: style.cyan })[severity]

const placeLines = (finding: Diagnostic, view: SnippetView): readonly string[] => {
  const { span } = finding
  if (span === undefined) return []
  const place = `${oneLine(shortPath(span.file, view.cwd))}:${span.line}:${span.column}`
  const source = snippet(span, view)
  if (source === null) return [`  ${place}`]
  const rule = view.style.symbols.rule
  return [
    `  ${place} ${rule} ${source.text}`,
    `  ${' '.repeat(place.length)} ${rule} ${' '.repeat(source.at)}${'^'.repeat(source.length)}`,
  ]
}

export const shortPath = (file: string, cwd: string): string => {
  const short = relative(cwd, file)
  return short === '' || short.startsWith('..') ? file : short
}

interface Snippet {
  readonly text: string
  readonly at: number
  readonly length: number
}

const snippet = (span: SourceSpan, view: SnippetView): Snippet | null => {
  if (!/\.ya?ml$/i.test(span.file)) return null
  const line = view.lines(span.file)[span.line - 1]
  if (line === undefined) return null
  const text = withoutSecret(oneLineKeepingIndent(line)).slice(0, MAX_SNIPPET)
  const at = Math.min(span.column - 1, text.length)
  const end = span.endLine === undefined || span.endLine === span.line ? span.endColumn : undefined
  const token = /^[^\s:,\]}]+/.exec(text.slice(at))?.[0].length ?? 1
  const length = end !== undefined && end > span.column ? end - span.column : token
  return { text, at, length: Math.max(1, Math.min(length, text.length - at)) }
}

interface SnippetView extends DiagnosticView {
  readonly lines: (path: string) => readonly string[]
}

const readingOnce = (view: DiagnosticView): SnippetView => {
  const known = new Map<string, readonly string[]>()
  const lines = (path: string): readonly string[] => {
    const found = known.get(path) ?? readLines(path, view)
    known.set(path, found)
    return found
  }
  return { ...view, lines }
}

/** A file that cannot be read any more has no lines to show. */
const readLines = (path: string, view: DiagnosticView): readonly string[] => {
  try {
    return view.read(path)?.split('\n') ?? []
  } catch {
    return []
  }
}

const oneLineKeepingIndent = (line: string): string => plainText(line.replaceAll('\t', ' ')).trimEnd()

/** `DB_PASSWORD: x` and `- DB_PASSWORD=x` show the key only, `redis://user:x@host` no password. */
const withoutSecret = (line: string): string =>
  line
    .replace(/([A-Za-z_][\w.-]*)(\s*[:=]\s*)([^\s{[].*)$/, (whole, key: string, sign: string) =>
      isSecretKey(key) ? `${key}${sign}***` : whole,
    )
    .replaceAll(/(\/\/[^\s/:@]*):[^\s/@]+@/g, '$1:***@')

const hintLines = (finding: Diagnostic, style: Style): readonly string[] =>
  finding.hint === undefined ? [] : [`  ${style.bold('help:')} ${oneLine(finding.hint)}`]
