// A world for tests: the command line runs in process, what it says is kept, time and signals are the test's.
import { PassThrough } from 'node:stream'
import type { Engine, Subject } from '../core/engine/api.ts'
import { StormportError } from '../core/errors.ts'
import type { Event, Result } from '../core/model/event.ts'
import type { Fleet } from '../core/model/fleet.ts'
import type { DaemonControl } from '../providers/local/control.ts'
import type { Bindings, Loaded } from './bindings.ts'
import { runCli } from './run.ts'
import type { StopSignal, Terminal, World } from './world.ts'

export interface Recording {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

export interface Scene {
  readonly engine?: Partial<Engine>
  readonly loaded?: Partial<Loaded>
  readonly bindings?: Partial<Bindings>
  readonly daemon?: Partial<DaemonControl>
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly tty?: boolean
  /** Time passes: what waits for the next tick gets it. */
  readonly ticks?: boolean
  /** Typed on the terminal. */
  readonly input?: string
  /** Gets the way to send signals once the verb listens. */
  readonly signals?: (send: (signal: StopSignal) => void) => void
}

export const NOW = Date.parse('2026-01-31T12:00:00Z')

export const record = async (words: string, scene: Scene = {}): Promise<Recording> => {
  const out: string[] = []
  const err: string[] = []
  const world = recordingWorld(scene, { out, err })
  const exitCode = await runCli(words === '' ? [] : words.split(' '), world)
  return { exitCode, out: out.join(''), err: err.join('') }
}

const recordingWorld = (scene: Scene, said: { readonly out: string[]; readonly err: string[] }): World => ({
  cwd: scene.cwd ?? '/project',
  env: { LANG: 'C.UTF-8', HOME: '/home/of-a-test', STORMPORT_HOME: '/home/of-a-test/state', ...scene.env },
  stdin: stdinOf(scene),
  stdout: terminal(said.out, scene),
  stderr: terminal(said.err, scene),
  now: () => NOW,
  every: (_, tick) => {
    if (scene.ticks === true) setImmediate(tick)
    return () => undefined
  },
  onSignal: (listener) => {
    scene.signals?.(listener)
    return () => undefined
  },
  exitNow: (code) => said.err.push(`(ended at once with ${code})`),
  bindings: { ...standIns(scene), ...scene.bindings },
})

const terminal = (said: string[], scene: Scene): Terminal => {
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  return { write: (text) => void said.push(text), isTTY: scene.tty ?? false, columns: 80, rows: 24, stream }
}

const stdinOf = (scene: Scene): NodeJS.ReadStream => {
  const stream = new PassThrough()
  if (scene.input !== undefined) stream.end(scene.input)
  // The few members that the command line touches of a terminal's input.
  return Object.assign(stream, { isTTY: scene.tty ?? false, setRawMode: () => stream }) as unknown as NodeJS.ReadStream
}

const standIns = (scene: Scene): Bindings => ({
  loadProject: async () => loadedOf(scene),
  loadCompose: async () => loadedOf(scene).compose,
  loadFleet: async () => ({ fleet: loadedOf(scene).fleet, diagnostics: [] }),
  createEngine: async () => engineOf(scene),
  daemon: async () => ({ ...daemonStandIn, ...scene.daemon }),
})

const engineOf = (scene: Scene): Engine => {
  const missing = (): never => {
    throw new StormportError('Internal', 'the test gave no answer for this')
  }
  return {
    find: async (app: string, fleet: Fleet): Promise<Subject> => ({ app, fleet }),
    withLost: async (subject: Subject) => subject,
    close: async () => undefined,
    plan: missing,
    deploy: missing,
    render: missing,
    verdicts: async () => [],
    scale: missing,
    restart: missing,
    rollback: missing,
    destroy: missing,
    status: missing,
    replicas: missing,
    releases: missing,
    history: missing,
    apps: missing,
    logs: missing,
    exec: missing,
    metrics: missing,
    events: missing,
    why: missing,
    drift: missing,
    locks: missing,
    checkTargets: missing,
    nodes: missing,
    pools: missing,
    gpuSearch: missing,
    createTargets: missing,
    destroyTargets: missing,
    ...scene.engine,
  }
}

const daemonStandIn: DaemonControl = {
  status: async () => ({ running: false, pid: null, version: null, socket: null, startedAt: null, nodes: [] }),
  ensure: async () => {
    throw new StormportError('Internal', 'the test has no daemon')
  },
  find: async () => null,
  stop: async () => false,
}

export const localFleet: Fleet = {
  name: null,
  registry: null,
  targets: [
    {
      name: 'local',
      provider: 'local',
      site: 'local',
      here: true,
      publish: 'none',
      prices: null,
      pools: [],
      local: { driver: null, daemon: null, nodes: [] },
      settings: {},
      span: null,
    },
  ],
  defaults: { cpuMillis: 100, memoryBytes: 134_217_728 },
  place: { strategy: 'ordered', prefer: [], weights: {} },
  rollout: { order: 'parallel', onFailure: 'failed' },
  budget: null,
  failover: null,
  file: null,
}

/** An application without services: the stand-in engine decides what it does. */
const loadedOf = ({ loaded, cwd = '/project' }: Scene): Loaded => ({
  compose: {
    project: { name: 'shop', services: {} },
    positions: { span: () => undefined, origin: () => ({ kind: 'literal' }) },
    files: [`${cwd}/compose.yaml`],
    overrideFile: null,
    environment: {},
    workingDir: cwd,
    projectRoot: cwd,
    diagnostics: [],
  },
  app: {
    name: 'shop',
    services: [],
    networks: [],
    volumes: [],
    configs: [],
    secrets: [],
    projectRoot: cwd,
    workingDir: cwd,
    files: [`${cwd}/compose.yaml`],
  },
  fleet: localFleet,
  diagnostics: [],
  ...loaded,
})

/** Events with what every event has. */
export const events = (...list: readonly Partial<Event>[]): AsyncIterable<Event> =>
  (async function* () {
    for (const [seq, event] of list.entries())
      yield { type: 'action', seq, time: '2026-01-31T12:00:00Z', app: 'shop', code: 'SP-I4010', message: '', ...event }
  })()

export const resultEvent = (
  result: Partial<Result> & { readonly targets?: Result['summary']['targets']; readonly next?: readonly string[] } = {},
): Partial<Event> => {
  const { ok = true, exitCode = 0, targets = [], next = [] } = result
  return {
    type: 'result',
    code: 'SP-I9000',
    message: 'done',
    data: { ok, exitCode, summary: { targets, leftBehind: [], next } },
  }
}
