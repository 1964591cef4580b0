// What nobody can beat on an engine: the same containers by nothing but its own API, each created and started as early as
// the order of their dependencies allows, by a client that knows everything beforehand.
import { createEngineClient, type EngineClient } from '../providers/local/drivers/docker/client.ts'
import { endpointOf } from '../providers/local/drivers/docker/endpoint.ts'

export interface FloorApp {
  readonly image: string
  /** Started first; the others only once it runs. */
  readonly first: string
  readonly others: readonly string[]
}

/** What the others' creates wait for. An engine has locks of its own: more at once is not always sooner. */
export const ORDERS = ['nothing', 'created', 'started'] as const

export type Order = (typeof ORDERS)[number]

const NETWORK = 'floor_default'
const never = new AbortController().signal

/** Until the last container is started, in milliseconds. What was made is removed again, outside the time. */
export const floorMs = async (host: string, app: FloorApp, order: Order): Promise<number> => {
  const client = createEngineClient(endpointOf(host, null, {}))
  await client.version(never)
  try {
    const from = performance.now()
    const json = { Name: NETWORK }
    await client.json({ method: 'POST', path: '/networks/create', json, operation: 'create the network' }, never)
    const created = create(client, app, app.first)
    const started = created.then(() => start(client, app.first))
    const before = { nothing: Promise.resolve(), created, started }[order]
    const other = async (name: string): Promise<void> => {
      await before
      await Promise.all([create(client, app, name), started])
      await start(client, name)
    }
    await Promise.all([started, ...app.others.map(other)])
    return performance.now() - from
  } finally {
    await Promise.all([app.first, ...app.others].map((name) => remove(client, `/containers/${name}`)))
    await remove(client, `/networks/${NETWORK}`)
  }
}

const create = async (client: EngineClient, { image }: FloorApp, name: string): Promise<void> => {
  const json = { Image: image, Cmd: ['sleep', '3600'], HostConfig: { Init: true, NetworkMode: NETWORK } }
  const path = '/containers/create'
  await client.json({ method: 'POST', path, query: { name }, json, operation: `create ${name}` }, never)
}

const start = async (client: EngineClient, name: string): Promise<void> => {
  await client.json({ method: 'POST', path: `/containers/${name}/start`, operation: `start ${name}` }, never)
}

const remove = async (client: EngineClient, path: string): Promise<void> => {
  await client.json({ method: 'DELETE', path, query: { force: true }, operation: `remove ${path}` }, never)
}
