// What a verb and a flag are.
import type { Run } from './call.ts'

export interface OptionSpec {
  /** commander's form: '-f, --follow', '--out <file>'. */
  readonly flags: string
  readonly text: string
  readonly repeat?: true
  /** Part of the design, not of this version: using it is an error with a code. */
  readonly notYet?: true
}

/** query: one document with --json. stream: one object a line. text: output that --json does not change. */
export type OutputKind = 'query' | 'stream' | 'text'

export interface Verb {
  /** ['deploy'] or ['target', 'list']. */
  readonly path: readonly string[]
  readonly aliases?: readonly string[]
  readonly text: string
  readonly args?: string
  readonly options?: readonly OptionSpec[]
  readonly output: OutputKind
  /** null: not yet. */
  readonly load: (() => Promise<{ readonly run: Run }>) | null
}
