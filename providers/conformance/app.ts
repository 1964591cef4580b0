// The application of the suite: small services that print a line and listen, plain enough for every adapter.
import type { App, Service } from '../../core/model/app.ts'
import type { TargetSpec } from '../../core/model/native-object.ts'
import type { TargetFacts } from '../../core/model/replica.ts'
import { Secret, type Text } from '../../core/model/secret.ts'
import { app, extension, fleet, port, service } from '../../test/builders/app.ts'
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

const ROLLS_AT_ONCE = {
  parallelism: 1,
  delayMs: 0,
  monitorMs: 0,
  maxFailureRatio: null,
  failureAction: null,
  order: null,
} as const

/** Everything as core/config fills it in for `ports: ["8080"]` and an environment; the harness adds what runs. */
const plainService = (name: string, environment: Readonly<Record<string, Text>>): Service =>
  service(name, {
    image: null,
    environment,
    requests: { cpuMillis: 50, memoryBytes: 32 * 2 ** 20 },
    ports: [port({ target: 8080, hostIp: '127.0.0.1' })],
    update: ROLLS_AT_ONCE,
    rollback: ROLLS_AT_ONCE,
    stop: { gracePeriodMs: 1_000, signal: null },
    extension: extension({ capacity: [] }),
  })

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
  const services = Object.entries(wish.services).map(([name, replicas]) =>
    harness.shape({ ...plainService(name, environment), replicas }),
  )
  return app(services, {
    name: wish.app,
    networks: [
      { key: 'default', name: `${wish.app}_default`, external: false, internal: false, isDefault: true, compose: {} },
    ],
    projectRoot: process.cwd(),
    workingDir: process.cwd(),
    files: ['compose.yaml'],
  })
}

const keyed = (secret: Secret, keyHex: string | null): Secret => (keyHex === null ? secret : secret.keyed(keyHex))

export const specOf = (wish: Wish, harness: Harness, facts: TargetFacts): TargetSpec => {
  const wanted = appOf(wish, harness)
  return {
    app: wanted,
    fleet: fleet([harness.target]),
    target: harness.target,
    facts,
    release: wish.release ?? 1,
    services: wanted.services.map((each) => ({
      service: each,
      count: each.replicas,
      image: each.image,
      codeHash: null,
      restarts: 0,
      reach: {},
      failureAction: 'pause',
    })),
  }
}
