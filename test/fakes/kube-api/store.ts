// Objects of the fake with resource versions, and what happened to them, for watches.
import { randomUUID } from 'node:crypto'
import { asObject, type RawObject, textAt } from '../../../providers/kubernetes/raw.ts'
import { type Manager, type Merged, managedFields } from './ownership.ts'

export interface Place {
  /** '', 'apps', … */
  readonly group: string
  readonly plural: string
  readonly namespace: string
  readonly name: string
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly place: Place
  readonly object: RawObject
}

export interface Store {
  get(place: Place): Merged | null
  /** With managedFields, as answers show it. */
  shown(place: Place): RawObject | null
  list(group: string, plural: string, namespace: string): readonly RawObject[]
  /** Keeps uid and creation; nothing changes when nothing differs. */
  put(place: Place, next: Merged): RawObject
  setStatus(place: Place, status: RawObject): void
  remove(place: Place): RawObject | null
  places(): readonly Place[]
  version(): string
  /** Changes after this version; null: they are forgotten. */
  since(version: string): readonly Change[] | null
  onChange(listen: (change: Change) => void): () => void
}

interface Kept {
  readonly place: Place
  readonly merged: Merged
  readonly shown: RawObject
}

const REMEMBERED = 2_000

export const createStore = (): Store => {
  const objects = new Map<string, Kept>()
  const listeners = new Set<(change: Change) => void>()
  const past: { readonly version: number; readonly change: Change }[] = []
  let counter = 1
  const keyOf = (p: Place): string => `${p.group}/${p.plural}/${p.namespace}/${p.name}`
  const tell = (change: Change): void => {
    past.push({ version: counter, change })
    past.splice(0, past.length - REMEMBERED)
    for (const listen of [...listeners]) listen(change)
  }
  const stamped = (before: RawObject | null, next: RawObject): RawObject => {
    counter += 1
    const [old, meta] = [asObject(before?.['metadata']), asObject(next['metadata'])]
    const moved = before !== null && JSON.stringify(before['spec']) !== JSON.stringify(next['spec'])
    const metadata = {
      ...meta,
      uid: old['uid'] ?? randomUUID(),
      creationTimestamp: old['creationTimestamp'] ?? new Date().toISOString(),
      generation: Number(old['generation'] ?? 1) + (moved ? 1 : 0),
      resourceVersion: String(counter),
    }
    return { ...next, metadata }
  }
  const save = (place: Place, merged: Merged, before: RawObject | null): RawObject => {
    const object = stamped(before, asObject(merged.object))
    const kept = { object, managers: merged.managers }
    const seen = withManagers(kept)
    objects.set(keyOf(place), { place, merged: kept, shown: seen })
    tell({ type: before === null ? 'ADDED' : 'MODIFIED', place, object: seen })
    return seen
  }
  return {
    get: (place) => objects.get(keyOf(place))?.merged ?? null,
    shown: (place) => objects.get(keyOf(place))?.shown ?? null,
    list: (group, plural, namespace) =>
      [...objects.values()]
        .filter(
          ({ place: p }) => p.group === group && p.plural === plural && (namespace === '' || p.namespace === namespace),
        )
        .map((k) => k.shown),
    put: (place, next) => {
      const before = objects.get(keyOf(place))?.merged ?? null
      if (before !== null && isSame(before, next)) return withManagers(before)
      return save(place, next, before === null ? null : asObject(before.object))
    },
    setStatus: (place, status) => {
      const before = objects.get(keyOf(place))?.merged
      if (before === undefined || JSON.stringify(before.object['status']) === JSON.stringify(status)) return
      save(place, { object: { ...before.object, status }, managers: before.managers }, asObject(before.object))
    },
    remove: (place) => {
      const found = objects.get(keyOf(place))
      if (found === undefined) return null
      objects.delete(keyOf(place))
      counter += 1
      const object = found.shown
      const gone = { ...object, metadata: { ...asObject(object['metadata']), resourceVersion: String(counter) } }
      tell({ type: 'DELETED', place, object: gone })
      return gone
    },
    places: () => [...objects.values()].map((k) => k.place),
    version: () => String(counter),
    since: (version) => {
      const from = Number(version)
      const oldest = past[0]?.version ?? counter
      if (past.length === REMEMBERED && from < oldest) return null
      return past.filter((p) => p.version > from).map((p) => p.change)
    },
    onChange: (listen) => {
      listeners.add(listen)
      return () => listeners.delete(listen)
    },
  }
}

const withManagers = ({ object, managers }: Merged): RawObject => ({
  ...object,
  metadata: { ...asObject(object['metadata']), managedFields: managedFields(managers) },
})

const VOLATILE = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields']

const isSame = (a: Merged, b: Merged): boolean =>
  plain(a.object) === plain(b.object) && owners(a.managers) === owners(b.managers)

const plain = (object: unknown): string => {
  const { metadata, ...rest } = asObject(object)
  const kept = Object.entries(asObject(metadata)).filter(([key]) => !VOLATILE.includes(key))
  return JSON.stringify([sorted(Object.fromEntries(kept)), sorted(rest)])
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([k, v]) => [k, sorted(v)] as const)
      .sort(([x], [y]) => (x < y ? -1 : 1)),
  )
}

const owners = (managers: readonly Manager[]): string =>
  managers
    .map((m) => `${m.manager}/${m.operation}:${[...m.paths].sort().join()}`)
    .sort()
    .join(';')

export const labelsOf = (object: RawObject): RawObject => asObject(asObject(object['metadata'])['labels'])

export const uidIn = (object: RawObject): string => textAt(object, 'metadata.uid') ?? ''
