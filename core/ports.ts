// The contracts between the engine and the world: what an adapter must do, and what the engine needs to do its work.
import type { ErrorCode } from './errors.ts'
import type { App } from './model/app.ts'
import type { Diagnostic } from './model/diagnostic.ts'
import type { Fleet, ProviderKind, Target } from './model/fleet.ts'
import type { InfraSpec, InfraState } from './model/infra.ts'
import type { Because, ImageFacts, NativeObject, TargetSpec } from './model/native-object.ts'
import type { Action, Consent } from './model/plan.ts'
import type { Head, HistoryEntry, Release } from './model/release.ts'
import type { LogLine, ObservedObject, Replica, Sample, StateDelta, TargetFacts, TargetState } from './model/replica.ts'
import type { Capacity, Offering } from './model/resources.ts'
import type { TargetEvent } from './model/target-event.ts'

/** How a target does a thing: by itself, by our own doing, or not at all. */
export type Support = 'native' | 'emulated' | 'none'

/** Feature → how the target does it. Data, no I/O. */
export interface Capabilities {
  /** Actions of one stage that may run at the same time. */
  readonly maxInFlight: number
  /** Replicas are numbered from 1 within a service. */
  readonly slots: boolean
  readonly features: Readonly<Record<string, Support>>
}

/** One thing looked at by `check`; those that are not ok stand for findings. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly message: string
  /** One next step, in the imperative. */
  readonly hint?: string
}

/** For whom `apply` works. */
export interface ApplyContext {
  readonly app: string
  /** Number of the release that objects carry as a label. */
  readonly release: number
  readonly signal: AbortSignal
  /** What happens meanwhile, in words for people. */
  readonly progress: (message: string) => void
  /** A rollback: one-shot jobs take their old spec without running. */
  readonly rollback?: boolean
  /** The user lets go what others own (`--allow override`): fields in conflict may be taken, each told by `progress`. */
  readonly override?: boolean
}

export interface LogQuery {
  readonly app: string
  /** Empty: all. */
  readonly services: readonly string[]
  /** Replica ids or '<service>.<slot>'; empty: all. */
  readonly replicas: readonly string[]
  /** Goes on with new lines, and with replicas that come later. */
  readonly follow: boolean
  /** Lines from this time on, in epoch milliseconds; null: from the first that is kept. */
  readonly sinceMs: number | null
  /** The last so many lines of each replica; null: all. */
  readonly tail: number | null
}

export interface EventQuery {
  readonly app: string
  /** Empty: all, and what belongs to no service. */
  readonly services: readonly string[]
  readonly follow: boolean
  /** Seen at this time or later, in epoch milliseconds; null: from the first that is kept. */
  readonly sinceMs: number | null
}

/** Where a command's input comes from and its output goes. stdin null: none; tty null: no terminal, else its size. */
export interface ExecIo {
  readonly stdin: NodeJS.ReadableStream | null
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  readonly tty: { readonly columns: number; readonly rows: number } | null
}

/** Who holds a lease: shown to others, and told apart from a process that is gone. */
export interface LeaseHolder {
  readonly host: string
  readonly bootId: string
  readonly pid: number
  /** Start time of the process as the kernel gives it, so that a reused pid is not taken for it. */
  readonly startTicks: string
  readonly user: string
  readonly command: string
}

export interface Lease {
  /** True: it stood free, and no holder that went away without a word was passed over. Absent: not known. */
  readonly uncontested?: boolean
  /** Again for the whole time to live. @throws StormportError 'Conflict' when it is lost. */
  renew(): Promise<void>
  /** Fine also when it is lost. */
  release(): Promise<void>
}

/** Releases and heads of one app on one target. @throws StormportError 'Unreachable' where nobody answers. */
export interface Records {
  /** null: the app was never here. */
  head(): Promise<Head | null>
  /** null: it is not kept. Secrets are references only. */
  read(number: number): Promise<Release | null>
  /** Again with the same release: fine. */
  write(release: Release): Promise<void>
  /** expectedVersion 0 = there is none yet. @throws StormportError 'Conflict' on a lost race. */
  setHead(next: Head, expectedVersion: number): Promise<void>
  /** Head, releases and history. Fine when there are none. */
  remove(): Promise<void>
  /** Oldest first. */
  history(): Promise<readonly HistoryEntry[]>
  appendHistory(entry: HistoryEntry): Promise<void>
  /** The app's HMAC key on this target (hex), made on first use when `create`. */
  secretKey(create: boolean): Promise<string | null>
}

/** An app that a control plane knows; release null: none was finished. */
export interface AppEntry {
  readonly app: string
  /** The target that it lives on: one control plane may serve several. */
  readonly target: string
  readonly origin: string
  readonly release: number | null
}

/**
 * What an adapter does for the infrastructure of a target (scope 'target'). Where the cluster is absent and declared, the
 * provider's `observe` answers with assumed facts and no objects, so that an application can be planned before it stands.
 */
export interface Infrastructure {
  /** The cluster that is named, and everything that carries the fleet's tags. @throws StormportError 'Forbidden' when an account, tenant or server pin does not hold. */
  observe(target: Target, fleet: Fleet, signal: AbortSignal): Promise<InfraState>
  /** Pure; [] when the target declares neither `create` nor `pools`. */
  render(spec: InfraSpec): readonly NativeObject[]
  /** Pure: immutable fields that force a replace. */
  replaces(live: ObservedObject, want: NativeObject): Because | undefined
  /**
   * One idempotent step, sent and not waited for; the next `observe` tells how it goes. What exists under our tags is taken
   * as done. `outputs` are the fields that other bodies refer to.
   * @throws StormportError 'QuotaExceeded', 'InsufficientCapacity' when the cloud cannot give it, 'Foreign', 'Conflict'.
   */
  apply(
    target: Target,
    action: Action,
    context: ApplyContext,
  ): Promise<{ changed: boolean; outputs?: Record<string, string> }>
  /** What is left after everything of ours is gone: ids, with what they cost a month where that is known. */
  leftovers(target: Target, fleet: Fleet, signal: AbortSignal): Promise<readonly Leftover[]>
}

/** Something that a cloud keeps and charges although nobody uses it any more. */
export interface Leftover {
  readonly kind: string
  readonly id: string
  readonly usdPerMonth: number | null
}

/** A right as the target's own API takes it. */
export interface RoleObject {
  readonly kind: string
  readonly metadata: { readonly name: string }
}

/**
 * What an adapter does for one kind of target. Every call takes the target anew and keeps nothing between calls but
 * connections. Faults are StormportErrors of the closed set: 'Unreachable' where nobody answers, 'Unauthenticated' and
 * 'Forbidden' where we may not, 'Timeout', 'Throttled', and 'Aborted' within 1 s of the signal; an optional read that is
 * forbidden is a diagnostic instead.
 */
export interface Provider {
  readonly kind: ProviderKind
  readonly capabilities: Capabilities
  /** Absent: targets of this kind are used as they stand. */
  readonly infrastructure?: Infrastructure
  /**
   * Asks what only a person can answer before the target can be reached, so that no answer is timed; absent: nothing ever.
   * @throws StormportError 'Unauthenticated' when the answer is no, or nobody can be asked.
   */
  signIn?(target: Target, signal: AbortSignal): Promise<void>
  /** Reachability, auth, permissions, versions, account pin: every finding at once. */
  check(target: Target, signal: AbortSignal): Promise<readonly Check[]>
  /** Everything of the app there. What could not be read makes it `complete: false`, and nothing is removed by it. */
  observe(target: Target, app: string, signal: AbortSignal): Promise<TargetState>
  /** Free and total by node, in CPU thousandths and bytes; 'unknown' with the reason where we may not see nodes. */
  capacity(target: Target, signal: AbortSignal): Promise<Capacity>
  /** What could be bought or used, in USD an hour, also what is not available now. */
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
  /** Pure: same spec, same bytes. Secrets enter the hash as references. */
  render(target: Target, spec: TargetSpec): readonly NativeObject[]
  /**
   * Those of the objects that still differ when the target itself is asked what our fields would come to, for what a mere
   * comparison takes for a change (another spelling of one amount); those that `observe` took as there are looked at, and
   * one that is gone differs. Changes nothing of the app; absent: the comparison is exact.
   */
  confirmDrift?(
    target: Target,
    app: string,
    objects: readonly ObservedObject[],
    signal: AbortSignal,
  ): Promise<readonly ObservedObject[]>
  /** Pure: the rights that deploying these objects needs, as objects of the target's own; absent: nothing is granted there. */
  roles?(target: Target, app: string, objects: readonly NativeObject[]): readonly RoleObject[]
  /** Pure: immutable fields that force a replace. */
  replaces(live: ObservedObject, want: NativeObject): Because | undefined
  /**
   * One idempotent step; never waits for health. Repeating it returns changed: false. Removing what is absent is fine.
   * `outputs` are the fields that other bodies refer to, by path.
   * @throws StormportError 'Foreign' when another owner's object stands there, 'InvalidSpec' when the target refuses it.
   */
  apply(
    target: Target,
    action: Action,
    context: ApplyContext,
  ): Promise<{ changed: boolean; outputs?: Record<string, string> }>
  /** Ends by the signal or an error. Starts with the present state, then 'synced', then each change. */
  watch(target: Target, app: string, signal: AbortSignal): AsyncIterable<StateDelta>
  /** In the order of time for each replica; ends after the last line unless `follow`, then by the signal. */
  logs(target: Target, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>
  /** What the target says of the app's objects, oldest first; with `follow` then what comes, by the signal to its end. */
  events(target: Target, query: EventQuery, signal: AbortSignal): AsyncIterable<TargetEvent>
  /** Resolves to the command's exit code. @throws StormportError 'NotFound' when the replica is not running. */
  exec(
    target: Target,
    app: string,
    replica: Replica,
    argv: readonly string[],
    io: ExecIo,
    signal: AbortSignal,
  ): Promise<number>
  /** One sample a running replica, in CPU thousandths and bytes; empty where nothing measures. */
  metrics(target: Target, app: string, signal: AbortSignal): Promise<readonly Sample[]>
  /** Opens nothing by itself. */
  records(target: Target, app: string): Records
  /** Every app that the control plane behind this target knows, on all the targets that it serves. Starts nothing. */
  apps(target: Target, signal: AbortSignal): Promise<readonly AppEntry[]>
  /** @throws StormportError 'Conflict' naming the holder while another one lives. */
  lease(target: Target, name: string, holder: LeaseHolder, ttlMs: number): Promise<Lease>
  /** Closes connections; the provider can be used again afterwards. */
  close(): Promise<void>
}

export type ProviderFactory = () => Promise<Provider>

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Rejects when the signal ends it. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** What the plan needs a yes for, by class, each with what it is about. false: declined. @throws StormportError 'Declined' where nobody can be asked. */
export type Confirm = (question: {
  readonly app: string
  readonly classes: readonly { readonly consent: Consent; readonly items: readonly string[] }[]
}) => Promise<boolean>

/** Files for pure code, by absolute path. */
export interface Files {
  /** UTF-8, '-' is standard input; undefined: no such file. @throws StormportError 'BadInput' on a directory or a refusal. */
  read(path: string): string | undefined
  exists(path: string): 'file' | 'directory' | undefined
  /** Without symbolic links; undefined when there is nothing. */
  realpath(path: string): string | undefined
  /** Names in a directory, sorted; empty when there is none. */
  list(path: string): readonly string[]
}

/** An image reference as written, and its digest ('sha256:…') or why there is none. */
export interface ResolvedImage {
  readonly reference: string
  readonly digest: string | null
  readonly error: { readonly code: ErrorCode; readonly message: string } | null
}

/** Image references → digests: registries or engines; used before planning (DESIGN section 5, Images). */
export interface Images {
  /** One answer for each reference, in their order; a reference that fails does not fail the others. */
  resolve(references: readonly string[], signal: AbortSignal): Promise<readonly ResolvedImage[]>
  /** What images with a digest say of themselves, as far as it may be read; never fails for one of them. */
  describe?(references: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, ImageFacts>>>
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
  /** Service → image reference built or found by content hash; progress lines go out by `say`. @throws StormportError when a build fails. */
  build(
    app: App,
    services: readonly string[],
    options: { readonly force: boolean },
    say: (service: string, line: string) => void,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>
}
