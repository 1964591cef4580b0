// Collects findings while a file is read: each with its position, none twice.
import type { Diagnostic, Severity, SourceSpan } from '../model/diagnostic.ts'
import type { Finding } from './schema-issues.ts'
import type { Path } from './types.ts'

export interface Report {
  add(
    severity: Severity,
    entry: {
      readonly code: string
      readonly message: string
      readonly path: Path
      readonly hint?: string
      readonly service?: string
      readonly target?: string
    },
  ): void
  /** Findings of a schema at `base`. */
  addAll(found: readonly Finding[], base: Path, about: { readonly service?: string; readonly target?: string }): void
  readonly diagnostics: readonly Diagnostic[]
}

export const createReport = (spanOf: (path: Path) => SourceSpan | undefined): Report => {
  const diagnostics: Diagnostic[] = []
  const add: Report['add'] = (severity, { path, ...entry }) => {
    const span = spanOf(path)
    diagnostics.push({ severity, ...entry, ...(span === undefined ? {} : { span }) })
  }
  return {
    add,
    addAll(found, base, about) {
      for (const { path, ...rest } of found) add('error', { ...rest, ...about, path: [...base, ...path] })
    },
    diagnostics,
  }
}
