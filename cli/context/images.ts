// Image references → digests: from the engine of this machine where every target is here, else from the registries, with
// the logins of the user's Docker config. Builds go to the same engine.
import type { App } from '../../core/model/app.ts'
import type { Fleet } from '../../core/model/fleet.ts'
import type { Builder, Images, RegistryCredentials } from '../../core/ports.ts'
import type { Environment } from './environment.ts'

type LoadFleet = () => Promise<Fleet>

/** Nothing of it is loaded before an image is asked for. */
export const createFleetImages = ({ env }: Environment, fleet: LoadFleet): Images => ({
  describe: async (references, signal) => {
    const { createImages } = await import('../../core/engine/registry/index.ts')
    const images = createImages({ credentials: lazyCredentials(env), local: null })
    return (await images.describe?.(references, signal)) ?? {}
  },
  resolve: async (references, signal) => {
    const [{ createImages }, local] = await Promise.all([
      import('../../core/engine/registry/index.ts'),
      fleet().then((known) => engineImages(known, env)),
    ])
    return createImages({ credentials: lazyCredentials(env), local }).resolve(references, signal)
  },
})

export const createFleetBuilder = ({ env, stateDir }: Environment, fleet: LoadFleet): Builder => {
  const open = async (): Promise<Builder> => {
    const { createBuilder } = await import('../../providers/local/drivers/docker/build/builder.ts')
    return createBuilder({ host: engineHost(await fleet()), stateDir, env })
  }
  return {
    predict: async (app: App, services) => (await open()).predict(app, services),
    build: async (app, services, options, say, signal) => (await open()).build(app, services, options, say, signal),
  }
}

const engineImages = async (fleet: Fleet, env: Environment['env']): Promise<Images | null> => {
  if (!fleet.targets.every((target) => target.here)) return null
  const [{ createEngineImages, createImageStore }, { createEngineClient }, { endpointOf }] = await Promise.all([
    import('../../providers/local/drivers/docker/images.ts'),
    import('../../providers/local/drivers/docker/client.ts'),
    import('../../providers/local/drivers/docker/endpoint.ts'),
  ])
  const client = createEngineClient(endpointOf(engineHost(fleet), null, env))
  return createEngineImages(createImageStore(client, lazyCredentials(env)))
}

/** What the engine holds needs no login. */
const lazyCredentials = (env: Environment['env']): RegistryCredentials => ({
  forRegistry: async (registry, signal) => {
    const { createDockerCredentials } = await import('../../providers/local/drivers/docker/credentials.ts')
    return createDockerCredentials(env).forRegistry(registry, signal)
  },
})

/** The engine that a target of this machine names; null: DOCKER_HOST, else the usual socket. */
const engineHost = (fleet: Fleet): string | null =>
  fleet.targets
    .filter((target) => target.here)
    .flatMap((target) => target.local?.nodes ?? [])
    .find((node) => node.host !== null)?.host ?? null
