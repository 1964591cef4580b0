// Every app of the cluster, by the one ConfigMap that each namespace of an app has.
import type { AppEntry } from '../../core/ports.ts'
import { labelOf } from './client/metadata.ts'
import type { Cluster } from './cluster.ts'
import { isForbidden } from './errors.ts'
import { APP_CONFIG_MAP, APP_LABEL } from './names.ts'
import { type RawObject, textAt } from './raw.ts'

export const readApps = async (cluster: Cluster, signal: AbortSignal): Promise<readonly AppEntry[]> =>
  (await appMaps(cluster, signal)).flatMap((map) => entryOf(map, cluster.target.name))

/** Who may not look at all namespaces sees that of the target. */
const appMaps = async (cluster: Cluster, signal: AbortSignal): Promise<readonly RawObject[]> => {
  const query = { labelSelector: APP_LABEL, fieldSelector: `metadata.name=${APP_CONFIG_MAP}` }
  try {
    return (await cluster.api.list('/api/v1/configmaps', query, signal)).items
  } catch (error) {
    const own = textAt(cluster.target.settings, 'namespace')
    if (!isForbidden(error) || own === null) throw error
    return (await cluster.api.list(`/api/v1/namespaces/${own}/configmaps`, query, signal)).items
  }
}

/** A map without a head is of an app that was never deployed, or is being destroyed. */
const entryOf = (map: RawObject, target: string): readonly AppEntry[] => {
  const app = textAt(map, 'data.name') ?? labelOf(map, APP_LABEL)
  const origin = textAt(map, 'data.origin')
  if (app === null || origin === null) return []
  const release = Number(textAt(map, 'data.release') || Number.NaN)
  return [{ app, target, origin, release: Number.isNaN(release) ? null : release }]
}
