// Small applications and fleets that tests and benchmarks vary: one property each, everything else as Compose defaults.
import type { App, Dependency, Network, Service, ServiceExtension, UpdateConfig, Volume } from '../model/app.ts'
import type { Fleet, Target } from '../model/fleet.ts'
import type { Capacity } from '../model/resources.ts'
import { sampleNode } from '../schedule/sample.ts'
import type { PlaceInput, PlaceTarget } from './types.ts'

const MIB = 1024 ** 2

const UPDATE: UpdateConfig = {
  parallelism: 1,
  delayMs: 0,
  monitorMs: 5000,
  maxFailureRatio: null,
  failureAction: null,
  order: null,
}

const EXTENSION: ServiceExtension = {
  targets: null,
  place: { strategy: null, minPerTarget: 0, with: [], each: null, weights: {} },
  reach: {},
  autoscale: null,
  capacity: [],
  failover: 'auto',
  singleton: false,
  expose: [],
  schedule: null,
  job: null,
  security: 'auto',
  priority: 0,
  gang: false,
  process: null,
  accept: [],
  allow: [],
  identity: {},
}

export interface SampleService extends Partial<Omit<Service, 'extension' | 'dependsOn' | 'networks' | 'mounts'>> {
  readonly extension?: Partial<Omit<ServiceExtension, 'place'>>
  readonly place?: Partial<ServiceExtension['place']>
  readonly needs?: readonly string[]
  readonly dependsOn?: readonly Dependency[]
  readonly networks?: readonly string[]
  readonly volumes?: readonly string[]
}

export const sampleService = (name: string, over: SampleService = {}): Service => {
  const { extension, place, needs = [], dependsOn = [], networks = ['default'], volumes = [], ...rest } = over
  return {
    name,
    kind: 'service',
    image: `${name}:1`,
    build: null,
    command: null,
    entrypoint: null,
    environment: {},
    healthcheck: null,
    mode: 'replicated',
    replicas: 1,
    requests: { cpuMillis: 100, memoryBytes: 128 * MIB },
    stated: { cpu: false, memory: false },
    limits: { cpuMillis: null, memoryBytes: null, pids: null },
    gpu: null,
    constraints: [],
    preferences: [],
    maxReplicasPerNode: null,
    ports: [],
    expose: [],
    dependsOn: [...needs.map(requires), ...dependsOn],
    links: {},
    mentions: [],
    mounts: volumes.map((volume) => ({
      kind: 'volume',
      volume,
      target: `/${volume}`,
      readOnly: false,
      nocopy: false,
      subpath: null,
    })),
    configs: [],
    secrets: [],
    networks: Object.fromEntries(networks.map((key) => [key, { aliases: [] }])),
    restart: null,
    update: UPDATE,
    rollback: UPDATE,
    stop: { gracePeriodMs: 10_000, signal: null },
    extension: { ...EXTENSION, ...extension, place: { ...EXTENSION.place, ...place } },
    compose: {},
    span: { file: 'compose.yaml', line: 1, column: 1 },
    spans: {},
    ...rest,
  }
}

const requires = (service: string): Dependency => ({
  service,
  condition: 'service_started',
  required: true,
  restart: false,
})

export const sampleApp = (services: readonly Service[]): App => ({
  name: 'app',
  services,
  networks: [...new Set(services.flatMap((service) => Object.keys(service.networks)))].map(sampleNetwork),
  volumes: [...new Set(services.flatMap(volumeKeys))].map((key) => sampleVolume(key)),
  configs: [],
  secrets: [],
  projectRoot: '/app',
  workingDir: '/app',
  files: ['/app/compose.yaml'],
})

const volumeKeys = (service: Service): readonly string[] =>
  service.mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.volume] : []))

const sampleNetwork = (key: string): Network => ({
  key,
  name: `app_${key}`,
  external: false,
  internal: false,
  isDefault: key === 'default',
  compose: {},
})

export const sampleVolume = (key: string, external = false): Volume => ({
  key,
  name: `app_${key}`,
  external,
  sizeBytes: null,
  class: null,
  compose: {},
})

export const sampleTarget = (name: string, over: Partial<Target> = {}): Target => ({
  name,
  provider: 'fake',
  site: name,
  here: false,
  publish: 'none',
  prices: null,
  pools: [],
  local: null,
  settings: {},
  span: null,
  ...over,
})

export const sampleFleet = (targets: readonly Target[], over: Partial<Fleet> = {}): Fleet => ({
  name: null,
  registry: null,
  targets,
  defaults: { cpuMillis: 100, memoryBytes: 128 * MIB },
  place: { strategy: 'ordered', prefer: [], weights: {} },
  rollout: { order: 'parallel', onFailure: 'failed' },
  budget: null,
  failover: null,
  file: null,
  ...over,
})

export const unknownCapacity: Capacity = { kind: 'unknown', because: 'no right to read nodes' }

/** One node with room for so many replicas of 100 millicores. */
export const roomFor = (replicas: number): Capacity => ({
  kind: 'known',
  nodes: [sampleNode('n1', { free: { cpuMillis: replicas * 100, memoryBytes: 64 * 1024 * MIB } })],
})

export const samplePlaceTarget = (name: string, over: Partial<PlaceTarget> = {}): PlaceTarget => ({
  name,
  reachable: true,
  capacity: unknownCapacity,
  current: {},
  volumes: [],
  refuses: {},
  ...over,
})

export const samplePlaceInput = (
  services: readonly Service[],
  targets: readonly PlaceTarget[],
  over: Partial<PlaceInput> = {},
): PlaceInput => ({
  app: sampleApp(services),
  fleet: sampleFleet(targets.map((target) => sampleTarget(target.name))),
  targets,
  assignment: null,
  scaled: {},
  rebalance: false,
  seed: 1,
  ...over,
})
