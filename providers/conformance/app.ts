// The application of the suite: small services that print a line and listen, plain enough for every adapter.
import type { App, Service } from '../../core/model/app.ts'
import type { Fleet, Target } from '../../core/model/fleet.ts'
import type { TargetSpec } from '../../core/model/native-object.ts'
import type { TargetFacts } from '../../core/model/replica.ts'
import { Secret, type Text } from '../../core/model/secret.ts'
import type { Harness } from './harness.ts'

export interface Wish {
  readonly app: string
  readonly release?: number
  /** Service → replicas. */
  readonly services: Readonly<Record<string, number>>
  /** What every service prints; a change of it is a change of the spec. */
  readonly say?: string
  readonly secret?: string
  /** The target's key, for references of secrets. */
  readonly secretKey?: string | null
}

/** Everything as core/config fills it in for `image:`, `ports: ["8080"]` and an environment. */
const plainService = (name: string, environment: Readonly<Record<string, Text>>): Service => ({
  name,
  kind: 'service',
  image: null,
  build: null,
  command: null,
  entrypoint: null,
  environment,
  healthcheck: null,
  mode: 'replicated',
  replicas: 1,
  requests: { cpuMillis: 50, memoryBytes: 32 * 2 ** 20 },
  stated: { cpu: false, memory: false },
  limits: { cpuMillis: null, memoryBytes: null, pids: null },
  gpu: null,
  constraints: [],
  preferences: [],
  maxReplicasPerNode: null,
  ports: [
    {
      target: 8080,
      published: null,
      publishedRange: null,
      hostIp: '127.0.0.1',
      protocol: 'tcp',
      mode: 'ingress',
      appProtocol: null,
    },
  ],
  expose: [],
  dependsOn: [],
  links: {},
  mentions: [],
  mounts: [],
  configs: [],
  secrets: [],
  networks: { default: { aliases: [] } },
  restart: null,
  update: { parallelism: 1, delayMs: 0, monitorMs: 0, maxFailureRatio: null, failureAction: null, order: null },
  rollback: { parallelism: 1, delayMs: 0, monitorMs: 0, maxFailureRatio: null, failureAction: null, order: null },
  stop: { gracePeriodMs: 1_000, signal: null },
  extension: plainExtension,
  compose: {},
  span: { file: 'compose.yaml', line: 1, column: 1 },
  spans: {},
})

const plainExtension: Service['extension'] = {
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

export const appOf = (wish: Wish, harness: Harness): App => {
  const secret =
    wish.secret === undefined
      ? {}
      : {
          CONFORMANCE_SECRET: keyed(
            new Secret('conformance.environment.CONFORMANCE_SECRET', wish.secret),
            wish.secretKey ?? null,
          ),
        }
  const environment = { SAY: wish.say ?? 'hello', ...secret }
  return {
    name: wish.app,
    services: Object.entries(wish.services).map(([name, replicas]) =>
      harness.shape({ ...plainService(name, environment), replicas }),
    ),
    networks: [
      { key: 'default', name: `${wish.app}_default`, external: false, internal: false, isDefault: true, compose: {} },
    ],
    volumes: [],
    configs: [],
    secrets: [],
    projectRoot: process.cwd(),
    workingDir: process.cwd(),
    files: ['compose.yaml'],
  }
}

const keyed = (secret: Secret, keyHex: string | null): Secret => (keyHex === null ? secret : secret.keyed(keyHex))

const fleetOf = (target: Target): Fleet => ({
  name: null,
  registry: null,
  targets: [target],
  defaults: { cpuMillis: 100, memoryBytes: 128 * 2 ** 20 },
  place: { strategy: 'ordered', prefer: [], weights: {} },
  rollout: { order: 'parallel', onFailure: 'failed' },
  budget: null,
  failover: null,
  file: null,
})

export const specOf = (wish: Wish, harness: Harness, facts: TargetFacts): TargetSpec => {
  const app = appOf(wish, harness)
  return {
    app,
    fleet: fleetOf(harness.target),
    target: harness.target,
    facts,
    release: wish.release ?? 1,
    services: app.services.map((service) => ({
      service,
      count: service.replicas,
      image: service.image,
      codeHash: null,
      restarts: 0,
      reach: {},
      failureAction: 'pause',
    })),
  }
}
