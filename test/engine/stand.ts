// An engine over fake clusters for tests: real HTTP to each, time and confirmation in the test's hands.
import { randomBytes } from 'node:crypto'
import type { DeployRequest, Engine, EngineDeps, Project } from '../../core/engine/api.ts'
import { createEngine } from '../../core/engine/index.ts'
import type { App } from '../../core/model/app.ts'
import type { Event, Result } from '../../core/model/event.ts'
import type { Fleet, Target } from '../../core/model/fleet.ts'
import type { Clock, Confirm, Provider } from '../../core/ports.ts'
import { fleet as fleetOf } from '../builders/app.ts'
import { createFakeProvider, type FakeCluster, fakeTarget, startFakeCluster } from '../fakes/cluster/index.ts'

export interface Stand {
  readonly engine: Engine
  readonly clusters: Readonly<Record<string, FakeCluster>>
  readonly fleet: Fleet
  /** What the engine asked a yes for. */
  readonly asked: Parameters<Confirm>[0][]
  project(app: App, over?: Partial<Project>): Project
  close(): Promise<void>
}

export interface StandOptions {
  readonly targets: readonly string[]
  readonly fleet?: Partial<Fleet>
  readonly answer?: boolean
  /** Another provider around the fake's. */
  readonly around?: (provider: Provider) => Provider
  /** Further settings and pools of targets, by name. */
  readonly over?: Readonly<Record<string, Partial<Target>>>
  readonly clock?: Clock
}

const common = { targets: null, timeoutMs: 20_000, lockWaitMs: 2_000 }

export const request = (over: Partial<DeployRequest> = {}): DeployRequest => ({
  ...common,
  services: null,
  rebalance: false,
  resolveImages: false,
  pull: false,
  allow: [],
  allowRisks: [],
  savedPlan: null,
  wait: true,
  onFailure: null,
  allowUnplaced: false,
  build: 'changed',
  requireDigests: false,
  force: [],
  message: null,
  waitAddressMs: 0,
  ...over,
})

export const createStand = async (options: StandOptions): Promise<Stand> => {
  const entries = await Promise.all(options.targets.map(async (name) => [name, await startFakeCluster()] as const))
  const clusters = Object.fromEntries(entries)
  const provider = options.around?.(createFakeProvider()) ?? createFakeProvider()
  const asked: Parameters<Confirm>[0][] = []
  const deps: EngineDeps = {
    provider: async () => provider,
    clock: options.clock ?? { now: () => Date.now(), sleep: sleepUntil },
    confirm: async (question) => {
      asked.push(question)
      return options.answer ?? true
    },
    images: { resolve: async () => [] },
    files: { read: () => undefined, exists: () => undefined, realpath: (p) => p, list: () => [] },
    holder: { host: 'test', bootId: 'boot', pid: process.pid, startTicks: '1', user: 'ana', command: 'deploy' },
    randomId: () => randomBytes(8).toString('hex'),
    by: 'ana@test',
    builder: null,
    codeHash: async () => null,
  }
  const fleet = fleetOf(
    entries.map(([name, cluster]) => withOver(fakeTarget(name, cluster.url), options.over?.[name])),
    options.fleet,
  )
  return {
    engine: createEngine(deps),
    clusters,
    fleet,
    asked,
    project: (app, over) => ({
      app,
      fleet,
      origin: 'git',
      source: { commit: null, ref: null, dirty: false },
      diagnostics: [],
      ...over,
    }),
    close: async () => void (await Promise.all(Object.values(clusters).map((c) => c.close()))),
  }
}

const sleepUntil = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })

export interface Told {
  readonly events: readonly Event[]
  readonly result: Result
}

export const told = async (stream: AsyncIterable<Event>): Promise<Told> => {
  const events = await Array.fromAsync(stream)
  const last = events.at(-1)
  if (last?.type !== 'result') throw new Error('the stream did not end with a result')
  return { events, result: last.data as Result } // the last event's data is a Result (core/engine/index.ts)
}

const withOver = (target: Target, over: Partial<Target> = {}): Target => ({
  ...target,
  ...over,
  settings: { ...target.settings, ...over.settings },
})
