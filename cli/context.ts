// What a verb works with: the parsed options, and the project, fleet, application and engine, each loaded once and only
// when asked for. Broken files are thrown as one error that carries all findings.
import type { LoadedProject } from '../core/config/types.ts'
import type { Engine, Project, Subject } from '../core/engine/api.ts'
import type { Diagnostic } from '../core/model/diagnostic.ts'
import type { Fleet } from '../core/model/fleet.ts'
import type { Confirm } from '../core/ports.ts'
import type { DaemonControl } from '../providers/local/control.ts'
import type { Loaded, Reading } from './bindings.ts'
import { createConfirm } from './context/confirm.ts'
import { createEnvironment, type Environment } from './context/environment.ts'
import { createPlugins } from './context/plugins.ts'
import type { Interruption } from './interruption.ts'
import { isYes, type Options } from './options.ts'
import { loadedProject } from './project.ts'
import { renderDiagnostics } from './render/diagnostics.ts'
import { createStyle, type Style } from './render/style.ts'
import { findSubject, loadFleet } from './subject.ts'
import type { World } from './world.ts'

export interface Context {
  readonly world: World
  readonly options: Options
  readonly environment: Environment
  readonly signal: AbortSignal
  /** 130 or 143 once a signal has come, else null. */
  interruptedWith(): number | null
  /** For standard output and for standard error. */
  readonly style: { readonly out: Style; readonly err: Style }
  /** Compose files alone, read as Docker Compose reads them. */
  compose(): Promise<LoadedProject>
  /** Files as they are, with their findings. */
  loaded(): Promise<Loaded>
  /** The checked project with origin and source; throws when a file is broken. */
  project(): Promise<Project>
  /** The application that --project-name or the compose file names. */
  subject(): Promise<Subject>
  fleet(): Promise<Fleet>
  engine(): Promise<Engine>
  daemon(): Promise<DaemonControl>
  /** One line or more on standard output: the result. */
  print(text: string): void
  /** The one document of a query verb with --json. */
  document(value: unknown): void
  /** On standard error: what is said about the result. */
  note(text: string): void
  diagnose(diagnostics: readonly Diagnostic[]): void
  /** True while a question waits for its answer. */
  isAsking(): boolean
  close(): Promise<void>
}

export interface ContextInput {
  readonly world: World
  readonly options: Options
  readonly interruption: Pick<Interruption, 'signal' | 'exitCode'>
  /** The verb, as lock holders show it. */
  readonly command: string
}

export const createContext = (input: ContextInput): Context => {
  const { world, options, interruption } = input
  const { signal } = interruption
  const environment = createEnvironment(world.cwd, world.env)
  const reading: Reading = { options, environment }
  const style = {
    out: createStyle(world.stdout, world.env, options.color),
    err: createStyle(world.stderr, world.env, options.color),
  }
  let readsProject = false
  const loaded = once(() => {
    readsProject = true
    return world.bindings.loadProject(reading)
  })
  let asking = false
  const engine = closable(() =>
    openEngine(input, environment, { fleet: () => fleet(), asking: (open) => (asking = open) }),
  )
  const compose = once(() => world.bindings.loadCompose(reading, false))
  // A project that is loaded anyway has the fleet; the files are not read twice.
  const fleet = once(async () =>
    readsProject ? (await loaded()).fleet : loadFleet({ bindings: world.bindings, reading, compose }),
  )
  const context: Context = {
    world,
    options,
    environment,
    signal,
    style,
    compose,
    loaded,
    fleet,
    project: once(async () => loadedProject(await loaded(), environment)),
    subject: once(() =>
      findSubject(
        {
          ...context,
          projectName: options.projectName,
          targets: options.targets,
          note: options.json ? () => undefined : context.note,
        },
        signal,
      ),
    ),
    engine: engine.open,
    daemon: once(() => world.bindings.daemon(environment)),
    ...createVoice(world, { style: style.err, environment }),
    interruptedWith: interruption.exitCode,
    isAsking: () => asking,
    close: engine.close,
  }
  return context
}

type Voice = Pick<Context, 'print' | 'document' | 'note' | 'diagnose'>

const createVoice = (
  world: World,
  { style, environment }: { readonly style: Style; readonly environment: Environment },
): Voice => ({
  print: (text) => world.stdout.write(`${text}\n`),
  document: (value) => world.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
  note: (text) => world.stderr.write(`${text}\n`),
  diagnose: (diagnostics) => {
    if (diagnostics.length > 0)
      world.stderr.write(renderDiagnostics(diagnostics, { style, cwd: world.cwd, read: environment.files.read }))
  },
})

const once = <T>(load: () => Promise<T>): (() => Promise<T>) => {
  let promise: Promise<T> | undefined
  return () => (promise ??= load())
}

/** Opened when first asked for, and closed only where it was. */
const closable = (
  load: () => Promise<Engine>,
): { readonly open: () => Promise<Engine>; readonly close: () => Promise<void> } => {
  let opened: Promise<Engine> | undefined
  return {
    open: () => (opened ??= load()),
    close: async () => {
      await opened?.then(
        (engine) => engine.close(),
        () => undefined,
      )
    },
  }
}

const openEngine = (
  { world, options, interruption: { signal }, command }: ContextInput,
  environment: Environment,
  { fleet, asking }: { readonly fleet: () => Promise<Fleet>; readonly asking: (open: boolean) => void },
): Promise<Engine> => {
  const interactive = (): boolean =>
    !options.json && !isYes(world.env['CI']) && world.stderr.isTTY && world.stdin.isTTY === true
  const ask = createConfirm(world, { allowed: options.allow, interactive }, signal)
  const confirm: Confirm = async (question) => {
    asking(true)
    return ask(question).finally(() => asking(false))
  }
  const plugins = createPlugins(world, { interactive: interactive(), asking }, signal)
  return world.bindings.createEngine(environment, { confirm, command, fleet, plugins })
}
