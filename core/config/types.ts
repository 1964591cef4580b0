// What the config layer hands on: the canonical project, where each value stands and where it came from.
import type { ComposeProject } from '../model/compose.ts'
import type { Diagnostic, SourceSpan } from '../model/diagnostic.ts'
import type { Fleet } from '../model/fleet.ts'

export type Path = readonly (string | number)[]

export type Origin =
  | { readonly kind: 'literal' }
  /** Variables of the environment, of .env or of --env-file that were put in (names only). */
  | { readonly kind: 'interpolated'; readonly variables: readonly string[] }
  | { readonly kind: 'envFile'; readonly file: string }
  /** `environment: [KEY]` or a secret/config from the environment. */
  | { readonly kind: 'environment'; readonly variable: string }

/** Lookups by path in the canonical project: ['services', 'web', 'environment', 'TAG']. A missing path answers for its nearest parent. */
export interface Positions {
  span(path: Path): SourceSpan | undefined
  /** Of the key instead of its value, where it has one. */
  keySpan?(path: Path): SourceSpan | undefined
  origin(path: Path): Origin
}

export interface LoadOptions {
  /** Absolute; where discovery starts and relative names count from. */
  readonly workingDir: string
  /** --file, in order; null: COMPOSE_FILE, else discovery upwards. '-' is stdin (read as the path '-'). */
  readonly files: readonly string[] | null
  /** The process environment: interpolation, COMPOSE_FILE, COMPOSE_PROJECT_NAME, COMPOSE_PROFILES, COMPOSE_ENV_FILES, COMPOSE_PATH_SEPARATOR. */
  readonly env: Readonly<Record<string, string>>
  readonly envFiles: readonly string[]
  readonly profiles: readonly string[]
  readonly projectName: string | null
  readonly projectRoot: string | null
  readonly allowPaths: readonly string[]
  /** False for `config`: files outside the project root are read as Compose does. */
  readonly confine: boolean
}

export interface LoadedProject {
  /** null when diagnostics hold an error that left no project. */
  readonly project: ComposeProject | null
  readonly positions: Positions
  /** Absolute, in merge order, includes among them. */
  readonly files: readonly string[]
  /** Set when discovery (not --file) merged compose.override.yaml. */
  readonly overrideFile: string | null
  /** The variables of all interpolations, .env merged under the process environment: for secrets and configs from the environment. */
  readonly environment: Readonly<Record<string, string>>
  readonly workingDir: string
  readonly projectRoot: string
  /** Further folders that count as project root: that of each --file. */
  readonly roots?: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}

export interface LoadedFleet {
  readonly fleet: Fleet
  readonly diagnostics: readonly Diagnostic[]
}
