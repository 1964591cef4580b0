// A node that runs nothing: placement and rollouts can be watched on hardware that is not here. What it "runs" lives in
// memory only, so after a daemon restart its replicas are simply started again.
import type { AllocSpec, AllocState, Driver, DriverOptions } from '../daemon/driver.ts'

export const createSimulatedDriver = (options: DriverOptions): Driver => {
  const held = new Map<string, AllocState>()
  const stateOf = (alloc: AllocSpec): AllocState => ({
    id: alloc.id,
    app: alloc.app,
    target: alloc.target,
    service: alloc.service,
    slot: alloc.slot,
    phase: 'created',
    native: `simulated:${alloc.id}`,
    startedAt: null,
    finishedAt: null,
    exitCode: null,
    signal: null,
    oomKilled: false,
    image: alloc.container.image,
  })
  const change = (id: string, next: Partial<AllocState>): AllocState => {
    const found = held.get(id)
    const state: AllocState = { ...(found ?? gone(id)), ...next }
    if (found !== undefined) held.set(id, state)
    return state
  }
  return {
    kind: 'simulated',
    fingerprint: async () => ({
      driver: 'simulated',
      version: 'simulated',
      arch: 'amd64',
      os: 'linux',
      total: { cpuMillis: 0, memoryBytes: 0 },
      gpus: options.gpus,
      labels: options.labels,
      enforces: { cpu: true, memory: true, pids: true },
      warnings: [],
      id: `simulated:${options.node}`,
    }),
    ensureNetwork: async (network) => ({ existed: false, native: network.name }),
    removeNetwork: async () => undefined,
    ensureVolume: async (volume) => ({ existed: false, native: volume.name }),
    removeVolume: async () => undefined,
    ensureImage: async (image) => image,
    create: async (alloc) => {
      const state = held.get(alloc.id) ?? stateOf(alloc)
      held.set(alloc.id, state)
      return state
    },
    start: async (id) => change(id, { phase: 'running', startedAt: new Date().toISOString() }),
    stop: async (id) => change(id, { phase: 'exited', exitCode: 0, finishedAt: new Date().toISOString() }),
    remove: async (id) => void held.delete(id),
    list: async () => [...held.values()],
    // What an earlier daemon simulated goes on.
    inspect: async (id) => held.get(id) ?? { ...gone(id), phase: 'running' },
    events: async function* (signal) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    },
    address: async () => null,
    exec: async () => 0,
    drain: async () => undefined,
    logs: async function* () {},
    stats: async () => ({ cpuMillis: 0, memoryBytes: 0 }),
    close: async () => undefined,
  }
}

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
