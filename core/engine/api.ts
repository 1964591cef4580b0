// The engine's requests and reports. cli/ and library users speak these; the JSON shapes of DESIGN section 9 are these
// reports as they stand.
import type { GpuQuery } from '../catalog/search.ts'
import type { Catalog, Cloud } from '../catalog/types.ts'
import type { App } from '../model/app.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Event } from '../model/event.ts'
import type { Fleet, ProviderKind } from '../model/fleet.ts'
import type { Consent, Plan } from '../model/plan.ts'
import type { HistoryEntry } from '../model/release.ts'
import type { Health, LogLine, Replica, ServiceStatus } from '../model/replica.ts'
import type { NodeCapacity } from '../model/resources.ts'
import type { TargetEvent } from '../model/target-event.ts'
import type { PlanReport, SavedPlan } from '../plan/types.ts'
import type { Builder, Check, Clock, Confirm, ExecIo, Files, Images, LeaseHolder, Provider } from '../ports.ts'
import type { GpuSearchReport } from './gpu-search.ts'
import type { InfraRequest } from './infra/verbs.ts'
import type { DriftReport, EventsRequest, MetricsReport, PoolsReport, WhyReport } from './reports.ts'
import type { Silences } from './silence.ts'

export type { PlanChange, PlanReport, SavedPlan } from '../plan/types.ts'
export type * from './reports.ts'

export interface EngineDeps {
  /** Cached by kind; throws 'NotYet' for a kind without adapter. */
  readonly provider: (kind: ProviderKind) => Promise<Provider>
  readonly clock: Clock
  readonly confirm: Confirm
  readonly images: Images
  readonly files: Files
  readonly holder: LeaseHolder
  /** 16 hex characters, fresh each call: release ids. */
  readonly randomId: () => string
  /** 'user@host'. */
  readonly by: string
  /** Builds `build:` services before planning; absent: such services are refused with a code. */
  readonly builder: Builder | null
  /** Hash of a host process's script and watched files (DESIGN section 1, Processes). */
  readonly codeHash: (app: App, serviceName: string) => Promise<string | null>
  /** Instance types and prices, refreshed where the user did so; absent: the embedded catalogue. */
  readonly catalog?: (cloud: Cloud) => Promise<Catalog>
  /** Made by createEngine. */
  readonly silences?: Silences
}

/** What the user's files say, loaded and checked. */
export interface Project {
  readonly app: App
  readonly fleet: Fleet
  /** git remote and path, else a random id kept in the state folder under the project root's path. */
  readonly origin: string
  readonly source: { readonly commit: string | null; readonly ref: string | null; readonly dirty: boolean }
  readonly diagnostics: readonly Diagnostic[]
}

/** Of targets that are named here nothing is known: what the report lists may be a part. */
export interface Partly {
  readonly unreachable?: readonly string[]
}

/** An app found by name, without files. */
export interface Subject extends Partly {
  readonly app: string
  readonly fleet: Fleet
}

export interface Common {
  /** --target: limits what is touched, never what is computed. null: all. */
  readonly targets: readonly string[] | null
  readonly timeoutMs: number | null
  readonly lockWaitMs: number
}

export interface PlanRequest extends Common {
  readonly services: readonly string[] | null
  readonly rebalance: boolean
  readonly resolveImages: boolean
  readonly pull: boolean
  readonly allow: readonly Consent[]
  readonly allowRisks: readonly string[]
  /** False: changes of clusters and pools are refused (`--no-infra`). */
  readonly infra?: boolean
}

export interface DeployRequest extends PlanRequest {
  /** A plan saved by `plan --out`: deploy exactly this, or exit 9. */
  readonly savedPlan: SavedPlan | null
  readonly wait: boolean
  readonly onFailure: 'rollback' | 'pause' | 'keep' | null
  readonly allowUnplaced: boolean
  readonly build: 'changed' | 'always' | 'never'
  readonly requireDigests: boolean
  /** Services to replace even when unchanged. */
  readonly force: readonly string[]
  readonly message: string | null
  readonly waitAddressMs: number
}

export interface Planned {
  readonly plan: Plan
  /** That the deploy would make, or go on with. */
  readonly release: number
  readonly report: PlanReport
  readonly saved: SavedPlan
}

export interface RenderOptions {
  readonly targets: readonly string[] | null
  readonly resolve: boolean
  readonly mask: boolean
  /** The rights that deploying needs instead of the objects. */
  readonly rbac?: boolean
}

export interface RenderedObject {
  readonly target: string
  readonly provider: ProviderKind
  readonly kind: string
  readonly name: string
  readonly object: unknown
}

export interface StatusReport {
  readonly app: string
  readonly release: number | null
  readonly state: Health
  readonly targets: readonly TargetStatus[]
  readonly control: { readonly active: boolean }
  readonly daemon: { readonly version: string | null }
}

export interface TargetStatus {
  readonly name: string
  readonly provider: ProviderKind
  readonly reachable: boolean
  readonly observedAt: string
  readonly state: Health
  readonly release: number | null
  readonly owed: boolean
  readonly standby: {
    readonly tier: string
    readonly release: number | null
    readonly ready: boolean
    readonly missing: readonly string[]
  }
  readonly services: readonly (Omit<ServiceStatus, 'service'> & { readonly name: string })[]
  readonly because: string | null
}

export interface ReleaseReport {
  readonly number: number
  readonly id: string
  readonly createdAt: string
  readonly by: string
  readonly source: { readonly commit: string | null; readonly ref: string | null; readonly dirty: boolean }
  readonly message: string | null
  readonly from: number | null
  readonly healthy: boolean
  readonly images: Readonly<Record<string, string>>
  readonly targets: readonly string[]
}

export interface PsReport extends Partly {
  readonly replicas: readonly Replica[]
}

export interface ReleasesReport extends Partly {
  readonly releases: readonly ReleaseReport[]
}

export interface HistoryReport extends Partly {
  readonly entries: readonly HistoryEntry[]
}

export interface AppsReport extends Partly {
  readonly apps: readonly { readonly name: string; readonly origin: string; readonly targets: readonly string[] }[]
}

export interface DestroyRequest extends Common {
  readonly volumes: boolean
  /** Also what we made of clusters, networks and pools, where no other application is left. */
  readonly clusters?: boolean
  readonly allow: readonly Consent[]
}

export interface ScaleRequest extends Common {
  readonly counts: Readonly<Record<string, number>>
  readonly wait: boolean
}

export interface RestartRequest extends Common {
  readonly services: readonly string[]
  readonly wait: boolean
}

export interface RollbackRequest extends Common {
  readonly release: number | null
  readonly message: string | null
}

export interface LogsRequest {
  readonly targets: readonly string[] | null
  readonly services: readonly string[]
  readonly replicas: readonly string[]
  readonly follow: boolean
  readonly sinceMs: number | null
  readonly tail: number | null
}

export interface TargetChecks {
  readonly target: string
  readonly provider: ProviderKind
  readonly reachable: boolean
  readonly checks: readonly Check[]
}

export interface NodeReport {
  readonly target: string
  readonly reachable: boolean
  readonly because: string | null
  readonly nodes: readonly NodeCapacity[]
}

export interface LockState {
  readonly target: string
  readonly reachable: boolean
  /** null: the target does not answer. */
  readonly held: boolean | null
  /** Who holds it, or why it is not known. */
  readonly because: string | null
}

export interface LocksReport {
  readonly locks: readonly LockState[]
}

/** Everything the command line and library users can ask for. Streams end with a 'result' event whose data is a Result. */
export interface Engine {
  /** An app by name, without files: its targets and policy as its newest release says. A fleet without targets when unknown. */
  find(app: string, fleet: Fleet, signal: AbortSignal): Promise<Subject>
  /** The same app with the targets that only its newest release still names: the file has lost them. */
  withLost(subject: Subject, signal: AbortSignal): Promise<Subject>
  plan(project: Project, request: PlanRequest, signal: AbortSignal): Promise<Planned>
  deploy(project: Project, request: DeployRequest, signal: AbortSignal): AsyncIterable<Event>
  /** No network, no daemon, unless `resolve`. */
  render(
    project: Project,
    options: RenderOptions,
    signal: AbortSignal,
  ): Promise<{ readonly objects: readonly RenderedObject[]; readonly diagnostics: readonly Diagnostic[] }>
  /** Verdicts of every target on the app, without touching the network: for `check`. */
  verdicts(project: Project): Promise<readonly Diagnostic[]>
  scale(subject: Subject, request: ScaleRequest, signal: AbortSignal): AsyncIterable<Event>
  restart(subject: Subject, request: RestartRequest, signal: AbortSignal): AsyncIterable<Event>
  rollback(subject: Subject, request: RollbackRequest, signal: AbortSignal): AsyncIterable<Event>
  destroy(subject: Subject, request: DestroyRequest, signal: AbortSignal): AsyncIterable<Event>
  status(subject: Subject, targets: readonly string[] | null, signal: AbortSignal): Promise<StatusReport>
  replicas(subject: Subject, targets: readonly string[] | null, signal: AbortSignal): Promise<PsReport>
  releases(subject: Subject, targets: readonly string[] | null, signal: AbortSignal): Promise<ReleasesReport>
  history(subject: Subject, targets: readonly string[] | null, signal: AbortSignal): Promise<HistoryReport>
  apps(fleet: Fleet, signal: AbortSignal): Promise<AppsReport>
  logs(subject: Subject, request: LogsRequest, signal: AbortSignal): AsyncIterable<LogLine>
  /** `replica` = 'SERVICE', 'SERVICE.SLOT' or a replica id. Resolves to the command's exit code. */
  exec(
    subject: Subject,
    replica: { readonly name: string; readonly target: string | null },
    argv: readonly string[],
    io: ExecIo,
    signal: AbortSignal,
  ): Promise<number>
  metrics(subject: Subject, targets: readonly string[] | null, signal: AbortSignal): Promise<MetricsReport>
  /** What is kept in the order of time over all targets, then, with `follow`, what comes. */
  events(subject: Subject, request: EventsRequest, signal: AbortSignal): AsyncIterable<TargetEvent>
  /** `replica` as for exec. @throws StormportError 'NotFound' when neither replica nor service is known. */
  why(
    subject: Subject,
    replica: { readonly name: string; readonly targets: readonly string[] | null },
    signal: AbortSignal,
  ): Promise<WhyReport>
  /** Live objects against the release in force. */
  drift(subject: Subject, targets: readonly string[] | null, signal: AbortSignal): Promise<DriftReport>
  /** Also frees a lock whose holder is gone. */
  locks(subject: Subject, targets: readonly string[] | null, signal: AbortSignal): Promise<LocksReport>
  checkTargets(fleet: Fleet, targets: readonly string[] | null, signal: AbortSignal): Promise<readonly TargetChecks[]>
  nodes(fleet: Fleet, targets: readonly string[] | null, signal: AbortSignal): Promise<readonly NodeReport[]>
  pools(fleet: Fleet, targets: readonly string[] | null, signal: AbortSignal): Promise<PoolsReport>
  /** Clusters, networks and pools of the targets alone, as stormport.yaml declares them. */
  createTargets(fleet: Fleet, request: InfraRequest, signal: AbortSignal): AsyncIterable<Event>
  /** Everything of ours under the targets; refused while an application has a release there. */
  destroyTargets(fleet: Fleet, request: InfraRequest, signal: AbortSignal): AsyncIterable<Event>
  /** What has the cards that are asked for, on every target: owned and free first, then by price. */
  gpuSearch(
    fleet: Fleet,
    query: GpuQuery & { readonly targets: readonly string[] | null },
    signal: AbortSignal,
  ): Promise<GpuSearchReport>
  close(): Promise<void>
}
