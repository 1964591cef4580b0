// Builds `build:` services of an engine on this machine, once for each content: an image whose name already says its hash
// is not built again.
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StormportError } from '../../../../../core/errors.ts'
import type { App } from '../../../../../core/model/app.ts'
import type { Builder, RegistryCredentials } from '../../../../../core/ports.ts'
import { createEngineClient } from '../client.ts'
import { createDockerCredentials, type Env } from '../credentials.ts'
import { endpointOf, endpointText, type TlsFiles } from '../endpoint.ts'
import { createImageStore, type EngineImageStore, type Say } from '../images.ts'
import { buildxBuild, hasBuildx } from './buildx.ts'
import { baseImages } from './dockerfile.ts'
import { type EngineBuilder, engineBuild, engineBuilderOf, maskArgs, refuseLacking } from './engine-build.ts'
import { type BuildJob, type BuildRequest, readBuild } from './request.ts'

export interface BuilderOptions {
  /** null: DOCKER_HOST, else the usual socket. */
  readonly host: string | null
  readonly tls?: TlsFiles | null
  /** Stormport's state folder; holds the key of secret build arguments. */
  readonly stateDir: string
  readonly env: Env
  readonly credentials?: RegistryCredentials
}

export const createBuilder = (options: BuilderOptions): Builder => {
  const endpoint = endpointOf(options.host, options.tls ?? null, options.env)
  const client = createEngineClient(endpoint)
  const store = createImageStore(client, options.credentials ?? createDockerCredentials(options.env))
  const nodePlatform = async (): Promise<string> => {
    const { Os, Arch } = await client.json<{ readonly Os: string; readonly Arch: string }>(
      { method: 'GET', path: '/version', operation: 'say what it runs on', timeoutMs: 10_000 },
      AbortSignal.timeout(10_000),
    )
    return `${Os}/${Arch}`
  }
  const remoteFetch = { cacheDir: join(options.stateDir, 'contexts'), env: options.env }
  const env = { ...options.env, DOCKER_HOST: endpointText(endpoint) }
  const read = (app: App, services: readonly string[]): Promise<readonly BuildRequest[]> =>
    Promise.all(
      services.map((service) =>
        readBuild(app, service, { secretKey: () => buildKey(options.stateDir), fetch: remoteFetch, nodePlatform }),
      ),
    )
  const references = (requests: readonly BuildRequest[]): Readonly<Record<string, string>> =>
    Object.fromEntries(requests.map((request) => [request.service, request.reference]))
  return {
    predict: async (app, services) => references(await read(app, services)),
    build: async (app, services, { force }, say, signal) => {
      const requests = await read(app, services)
      const needed = force ? requests : await absent(store, requests, signal)
      if (needed.length > 0) {
        const engine = (await hasBuildx(env, signal)) ? null : await engineBuilderOf(client, signal)
        // All of them before the first build starts.
        if (engine !== null) for (const request of needed) refuseLacking(request, engine.buildkit)
        const means = { engine, store, env }
        await Promise.all(needed.map((request) => buildOne(means, { request, say: tellerOf(request, say) }, signal)))
      }
      return references(requests)
    },
  }
}

const absent = async (
  store: EngineImageStore,
  requests: readonly BuildRequest[],
  signal: AbortSignal,
): Promise<readonly BuildRequest[]> => {
  const present = await Promise.all(requests.map((request) => store.inspect(request.reference, signal)))
  return requests.filter((_, index) => present[index] === null)
}

const tellerOf = (request: BuildRequest, say: (service: string, line: string) => void): Say => {
  return (line) => say(request.service, maskArgs(request, line))
}

interface Means {
  /** null: docker buildx is used. */
  readonly engine: EngineBuilder | null
  readonly store: EngineImageStore
  readonly env: Env
}

const buildOne = async (means: Means, job: BuildJob, signal: AbortSignal): Promise<void> => {
  const { request, say } = job
  say(`building ${request.reference}`)
  if (means.engine === null) await buildxBuild(means.env, job, signal)
  else {
    await fetchBases(means.store, job, signal)
    await engineBuild(means.engine, job, signal)
  }
  if ((await means.store.inspect(request.reference, signal)) !== null) return
  throw new StormportError('Internal', `${request.service}: the build ended well but left no image.`, {
    service: request.service,
  })
}

/** With the user's sign-in, which the engine's builder does not have. What fails here fails there, with the step's name. */
const fetchBases = async (store: EngineImageStore, { request, say }: BuildJob, signal: AbortSignal): Promise<void> => {
  for (const image of baseImages(request.context.dockerfile)) {
    if ((await store.inspect(image, signal).catch(() => null)) !== null) continue
    await store.pull({ image, platform: request.platform, say }, signal).catch((error: unknown) => {
      if (signal.aborted) throw error
    })
  }
}

/** Made on first use, whole or not at all; only this user's builds need to agree on it. */
const buildKey = async (stateDir: string): Promise<string> => {
  const path = join(stateDir, 'build.key')
  const known = await readFile(path, 'utf8').catch(() => null)
  if (known !== null) return known
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const mine = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(mine, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' })
  // A link fails where the key is there already: then the first one stands.
  await link(mine, path).catch(() => {})
  await rm(mine)
  return readFile(path, 'utf8')
}
