// Small builders for tests: a value of the model with everything at its default, and what the test cares about on top.
import type { App, Port, Service, ServiceExtension } from '../../core/model/app.ts'
import type { Fleet, Target } from '../../core/model/fleet.ts'
import type { Head } from '../../core/model/release.ts'

const span = { file: 'compose.yaml', line: 1, column: 1 }

export const extension = (over: Partial<ServiceExtension> = {}): ServiceExtension => ({
  targets: null,
  place: { strategy: null, minPerTarget: 0, with: [], each: null, weights: {} },
  reach: {},
  autoscale: null,
  capacity: ['on-demand'],
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
  ...over,
})

/** `ports: ["80"]`. */
export const port = (over: Partial<Port> = {}): Port => ({
  target: 80,
  published: null,
  publishedRange: null,
  hostIp: null,
  protocol: 'tcp',
  mode: 'ingress',
  appProtocol: null,
  ...over,
})

const update = {
  parallelism: 1,
  delayMs: 0,
  monitorMs: 5_000,
  maxFailureRatio: null,
  failureAction: null,
  order: null,
} as const

export const service = (name: string, over: Partial<Service> = {}): Service => ({
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
  requests: { cpuMillis: 100, memoryBytes: 128 * 2 ** 20 },
  stated: { cpu: false, memory: false },
  limits: { cpuMillis: null, memoryBytes: null, pids: null },
  gpu: null,
  constraints: [],
  preferences: [],
  maxReplicasPerNode: null,
  ports: [],
  expose: [],
  dependsOn: [],
  links: {},
  mentions: [],
  mounts: [],
  configs: [],
  secrets: [],
  networks: { default: { aliases: [] } },
  restart: null,
  update,
  rollback: update,
  stop: { gracePeriodMs: 10_000, signal: null },
  extension: extension(),
  compose: {},
  span,
  spans: {},
  ...over,
})

export const app = (services: readonly Service[], over: Partial<App> = {}): App => ({
  name: 'shop',
  services,
  networks: [],
  volumes: [],
  configs: [],
  secrets: [],
  projectRoot: '/project',
  workingDir: '/project',
  files: ['/project/compose.yaml'],
  ...over,
})

export const target = (name: string, over: Partial<Target> = {}): Target => ({
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

export const fleet = (targets: readonly Target[], over: Partial<Fleet> = {}): Fleet => ({
  name: null,
  registry: null,
  targets,
  defaults: { cpuMillis: 100, memoryBytes: 128 * 2 ** 20 },
  place: { strategy: 'ordered', prefer: [], weights: {} },
  rollout: { order: 'parallel', onFailure: 'failed' },
  budget: null,
  failover: null,
  file: null,
  ...over,
})

export const head = (over: Partial<Head> = {}): Head => ({
  version: 1,
  current: 1,
  previousHealthy: null,
  state: 'healthy',
  origin: 'git',
  releases: [{ number: 1, id: 'a', healthy: true }],
  scaled: {},
  restarts: {},
  ...over,
})
