// Findings about what the user wrote, with the place in the file where it stands.

/** 1-based line and column, as editors count. `file` is absolute or, when the loader was given a relative root, relative to it. */
export interface SourceSpan {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly endLine?: number
  readonly endColumn?: number
}

export type Severity = 'error' | 'warning' | 'note'

export interface Diagnostic {
  /** 'SP' and four digits; 1xxx files, 2xxx placement, 3xxx access and state, 4xxx run time, 5xxx fleet. */
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly span?: SourceSpan
  /** One next step. */
  readonly hint?: string
  readonly target?: string
  readonly service?: string
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((d) => d.severity === 'error')

/** File, then line, then column, then code: the order in which a reader meets them. */
export const bySpan = (a: Diagnostic, b: Diagnostic): number =>
  compare(a.span?.file ?? '', b.span?.file ?? '') ||
  (a.span?.line ?? 0) - (b.span?.line ?? 0) ||
  (a.span?.column ?? 0) - (b.span?.column ?? 0) ||
  compare(a.code, b.code)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
