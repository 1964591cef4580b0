// Every object on a plane and on an engine, asked for without Stormport: what was there before is what must be there after.

import { createEngineClient } from '../../../../providers/local/drivers/docker/client.ts'
import { endpointOf } from '../../../../providers/local/drivers/docker/endpoint.ts'
import type { PlaneApi } from '../../../clusters/index.ts'

interface ResourceList {
  readonly groupVersion: string
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly verbs: readonly string[] }[]
}

interface Item {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly resourceVersion: string }
}

/** They come and go by themselves. */
const PASSING: ReadonlySet<string> = new Set(['Event', 'Lease', 'ComponentStatus', 'PodMetrics', 'NodeMetrics'])

/** 'Kind namespace/name' of every object of every kind that can be listed, with its version. */
export const objectsOn = async (api: PlaneApi): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>()
  const lists = await resourceLists(api)
  await Promise.all(
    lists.flatMap(({ path, list }) =>
      list.resources
        .filter((r) => r.verbs.includes('list') && !r.name.includes('/') && !PASSING.has(r.kind))
        .map(async (r) => {
          const { items } = await read<{ readonly items: readonly Item[] }>(api, `${path}/${r.name}`)
          for (const { metadata } of items)
            found.set(`${r.kind} ${metadata.namespace ?? ''}/${metadata.name}`, metadata.resourceVersion)
        }),
    ),
  )
  return found
}

/** A kept connection may have ended unseen while a command blocked this process. */
const read = <T>(api: PlaneApi, path: string): Promise<T> =>
  api.request<T>('GET', path).catch(() => api.request<T>('GET', path))

const resourceLists = async (
  api: PlaneApi,
): Promise<readonly { readonly path: string; readonly list: ResourceList }[]> => {
  const { groups } = await read<{
    readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[]
  }>(api, '/apis')
  const paths = ['/api/v1', ...groups.map((g) => `/apis/${g.preferredVersion.groupVersion}`)]
  return Promise.all(paths.map(async (path) => ({ path, list: await read<ResourceList>(api, path) })))
}

export const namesOn = async (api: PlaneApi): Promise<readonly string[]> => [...(await objectsOn(api)).keys()].sort()

/** Containers, networks and volumes by name. */
export const thingsOn = async (host: string): Promise<readonly string[]> => {
  const client = createEngineClient(endpointOf(host, null, {}))
  const ask = <T>(path: string): Promise<T> =>
    client.json<T>({ method: 'GET', path, operation: `list ${path}` }, AbortSignal.timeout(30_000))
  const containers = await ask<readonly { readonly Names: readonly string[] }[]>('/containers/json?all=true')
  const networks = await ask<readonly { readonly Name: string }[]>('/networks')
  const volumes = await ask<{ readonly Volumes: readonly { readonly Name: string }[] | null }>('/volumes')
  return [
    ...containers.map((c) => `container ${c.Names.join()}`),
    ...networks.map((n) => `network ${n.Name}`),
    ...(volumes.Volumes ?? []).map((v) => `volume ${v.Name}`),
  ].sort()
}
