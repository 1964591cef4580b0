// A local control plane over the memory world: started, killed at any effect, and started again on the same store.

import { contentHash } from '../../../core/model/canonical.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { ObservedObject, TargetState } from '../../../core/model/replica.ts'
import { type ControlPlane, createControlPlane } from '../../../providers/local/daemon/control-plane.ts'
import { applyDesired } from '../../../providers/local/daemon/desired.ts'
import { observeApp } from '../../../providers/local/daemon/observe.ts'
import type { SecretFiles } from '../../../providers/local/daemon/secrets.ts'
import { openStore, type Store } from '../../../providers/local/daemon/store.ts'
import type { ApplyParams, TargetRef } from '../../../providers/local/protocol.ts'
import type { ProxyControl, ProxyTable } from '../../../providers/local/proxy/types.ts'
import type { LocalBody, WorkBody } from '../../../providers/local/spec.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { Life, World } from './world.ts'

export const APP = 'shop'
export const REF: TargetRef = {
  name: 'here',
  local: { driver: 'docker', daemon: null, nodes: [] },
  here: true,
  engineHost: 'fake',
}

export interface FakeDaemon {
  readonly life: Life
  readonly plane: ControlPlane
  /** The table that the proxy was given last. */
  table(): ProxyTable
  apply(body: LocalBody, release: number): Promise<void>
  remove(id: string): Promise<void>
  observe(): TargetState
  object(service: string): ObservedObject | undefined
  /** SIGKILL: nothing of it runs on, nothing is written any more. */
  kill(): void
  close(): Promise<void>
}

export interface FakeDaemonOptions {
  /** An empty folder. */
  readonly driversDir: string
  readonly world: World
  readonly clock: VirtualClock
  readonly store: Store
  readonly dieAt?: number
  readonly dieAfterEffect?: boolean
}

const never = new AbortController().signal

export const startFakeDaemon = async (options: FakeDaemonOptions): Promise<FakeDaemon> => {
  const life: Life = {
    alive: true,
    dieAt: options.dieAt ?? 0,
    dieAfterEffect: options.dieAfterEffect ?? false,
    effects: 0,
  }
  const doors: { table: ProxyTable } = { table: { entries: [] } }
  const plane = createControlPlane({
    store: guarded(options.store, life),
    secrets: noSecrets,
    proxy: openProxy((table) => {
      doors.table = table
    }),
    createDriver: async (kind) => ({ ...options.world.driver(life), kind }),
    driversDir: options.driversDir,
    daemonId: 'fake',
    version: '0',
    clock: { now: options.clock.now, at: (time, run) => options.clock.at(time, () => life.alive && run()) },
    log: () => undefined,
  })
  await plane.start(never)
  await plane.targets.open(REF, never)
  const send = async (action: ApplyParams['action'], release: number): Promise<void> => {
    await applyDesired({ target: REF, app: APP, release, rollback: false, action, values: {} }, plane.kit, never)
  }
  const observe = (): TargetState =>
    observeApp({ target: REF.name, app: APP }, { ref: REF, driver: 'docker' }, plane.kit)
  return {
    life,
    plane,
    table: () => doors.table,
    apply: (body, release) => send({ kind: 'put', object: objectOf(body) }, release),
    remove: (id) => send({ kind: 'remove', id }, 0),
    observe,
    object: (service) => observe().objects.find((o) => o.service === service),
    kill: () => {
      life.alive = false
    },
    close: () => plane.close(),
  }
}

/** A dead process writes nothing. */
const guarded = (store: Store, life: Life): Store =>
  new Proxy(store, {
    get: (target, name, receiver) => {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        if (!life.alive && WRITES.test(String(name))) return undefined
        return value.apply(target, args)
      }
    },
  })

const WRITES = /^(put|remove|set|append|atomically)/

export const memoryStore = (): Store => openStore(':memory:')

export const objectOf = (body: LocalBody): NativeObject => {
  const isWork = 'service' in body
  const name = 'service' in body ? body.service : body.name
  return {
    id: isWork ? `${body.kind}/${APP}/${name}` : `${body.kind}/${name}`,
    kind: body.kind,
    name,
    ...(isWork ? { service: name } : {}),
    scope: 'app',
    stage: 1,
    after: [],
    hash: contentHash(body),
    body,
    guard: 'none',
  }
}

export const hashOf = (body: LocalBody): string => contentHash(body)

const noSecrets: SecretFiles = {
  key: () => null,
  put: () => undefined,
  has: () => true,
  read: (_key, secret) => secret.name,
  retain: () => undefined,
  removeApp: () => undefined,
}

/** Opens whatever it is told to and drains at once. */
const openProxy = (seen: (table: ProxyTable) => void): ProxyControl => ({
  apply: async (table) => {
    seen(table)
    const ports = Object.fromEntries(table.entries.map((e, i) => [e.key, e.listen.port || 30_000 + i]))
    return { ports, errors: {} }
  },
  connections: async () => 0,
  report: async () => null,
  drained: async () => true,
  close: async () => undefined,
  stop: async () => undefined,
})

export const work = (
  change: Partial<WorkBody> & { readonly environment?: Readonly<Record<string, string>> } = {},
): WorkBody => {
  const { environment = {}, ...rest } = change
  return {
    kind: 'service',
    app: APP,
    service: 'web',
    mode: 'replicated',
    replicas: 3,
    driver: 'docker',
    container: {
      image: 'web:1',
      pullPolicy: 'missing',
      command: null,
      entrypoint: null,
      environment,
      workingDir: null,
      mounts: [],
      files: [],
      networks: [],
      extraHosts: {},
      limits: { cpuMillis: null, memoryBytes: null, pids: null },
      labels: {},
      bestEffortLimits: false,
      compose: {},
    },
    placement: {
      requests: { cpuMillis: 100, memoryBytes: 1024 },
      gpu: null,
      constraints: [],
      preferences: [],
      maxPerNode: null,
      platforms: [],
      priority: 0,
      gang: false,
    },
    ports: [],
    expose: [],
    healthcheck: null,
    restart: null,
    update: { parallelism: 1, delayMs: 0, monitorMs: 5_000, maxFailureRatio: null, failureAction: null, order: null },
    failureAction: 'rollback',
    stop: { gracePeriodMs: 10_000, signal: null },
    dependsOn: [],
    job: null,
    schedule: null,
    singleton: false,
    containerName: null,
    restarts: 0,
    codeHash: null,
    ...rest,
  }
}
