// The contracts between the engine and the world: what an adapter must do, and what the engine needs to do its work.
import type { ErrorCode } from './errors.ts'
import type { App } from './model/app.ts'
import type { Diagnostic } from './model/diagnostic.ts'
import type { ProviderKind, Target } from './model/fleet.ts'
import type { Because, NativeObject, TargetSpec } from './model/native-object.ts'
import type { Action, Consent } from './model/plan.ts'
import type { Head, HistoryEntry, Release } from './model/release.ts'
import type { LogLine, ObservedObject, Replica, Sample, StateDelta, TargetFacts, TargetState } from './model/replica.ts'
import type { Capacity, Offering } from './model/resources.ts'

export type Support = 'native' | 'emulated' | 'none'

/** Feature → how the target does it. Data, no I/O. */
export interface Capabilities {
  readonly maxInFlight: number
  readonly slots: boolean
  readonly features: Readonly<Record<string, Support>>
}

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly message: string
  readonly hint?: string
}

export interface ApplyContext {
  readonly app: string
  readonly release: number
  readonly signal: AbortSignal
  /** Values of { ref, field } in bodies are already resolved; Secrets in the body still hold their value. */
  readonly progress: (message: string) => void
  /** A rollback: one-shot jobs take their old spec without running. */
  readonly rollback?: boolean
}

export interface LogQuery {
  readonly app: string
  readonly services: readonly string[]
  /** Replica ids or '<service>.<slot>'; empty: all. */
  readonly replicas: readonly string[]
  readonly follow: boolean
  readonly sinceMs: number | null
  readonly tail: number | null
}

export interface ExecIo {
  readonly stdin: NodeJS.ReadableStream | null
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  readonly tty: { readonly columns: number; readonly rows: number } | null
}

export interface LeaseHolder {
  readonly host: string
  readonly bootId: string
  readonly pid: number
  readonly startTicks: string
  readonly user: string
  readonly command: string
}

export interface Lease {
  renew(): Promise<void>
  release(): Promise<void>
}

/** Releases and heads of one app on one target. A lost race is StormportError 'Conflict'. */
export interface Records {
  head(): Promise<Head | null>
  read(number: number): Promise<Release | null>
  write(release: Release): Promise<void>
  /** expectedVersion 0 = there is none yet. */
  setHead(next: Head, expectedVersion: number): Promise<void>
  remove(): Promise<void>
  history(): Promise<readonly HistoryEntry[]>
  appendHistory(entry: HistoryEntry): Promise<void>
  /** The app's HMAC key on this target (hex), made on first use when `create`. */
  secretKey(create: boolean): Promise<string | null>
}

export interface AppEntry {
  readonly app: string
  /** The target that it lives on: one control plane may serve several. */
  readonly target: string
  readonly origin: string
  readonly release: number | null
}

export interface Provider {
  readonly kind: ProviderKind
  readonly capabilities: Capabilities
  /** Reachability, auth, permissions, versions, account pin: every finding at once. */
  check(target: Target, signal: AbortSignal): Promise<readonly Check[]>
  observe(target: Target, app: string, signal: AbortSignal): Promise<TargetState>
  capacity(target: Target, signal: AbortSignal): Promise<Capacity>
  offerings(target: Target, signal: AbortSignal): Promise<readonly Offering[]>
  /** What `render` and `check` go by without a connection: the target's `assume:`, else the kind's published defaults. Pure. */
  assumedFacts(target: Target): TargetFacts
  /** Services that the target cannot run at all, all of them at once: service → why. Pure; feeds place. */
  refusals(
    target: Target,
    facts: TargetFacts,
    app: App,
  ): Readonly<Record<string, { readonly code: string; readonly reason: string; readonly hint: string }>>
  /** Fields of the app that the target cannot honour or only approximates, by position. Pure. */
  verdicts(target: Target, spec: TargetSpec): readonly Diagnostic[]
  /** Pure: same spec, same bytes. */
  render(target: Target, spec: TargetSpec): readonly NativeObject[]
  /** Pure: immutable fields that force a replace. */
  replaces(live: ObservedObject, want: NativeObject): Because | undefined
  /** One idempotent step; never waits for health. Repeating it returns changed: false. Removing what is absent is fine. */
  apply(
    target: Target,
    action: Action,
    context: ApplyContext,
  ): Promise<{ changed: boolean; outputs?: Record<string, string> }>
  /** Ends by the signal or an error. Starts with the present state. */
  watch(target: Target, app: string, signal: AbortSignal): AsyncIterable<StateDelta>
  logs(target: Target, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>
  exec(
    target: Target,
    app: string,
    replica: Replica,
    argv: readonly string[],
    io: ExecIo,
    signal: AbortSignal,
  ): Promise<number>
  metrics(target: Target, app: string, signal: AbortSignal): Promise<readonly Sample[]>
  records(target: Target, app: string): Records
  /** Every app that the control plane behind this target knows, on all the targets that it serves. Starts nothing. */
  apps(target: Target, signal: AbortSignal): Promise<readonly AppEntry[]>
  lease(target: Target, name: string, holder: LeaseHolder, ttlMs: number): Promise<Lease>
  /** Closes connections; the provider can be used again afterwards. */
  close(): Promise<void>
}

export type ProviderFactory = () => Promise<Provider>

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** What the plan needs a yes for. Returns false when declined; throws 'Declined' where nobody can be asked. */
export type Confirm = (question: {
  readonly app: string
  readonly classes: readonly { readonly consent: Consent; readonly items: readonly string[] }[]
}) => Promise<boolean>

/** Files for pure code: `read` returns undefined when there is none; a directory or refusal throws. */
export interface Files {
  read(path: string): string | undefined
  exists(path: string): 'file' | 'directory' | undefined
  realpath(path: string): string | undefined
  list(path: string): readonly string[]
}

export interface ResolvedImage {
  readonly reference: string
  readonly digest: string | null
  readonly error: { readonly code: ErrorCode; readonly message: string } | null
}

/** Image references → digests: registries or engines; used before planning (DESIGN section 5, Images). */
export interface Images {
  resolve(references: readonly string[], signal: AbortSignal): Promise<readonly ResolvedImage[]>
}

/** Never printed, never stored; sent only to the registry that it was asked for. */
export type RegistryLogin =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'token'; readonly identityToken: string }

/** The user's own sign-ins, such as those of `docker login`. */
export interface RegistryCredentials {
  /** `registry` as image names write it: 'docker.io', 'localhost:5000'. null: none known. */
  forRegistry(registry: string, signal: AbortSignal): Promise<RegistryLogin | null>
}

/** Builds `build:` services before planning (DESIGN section 1, Builds). */
export interface Builder {
  /** Service → the name that `build` would give its image, from the hashes alone: nothing is built. */
  predict(app: App, services: readonly string[]): Promise<Readonly<Record<string, string>>>
  /** Service → image reference built or found by content hash; progress lines go out by `say`. */
  build(
    app: App,
    services: readonly string[],
    options: { readonly force: boolean },
    say: (service: string, line: string) => void,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>
}
