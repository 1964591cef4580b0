// A user's project on a real engine for tests of whole commands: files written, commands run, the engine asked directly what
// is there, everything taken away at the end.
import { join } from 'node:path'
import { createEngineClient, type EngineClient } from '../../../providers/local/drivers/docker/client.ts'
import { endpointOf } from '../../../providers/local/drivers/docker/endpoint.ts'
import { createWorld, type Ran, type World } from '../../e2e/world.ts'
import type { TestEngine } from '../../engines/engine.ts'

export const BUSYBOX = 'stormport.test/busybox:1'

export interface Container {
  readonly id: string
  readonly state: string
  readonly service: string
  readonly release: number
}

export interface Deployments {
  readonly world: World
  readonly client: EngineClient
  /** Writes the services as the file of an app of that name, deploys it, and leaves it there. */
  deploy(app: string, services: string, ...args: readonly string[]): Ran
  /** The same beside others. */
  start(app: string, services: string, ...args: readonly string[]): ReturnType<World['start']>
  /** By their labels, whatever our own commands say. */
  containers(app: string): Promise<readonly Container[]>
  networks(app: string): Promise<readonly string[]>
  /** A request to the engine, past Stormport. */
  ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, json?: unknown): Promise<T>
}

export const createDeployments = (engine: TestEngine, env: Readonly<Record<string, string>> = {}): Deployments => {
  const world = createWorld({ env: { DOCKER_HOST: engine.host, ...env } })
  const client = createEngineClient(endpointOf(engine.host, null, {}))
  const ask = <T>(method: 'GET' | 'POST' | 'DELETE', path: string, json?: unknown): Promise<T> =>
    client.json<T>(
      { method, path, ...(json === undefined ? {} : { json }), operation: `${method} ${path}` },
      AbortSignal.timeout(30_000),
    )
  const listed = (app: string, kind: string): string =>
    `${kind}?${new URLSearchParams({ all: 'true', filters: JSON.stringify({ label: [`stormport.dev/app=${app}`] }) })}`
  const words = (app: string, services: string, args: readonly string[]): readonly string[] => {
    world.write(`${app}.yaml`, `name: ${app}\n${services}`)
    return ['deploy', '--file', join(world.dir, `${app}.yaml`), '--timeout', '60s', ...args]
  }
  return {
    world,
    client,
    deploy: (app, services, ...args) => world.run(...words(app, services, args)),
    start: (app, services, ...args) => world.start(...words(app, services, args)),
    containers: async (app) =>
      (await ask<readonly Listed[]>('GET', listed(app, '/containers/json'))).map((c) => ({
        id: c.Id,
        state: c.State,
        service: c.Labels['stormport.dev/service'] ?? '',
        release: Number(c.Labels['stormport.dev/release']),
      })),
    networks: async (app) =>
      (await ask<readonly { readonly Name: string }[]>('GET', listed(app, '/networks'))).map((n) => n.Name),
    ask,
  }
}

interface Listed {
  readonly Id: string
  readonly State: string
  readonly Labels: Readonly<Record<string, string>>
}
