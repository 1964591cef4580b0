// Collects findings while a file is read: each with its position, none twice.
import type { Diagnostic, Severity } from '../model/diagnostic.ts'
import type { Finding } from './schema-issues.ts'
import type { Path, Positions } from './types.ts'

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

/** `hides` tells where the value written holds a secret variable: what is said about it must not repeat it. */
export const createReport = (
  positions: Pick<Positions, 'span' | 'keySpan'>,
  hides: (path: Path) => boolean = () => false,
): Report => {
  const diagnostics: Diagnostic[] = []
  const add: Report['add'] = (severity, { path, ...entry }) => {
    const span = (KEYS.has(entry.code) ? positions.keySpan?.(path) : undefined) ?? positions.span(path)
    const { hint: _hint, ...bare } = entry
    const shown = entry.code === EXPOSED || !hides(path) ? entry : { ...bare, message: HIDDEN }
    diagnostics.push({ severity, ...shown, ...(span === undefined ? {} : { span }) })
  }
  return {
    add,
    addAll(found, base, about) {
      const whose = about.service === undefined ? '' : `${about.service}: `
      for (const { path, message, ...rest } of found) {
        add('error', { ...rest, ...about, message: `${whose}${message}`, path: [...base, ...path] })
      }
    },
    diagnostics,
  }
}

/** Findings about a key rather than its value. */
const KEYS: ReadonlySet<string> = new Set(['SP1302', 'SP1317'])

/** The finding about the secret itself names the variable, never the value. */
const EXPOSED = 'SP1324'
const HIDDEN = 'the value here is not valid; it is not shown, for it holds a secret variable'
