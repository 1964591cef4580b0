// One call of a verb: its words, its flags read by name, and the context that loads what it needs.
import type { Context } from './context.ts'

export interface Call {
  readonly context: Context
  /** Words after the verb, also those behind `--`. */
  readonly args: readonly string[]
  readonly flags: Flags
}

/** Resolves to the exit status. */
export type Run = (call: Call) => Promise<number>

export interface Flags {
  on(name: string): boolean
  /** Given as --no-…. */
  off(name: string): boolean
  text(name: string): string | null
  list(name: string): readonly string[]
}

/** `raw` is what commander parsed: camelCase names. */
export const createFlags = (raw: Readonly<Record<string, unknown>>): Flags => ({
  on: (name) => raw[name] === true,
  off: (name) => raw[name] === false,
  text: (name) => (typeof raw[name] === 'string' ? raw[name] : null),
  list: (name) => (Array.isArray(raw[name]) ? raw[name].filter((item) => typeof item === 'string') : []),
})
