// An engine that is only memory, and outlives every daemon: what a killed daemon has set off stays as it was left. Each
// daemon life gets a driver of its own; when the life ends, its calls never answer again, as if the process were gone.
import { StormportError } from '../../../core/errors.ts'
import type { AllocSpec, AllocState, Driver, DriverEvent } from '../../../providers/local/daemon/driver.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface Thing {
  readonly spec: AllocSpec
  state: AllocState
  /** How often it was started: twice would be a fault of the daemon. */
  starts: number
}

/** One daemon process. */
export interface Life {
  alive: boolean
  /** Counts effects; the daemon dies at this one, before or after it happens. */
  readonly dieAt: number
  readonly dieAfterEffect: boolean
  effects: number
}

export interface World {
  readonly things: ReadonlyMap<string, Thing>
  running(): readonly Thing[]
  driver(life: Life): Driver
  /** Ends a process from outside. */
  kill(id: string): void
  /** Called after every change: rules that must hold at each moment are checked here. */
  onChange: () => void
  down: boolean
  /** How long a program takes to end when it is told to. */
  stopMs: number
  /** How long the engine takes to start what is there. */
  startMs: number
  /** Called before anything is made; what it throws is the engine's answer. */
  onCreate: (spec: AllocSpec) => void
  /** Called when a program is told to end. */
  onStop: (id: string) => void
}

/** What the fake program does, told by its environment: EXIT_AFTER_MS and EXIT_CODE end it by itself. */
export const createWorld = (clock: VirtualClock): World => {
  const things = new Map<string, Thing>()
  const listeners = new Set<(event: DriverEvent) => void>()
  const world: World = {
    things,
    running: () => [...things.values()].filter((t) => t.state.phase === 'running'),
    driver: (life) => driverOf(world, things, { life, clock, listeners }),
    kill: (id) => end(things, id, { code: null, signal: 'SIGKILL' }, { clock, listeners, world }),
    onChange: () => undefined,
    down: false,
    stopMs: 0,
    startMs: 0,
    onCreate: () => undefined,
    onStop: () => undefined,
  }
  return world
}

interface Around {
  readonly clock: VirtualClock
  readonly listeners: Set<(event: DriverEvent) => void>
}

const end = (
  things: Map<string, Thing>,
  id: string,
  how: { readonly code: number | null; readonly signal: string | null },
  { clock, listeners, world }: Around & { readonly world: World },
): void => {
  const thing = things.get(id)
  if (thing?.state.phase !== 'running') return
  thing.state = {
    ...thing.state,
    phase: 'exited',
    exitCode: how.code,
    signal: how.signal,
    finishedAt: new Date(clock.now()).toISOString(),
  }
  world.onChange()
  for (const tell of listeners)
    tell({ kind: 'exited', id, exitCode: how.code, at: new Date(clock.now()).toISOString() })
}

const driverOf = (
  world: World,
  things: Map<string, Thing>,
  { life, clock, listeners }: Around & { readonly life: Life },
): Driver => {
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined)
  /** One effect: it happens, or not, and the daemon may die around it. */
  const act = async <T>(effect: () => T): Promise<T> => {
    if (!life.alive) return never()
    if (world.down) throw await unreachable()
    life.effects++
    const dies = life.effects === life.dieAt
    if (dies && !life.dieAfterEffect) {
      life.alive = false
      return never()
    }
    const answer = effect()
    world.onChange()
    if (dies) {
      life.alive = false
      return never()
    }
    return answer
  }
  const look = async <T>(read: () => T): Promise<T> => {
    if (!life.alive) return never()
    if (world.down) throw await unreachable()
    return read()
  }
  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      clock.at(clock.now() + ms, resolve)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  const programEnd = (thing: Thing): void => {
    const after = thing.spec.container.environment['EXIT_AFTER_MS']
    if (after === undefined) return
    clock.at(clock.now() + Number(after), () =>
      end(
        things,
        thing.spec.id,
        { code: Number(thing.spec.container.environment['EXIT_CODE'] ?? 1), signal: null },
        { clock, listeners, world },
      ),
    )
  }
  return {
    kind: 'docker',
    fingerprint: () => look(() => FACTS),
    ensureNetwork: (network) => act(() => ({ existed: false, native: network.name })),
    removeNetwork: () => act(() => undefined),
    ensureVolume: (volume) => act(() => ({ existed: false, native: volume.name })),
    removeVolume: () => act(() => undefined),
    ensureImage: (image) => look(() => image),
    create: (spec) =>
      act(() => {
        world.onCreate(spec)
        const thing = things.get(spec.id) ?? { spec, state: fresh(spec), starts: 0 }
        things.set(spec.id, thing)
        return thing.state
      }),
    start: async (id, signal) => {
      if (world.startMs > 0) await pause(world.startMs, signal)
      return act(() => {
        const thing = must(things, id)
        // As an engine does it: what has ended is started once more, without a word.
        if (thing.state.phase === 'running') return thing.state
        thing.starts++
        thing.state = { ...thing.state, phase: 'running', startedAt: new Date(clock.now()).toISOString() }
        programEnd(thing)
        return thing.state
      })
    },
    stop: async (id, _options, signal) => {
      await act(() => {
        world.onStop(id)
        clock.at(clock.now() + world.stopMs, () =>
          end(things, id, { code: 143, signal: null }, { clock, listeners, world }),
        )
      })
      await pause(world.stopMs, signal)
      return look(() => things.get(id)?.state ?? gone(id))
    },
    remove: (id) => act(() => void things.delete(id)),
    list: () => look(() => [...things.values()].map((t) => t.state)),
    inspect: (id) => look(() => things.get(id)?.state ?? null),
    events: (signal) => eventsOf(listeners, life, signal),
    address: (_id, port) => look(() => ({ host: '127.0.0.1', port })),
    exec: () => look(() => 0),
    drain: () => look(() => undefined),
    logs: async function* () {
      yield { at: new Date(clock.now()).toISOString(), stream: 'stderr', text: 'last words' }
    },
    stats: () => look(() => null),
    close: async () => undefined,
  }
}

const eventsOf = async function* (
  listeners: Set<(event: DriverEvent) => void>,
  life: Life,
  signal: AbortSignal,
): AsyncGenerator<DriverEvent> {
  const queue: DriverEvent[] = []
  let wake: (() => void) | null = null
  const take = (event: DriverEvent): void => {
    if (life.alive) queue.push(event)
    wake?.()
  }
  listeners.add(take)
  signal.addEventListener('abort', () => wake?.())
  try {
    while (!signal.aborted) {
      const event = queue.shift()
      if (event !== undefined) yield event
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    listeners.delete(take)
  }
}

const unreachable = async (): Promise<Error> => new StormportError('Unreachable', 'the engine does not answer')

const must = (things: ReadonlyMap<string, Thing>, id: string): Thing => {
  const found = things.get(id)
  if (found === undefined) throw new StormportError('NotFound', `start of ${id}, which is not there`)
  return found
}

const FACTS = {
  driver: 'docker',
  version: 'fake',
  arch: 'amd64',
  os: 'linux',
  total: { cpuMillis: 1_000_000, memoryBytes: 2 ** 44 },
  gpus: [
    { id: 'GPU-0', model: 'l4', memoryBytes: 24 * 2 ** 30, freeShare: 1 },
    { id: 'GPU-1', model: 'l4', memoryBytes: 24 * 2 ** 30, freeShare: 1 },
  ],
  labels: {},
  enforces: { cpu: true, memory: true, pids: true },
  warnings: [],
  id: 'fake',
} as const

const fresh = (spec: AllocSpec): AllocState => ({
  ...gone(spec.id),
  app: spec.app,
  target: spec.target,
  service: spec.service,
  slot: spec.slot,
  phase: 'created',
  native: `fake:${spec.id}`,
})

const gone = (id: string): AllocState => ({
  id,
  app: '',
  target: '',
  service: '',
  slot: 0,
  phase: 'gone',
  native: '',
  startedAt: null,
  finishedAt: null,
  exitCode: null,
  signal: null,
  oomKilled: false,
  image: null,
})
