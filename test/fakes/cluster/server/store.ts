// What the fake API server keeps: objects with uid and resourceVersion, and who listens to their changes. Modelled on
// Kubernetes storage; checked against a real run: none so far.
import { randomUUID } from 'node:crypto'

export interface StoredObject {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** As stored: applied fields, server defaults and what other managers wrote. */
  readonly spec: Readonly<Record<string, unknown>>
  /** Field path → manager that set it last. */
  readonly managers: Readonly<Record<string, string>>
  readonly status: Readonly<Record<string, unknown>>
}

export type Change = { readonly type: 'put' | 'delete'; readonly object: StoredObject }

export interface ObjectStore {
  readonly clusterUid: string
  get(kind: string, namespace: string, name: string): StoredObject | undefined
  list(kind: string, namespace: string | null): readonly StoredObject[]
  /** expected: resourceVersion, 0 = must not exist, null = whatever is there. Undefined: lost the race. */
  put(object: Draft, expected: number | null): StoredObject | undefined
  setStatus(object: StoredObject, status: Readonly<Record<string, unknown>>): void
  delete(kind: string, namespace: string, name: string): boolean
  subscribe(listen: (change: Change) => void): () => void
}

export type Draft = Omit<StoredObject, 'uid' | 'resourceVersion' | 'status'> & {
  readonly status?: StoredObject['status']
}

export const createObjectStore = (): ObjectStore => {
  const objects = new Map<string, StoredObject>()
  const listeners = new Set<(change: Change) => void>()
  const clock = { version: 0 }
  const keyOf = (kind: string, namespace: string, name: string): string => `${kind}/${namespace}/${name}`

  const save = (object: StoredObject): StoredObject => {
    objects.set(keyOf(object.kind, object.namespace, object.name), object)
    for (const listen of [...listeners]) listen({ type: 'put', object })
    return object
  }
  const next = (): number => {
    clock.version += 1
    return clock.version
  }

  return {
    clusterUid: randomUUID(),
    get: (kind, namespace, name) => objects.get(keyOf(kind, namespace, name)),
    list: (kind, namespace) =>
      [...objects.values()]
        .filter((o) => o.kind === kind && (namespace === null || o.namespace === namespace))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    put: (draft, expected) => {
      const old = objects.get(keyOf(draft.kind, draft.namespace, draft.name))
      if (expected !== null && (old?.resourceVersion ?? 0) !== expected) return undefined
      return save({ status: old?.status ?? {}, ...draft, uid: old?.uid ?? randomUUID(), resourceVersion: next() })
    },
    setStatus: (object, status) => {
      const old = objects.get(keyOf(object.kind, object.namespace, object.name))
      if (old !== undefined && JSON.stringify(old.status) !== JSON.stringify(status))
        save({ ...old, status, resourceVersion: next() })
    },
    delete: (kind, namespace, name) => {
      const old = objects.get(keyOf(kind, namespace, name))
      if (old === undefined) return false
      objects.delete(keyOf(kind, namespace, name))
      for (const listen of [...listeners]) listen({ type: 'delete', object: old })
      return true
    },
    subscribe: (listen) => {
      listeners.add(listen)
      return () => listeners.delete(listen)
    },
  }
}
