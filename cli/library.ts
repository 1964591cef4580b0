// The package's public face: the same engine as the command line, for programs. Every change is an AsyncIterable of coded
// events that ends with a 'result' and does not throw for what goes wrong; nothing is printed, nothing is asked.
import type {
  DeployRequest,
  Engine,
  Planned,
  PlanReport,
  PlanRequest,
  Project,
  SavedPlan,
  StatusReport,
  Subject,
} from '../core/engine/api.ts'
import type { Event, Result } from '../core/model/event.ts'
import type { Fleet } from '../core/model/fleet.ts'
import type { Consent } from '../core/model/plan.ts'
import { createBindings } from './context/bindings.ts'
import { createEnvironment } from './context/environment.ts'
import { observeChanges } from './observe.ts'
import { type Options, readOptions } from './options.ts'
import { loadedProject } from './project.ts'

export { type ErrorCode, StormportError } from '../core/errors.ts'
export type { Diagnostic, Severity, SourceSpan } from '../core/model/diagnostic.ts'
export type {
  Consent,
  DeployRequest,
  Event,
  Planned,
  PlanReport,
  PlanRequest,
  Project,
  Result,
  SavedPlan,
  StatusReport,
  Subject,
}

/** Where the files are. Everything is optional: discovery works as on the command line. */
export interface ProjectOptions {
  /** Absolute; default: the process's working directory. */
  readonly cwd?: string
  /** For interpolation, COMPOSE_FILE and the like. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Compose files, relative to `cwd`, merged in this order. Default: discovered. */
  readonly files?: readonly string[]
  /** stormport.yaml. Default: beside the Compose file, if it is there. */
  readonly config?: string
  /** Default: `name:` of the Compose file, else the folder's name. */
  readonly projectName?: string
  /** Profiles whose services run too; '*' is all. */
  readonly profiles?: readonly string[]
  /** Files of variables for interpolation. Default: .env beside the Compose file. */
  readonly envFiles?: readonly string[]
}

/** What goes with every call that looks at targets or changes them. */
export interface ChangeOptions {
  /** Ends the waiting. What targets have begun goes on there. */
  readonly signal?: AbortSignal
  /** Consent given beforehand (`apply` is what --yes gives). What is missing ends the change as Declined, exit 10. */
  readonly allow?: readonly Consent[]
  /** Where the state folder and the engine are found: STORMPORT_HOME, DOCKER_HOST. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * Reads compose.yaml and stormport.yaml; starts nothing and asks no target. `diagnostics` of the answer holds warnings.
 * @throws StormportError 'BadInput' with all findings in `details.findings`, each with code, place and next step.
 * @example const project = await loadProject({ cwd: '/srv/shop' })
 */
export const loadProject = async (options: ProjectOptions = {}): Promise<Project> => {
  const environment = createEnvironment(options.cwd ?? process.cwd(), options.env ?? process.env)
  const loaded = await createBindings().loadProject({ options: optionsOf(options, environment.cwd), environment })
  return loadedProject(loaded, environment)
}

/**
 * What `deploy` would change, and why; changes nothing. `report` is what `plan --json` prints, `saved` can be given to
 * `deploy` as `savedPlan`, which then does exactly that or ends with exit 9. A target that does not answer is in the report.
 * @throws StormportError 'BadInput', 'NotYet', 'ImageNotFound', 'Unsupported' or 'Aborted', with `details.hint`.
 */
export const plan = (
  project: Project,
  request: Partial<PlanRequest> = {},
  options: ChangeOptions = {},
): Promise<Planned> =>
  withEngine(project.fleet, options, (engine) =>
    engine.plan(project, { ...planDefaults(options), ...request }, signalOf(options)),
  )

/**
 * Deploys and waits until it is healthy. Starts when the first event is asked for; iterate to the end, which is a 'result'
 * event whose `data` is a {@link Result}: `exitCode` as of the command line, outcome and reason for each target. Findings
 * come before it as 'diagnostic' events. Aborting stops the waiting and leaves the work as it is, exit 130. Times of the
 * request are in milliseconds; `timeoutMs: null` is 10 minutes.
 * @example for await (const event of deploy(project)) if (event.type === 'result') console.log(event.data)
 */
export const deploy = (
  project: Project,
  request: Partial<DeployRequest> = {},
  options: ChangeOptions = {},
): AsyncIterable<Event> =>
  streamWithEngine(project.fleet, options, (engine) =>
    engine.deploy(project, { ...deployDefaults(options), ...request }, signalOf(options)),
  )

/**
 * Removes the application with its releases; volumes stay unless `volumes`, which needs `allow: ['destroy']`. Ends with a
 * 'result' event like `deploy`; an application that is not there is exit 0.
 */
export const destroy = (
  subject: Subject,
  request: { readonly volumes?: boolean } = {},
  options: ChangeOptions = {},
): AsyncIterable<Event> =>
  streamWithEngine(subject.fleet, options, (engine) =>
    engine.destroy(subject, { ...planDefaults(options), volumes: request.volumes ?? false }, signalOf(options)),
  )

/**
 * What is live where, once, as `status --json` prints it. A target that does not answer is `reachable: false` with the
 * reason in `because`; an unknown application is 'absent'.
 * @throws StormportError 'Aborted' by the signal, 'NotYet' for a kind of target without adapter.
 */
export const status = (subject: Subject, options: ChangeOptions = {}): Promise<StatusReport> =>
  withEngine(subject.fleet, options, (engine) => engine.status(subject, null, signalOf(options)))

/**
 * The state again and again: one 'health' event whose `data` is a {@link StatusReport} first, then one per change, until
 * aborted. Looks every `intervalMs` milliseconds, 1,000 by default.
 * @throws what `status` throws.
 */
export const observe = (
  subject: Subject,
  request: { readonly intervalMs?: number } = {},
  options: ChangeOptions = {},
): AsyncIterable<Event> =>
  streamWithEngine(subject.fleet, options, (engine) =>
    observeChanges(engine, { subject, intervalMs: request.intervalMs ?? 1_000 }, signalOf(options)),
  )

/** The subject of a loaded project, for `status`, `observe` and `destroy`. */
export const subjectOf = (project: Project): Subject => ({ app: project.app.name, fleet: project.fleet })

const optionsOf = ({ files, config, projectName, profiles, envFiles }: ProjectOptions, cwd: string): Options =>
  readOptions({ file: files, config, projectName, profile: profiles, envFile: envFiles }, cwd, {})

const signalOf = (options: ChangeOptions): AbortSignal => options.signal ?? new AbortController().signal

const openEngine = (fleet: Fleet, options: ChangeOptions): Promise<Engine> => {
  const { env = process.env } = options
  const allowed = options.allow ?? []
  const confirm = async (question: { readonly classes: readonly { readonly consent: Consent }[] }): Promise<boolean> =>
    question.classes.every(({ consent }) => consent === 'none' || allowed.includes(consent))
  return createBindings().createEngine(createEnvironment(process.cwd(), env), {
    confirm,
    command: 'library',
    fleet: async () => fleet,
  })
}

const withEngine = async <T>(fleet: Fleet, options: ChangeOptions, use: (engine: Engine) => Promise<T>): Promise<T> => {
  const engine = await openEngine(fleet, options)
  try {
    return await use(engine)
  } finally {
    await engine.close()
  }
}

async function* streamWithEngine(
  fleet: Fleet,
  options: ChangeOptions,
  use: (engine: Engine) => AsyncIterable<Event>,
): AsyncIterable<Event> {
  const engine = await openEngine(fleet, options)
  try {
    yield* use(engine)
  } finally {
    await engine.close()
  }
}

const planDefaults = ({ allow = [] }: ChangeOptions): PlanRequest => ({
  targets: null,
  timeoutMs: null,
  lockWaitMs: 30_000,
  services: null,
  rebalance: false,
  resolveImages: true,
  pull: false,
  allow,
  allowRisks: [],
})

const deployDefaults = (options: ChangeOptions): DeployRequest => ({
  ...planDefaults(options),
  savedPlan: null,
  wait: true,
  onFailure: null,
  allowUnplaced: false,
  build: 'changed',
  requireDigests: false,
  force: [],
  message: null,
  waitAddressMs: 15_000,
})
