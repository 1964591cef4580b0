// What of a listed item is kept. Pods, their ReplicaSets, nodes and events come by the thousand and are mostly what nobody
// here reads; the rest goes page by page, before the next page is there. Of other kinds all is kept, the trees of who owns
// which field as the text that they are for most of the time.
import { asObject, field, listAt, type RawObject } from '../raw.ts'

export const pruned = (listKind: string | null, item: RawObject): RawObject => (PRUNE[listKind ?? ''] ?? packed)(item)

const PRUNE: Readonly<Record<string, (item: RawObject) => RawObject>> = {
  PodList: (pod) => ({
    ...pod,
    metadata: lessMetadata(pod),
    spec: podSpec(asObject(pod['spec'])),
    status: podStatus(asObject(pod['status'])),
  }),
  ReplicaSetList: (set) => ({ ...set, metadata: lessMetadata(set), spec: without(set['spec'], TEMPLATE) }),
  NodeList: (node) => ({ ...node, metadata: lessMetadata(node), status: without(node['status'], IMAGES) }),
  EventList: (event) => ({ ...event, metadata: lessMetadata(event) }),
}

/** A tree takes many times the memory of its text; managed-fields.ts reads both. */
const packed = (item: RawObject): RawObject => {
  const metadata = asObject(item['metadata'])
  if (metadata['managedFields'] === undefined) return item
  const managedFields = listAt(metadata, 'managedFields').map((entry) =>
    entry['fieldsV1'] === undefined ? entry : { ...entry, fieldsV1: JSON.stringify(entry['fieldsV1']) },
  )
  return { ...item, metadata: { ...metadata, managedFields } }
}

const TEMPLATE: ReadonlySet<string> = new Set(['template'])
/** Up to fifty long names on each node. */
const IMAGES: ReadonlySet<string> = new Set(['images'])
const MANAGED: ReadonlySet<string> = new Set(['managedFields'])

/** Controllers copy annotations of a Deployment to its ReplicaSets: the body that was applied is read of the former. */
const lessMetadata = (item: RawObject): RawObject => {
  const metadata = without(item['metadata'], MANAGED)
  const annotations = metadata['annotations']
  return annotations === undefined ? metadata : { ...metadata, annotations: without(annotations, COPIED) }
}

const COPIED: ReadonlySet<string> = new Set(['stormport.dev/applied'])

const without = (value: unknown, keys: ReadonlySet<string>): RawObject =>
  Object.fromEntries(Object.entries(asObject(value)).filter(([key]) => !keys.has(key)))

const only = (value: RawObject, keys: readonly string[]): RawObject =>
  Object.fromEntries(keys.flatMap((key) => (value[key] === undefined ? [] : [[key, value[key]] as const])))

const podSpec = (spec: RawObject): RawObject => ({
  ...only(spec, ['nodeName', 'overhead', 'restartPolicy', 'priority', 'resources', 'resourceClaims']),
  ...only({ containers: containers(spec, 'containers'), initContainers: containers(spec, 'initContainers') }, [
    'containers',
    'initContainers',
  ]),
  volumes: listAt(spec, 'volumes').filter((volume) => field(volume, 'persistentVolumeClaim') !== undefined),
})

const containers = (spec: RawObject, key: string): readonly RawObject[] | undefined =>
  spec[key] === undefined
    ? undefined
    : listAt(spec, key).map((c) => only(c, ['name', 'image', 'ports', 'resources', 'restartPolicy']))

const podStatus = (status: RawObject): RawObject => {
  const lists = ['containerStatuses', 'initContainerStatuses'].flatMap((key) =>
    status[key] === undefined ? [] : [[key, listAt(status, key).map((s) => without(s, MOUNTS))] as const],
  )
  return { ...status, ...Object.fromEntries(lists) }
}

const MOUNTS: ReadonlySet<string> = new Set(['volumeMounts', 'allocatedResources', 'resources', 'user'])
