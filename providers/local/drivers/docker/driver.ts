// The driver of one Docker engine: does one step when told and says what it sees. It holds no desired state; what it keeps
// in memory (ids, the version, CPU samples) only spares requests.
import type { ExecIo, Images } from '../../../../core/ports.ts'
import type { Driver, DriverOptions } from '../../daemon/driver.ts'
import { createEngineClient, type EngineClient } from './client.ts'
import { type Containers, createContainers } from './containers.ts'
import { createDockerCredentials, type Env } from './credentials.ts'
import { endpointOf } from './endpoint.ts'
import { eventsOf } from './events.ts'
import { execIn } from './exec.ts'
import { imageHealthcheck } from './image-healthcheck.ts'
import { createEngineImages, createImageStore, ensureImage } from './images.ts'
import { createFresh, createInTurn } from './in-turn.ts'
import { logsOf } from './logs.ts'
import { createLookup } from './lookup.ts'
import { createShared } from './networks.ts'
import { addressOf, factsOf, infoOf, publishedAddress, reachesBridges } from './node-facts.ts'
import { claimEngine, releaseEngine } from './owner.ts'
import { stateOf } from './state.ts'
import { createStatsReader } from './stats.ts'

// drain does nothing, on purpose: an engine takes a name from a running container only by cutting it off its network, which
// would also cut the connections that are being drained. Names stop resolving when it stops; clients try the next address.

export interface DockerDriver extends Driver {
  readonly kind: 'docker'
  readonly client: EngineClient
  /** Digests of what the engine itself holds. */
  readonly images: Images
}

/** `env`: DOCKER_HOST where the node names no host, DOCKER_CONFIG and PATH for credentials. */
export const createDockerDriver = (options: DriverOptions, env: Env = process.env): DockerDriver => {
  const client = createEngineClient(endpointOf(options.host, options.tls ?? null, env))
  const lookup = createLookup(client, options.owner)
  const store = createImageStore(client, createDockerCredentials(env))
  const pull = (image: string, platform: string, signal: AbortSignal): Promise<void> =>
    store.pull({ image, platform, say: () => {} }, signal)
  const containers = createContainers({ client, lookup, owner: options.owner, stateDir: options.stateDir, pull })
  const shared = createShared(client, options.owner)
  const stats = createStatsReader(client)
  const inTurn = createInTurn()
  const fresh = createFresh(() => performance.now())
  const closing = new AbortController()
  const until = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, closing.signal])
  return {
    kind: 'docker',
    client,
    images: createEngineImages(store),
    fingerprint: async (signal) => factsOf(await infoOf(client, signal), options),
    ensureNetwork: (network, signal) => {
      const name = `network ${network.name}`
      return inTurn(name, () => fresh.ask(name, () => shared.ensureNetwork(network, signal)))
    },
    removeNetwork: (name, signal) => {
      fresh.forget(`network ${name}`)
      return shared.removeNetwork(name, signal)
    },
    ensureVolume: (volume, signal) => inTurn(`volume ${volume.name}`, () => shared.ensureVolume(volume, signal)),
    removeVolume: shared.removeVolume,
    // Several replicas of one new image cause one pull; one that a caller gave up is not failed for the others.
    ensureImage: (image, policy, say, signal) => {
      const name = `image ${image}`
      const ensure = (): Promise<string> => ensureImage(store, { image, policy, platform: null, say }, signal)
      return inTurn(name, () => (policy === 'always' ? ensure() : fresh.ask(name, ensure)))
    },
    imageHealthcheck: async (image, signal) => imageHealthcheck(await store.inspect(image, signal)),
    ...lifecycle(containers),
    events: (signal) => eventsOf(client, options.owner, until(signal)),
    address: addressFinder(client, containers),
    exec: async (id, argv, io: ExecIo, signal) =>
      execIn(client, { container: await containers.get(id, signal), argv, io }, signal),
    drain: async () => {},
    logs: async function* (id, query, signal) {
      yield* logsOf(client, { container: await containers.get(id, signal), query }, until(signal))
    },
    stats: async (id, signal) => {
      const container = await containers.find(id, signal)
      return container === null ? null : stats.read(container, signal)
    },
    claim: (claim, signal) => claimEngine(client, { ...claim, owner: options.owner }, signal),
    unclaim: (signal) => releaseEngine(client, options.owner, signal),
    composeContainers: lookup.ofCompose,
    close: async () => closing.abort(),
  }
}

const lifecycle = (
  containers: Containers,
): Pick<Driver, 'create' | 'start' | 'stop' | 'remove' | 'list' | 'inspect'> => ({
  create: containers.create,
  start: containers.start,
  stop: containers.stop,
  remove: containers.remove,
  list: containers.list,
  inspect: async (id, signal) => {
    const container = await containers.find(id, signal)
    return container === null ? null : stateOf(container)
  },
})

const addressFinder = (client: EngineClient, containers: Containers): Driver['address'] => {
  let bridges: boolean | undefined
  return async (id, port, signal) => {
    const container = await containers.find(id, signal)
    if (container === null || !container.State.Running) return null
    bridges ??= reachesBridges(client, await infoOf(client, signal))
    const direct = bridges ? await addressOf(client, { container, port }, signal) : null
    return direct ?? publishedAddress(client, container, port)
  }
}
