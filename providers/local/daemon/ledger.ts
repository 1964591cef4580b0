// The stored state in memory, written through: whoever reads sees what is stored, and hears of every change.
import { type AppEvent, eventsOf } from './event-log.ts'
import { type Alloc, type Work, type WorkKey, workId } from './model.ts'
import type { StoredObject } from './objects.ts'
import type { AppKey, Store } from './store.ts'

/** Written in one transaction. */
export interface Entries {
  readonly works?: readonly Work[]
  readonly dropWorks?: readonly WorkKey[]
  readonly allocs?: readonly Alloc[]
  readonly dropAllocs?: readonly string[]
  readonly objects?: readonly StoredObject[]
  readonly dropObjects?: readonly (AppKey & { readonly id: string })[]
}

export interface Ledger {
  readonly store: Store
  work(id: string): Work | undefined
  works(): readonly Work[]
  worksOf(key: AppKey): readonly Work[]
  alloc(id: string): Alloc | undefined
  allocs(): readonly Alloc[]
  allocsOf(id: string): readonly Alloc[]
  object(key: AppKey & { readonly id: string }): StoredObject | undefined
  objectsOf(key: AppKey): readonly StoredObject[]
  objects(): readonly StoredObject[]
  write(entries: Entries): void
  /** For what is not stored but shown: tells the listeners that an app looks different. */
  touch(key: AppKey): void
  onChange(listen: (key: AppKey) => void): () => void
}

const objectKey = (key: AppKey & { readonly id: string }): string => `${key.target}/${key.app}//${key.id}`

interface Memory {
  readonly works: Map<string, Work>
  readonly allocs: Map<string, Alloc>
  readonly objects: Map<string, StoredObject>
  /** Work id → ids of its allocations. */
  readonly byWork: Map<string, Set<string>>
}

/** `now` dates the events that are stored with what caused them. */
export const openLedger = (store: Store, now: () => number): Ledger => {
  const memory: Memory = {
    works: new Map(store.works().map((w) => [workId(w), w])),
    allocs: new Map(store.allocs().map((a) => [a.id, a])),
    objects: new Map(store.objects().map((o) => [objectKey(o), o])),
    byWork: new Map(),
  }
  const { works, allocs, objects, byWork } = memory
  for (const alloc of allocs.values()) setOf(byWork, workId(alloc)).add(alloc.id)
  const listeners = new Set<(key: AppKey) => void>()
  const touch = (key: AppKey): void => {
    for (const listen of [...listeners]) listen(key)
  }
  return {
    store,
    work: (id) => works.get(id),
    works: () => [...works.values()],
    worksOf: ({ target, app }) => [...works.values()].filter((w) => w.target === target && w.app === app),
    alloc: (id) => allocs.get(id),
    allocs: () => [...allocs.values()],
    allocsOf: (id) => [...(byWork.get(id) ?? [])].flatMap((a) => allocs.get(a) ?? []),
    object: (key) => objects.get(objectKey(key)),
    objectsOf: ({ target, app }) => [...objects.values()].filter((o) => o.target === target && o.app === app),
    objects: () => [...objects.values()],
    write: (entries) => {
      const before = { alloc: (id: string) => allocs.get(id), work: (key: Work) => works.get(workId(key)) }
      persistAll(store, entries, eventsOf(entries, before, now()))
      for (const key of remember(memory, entries)) touch(key)
    },
    touch,
    onChange: (listen) => {
      listeners.add(listen)
      return () => listeners.delete(listen)
    },
  }
}

/** Stored first, remembered then; the answer names the apps that look different. */
const remember = (memory: Memory, entries: Entries): readonly AppKey[] => {
  const touched = new Map<string, AppKey>()
  const mark = ({ target, app }: AppKey): void => void touched.set(`${target}/${app}`, { target, app })
  for (const work of entries.works ?? []) {
    memory.works.set(workId(work), work)
    mark(work)
  }
  for (const key of entries.dropWorks ?? []) {
    memory.works.delete(workId(key))
    mark(key)
  }
  for (const alloc of entries.allocs ?? []) {
    memory.allocs.set(alloc.id, alloc)
    setOf(memory.byWork, workId(alloc)).add(alloc.id)
    mark(alloc)
  }
  for (const id of entries.dropAllocs ?? []) {
    const gone = memory.allocs.get(id)
    if (gone === undefined) continue
    memory.allocs.delete(id)
    memory.byWork.get(workId(gone))?.delete(id)
    mark(gone)
  }
  for (const object of entries.objects ?? []) {
    memory.objects.set(objectKey(object), object)
    mark(object)
  }
  for (const key of entries.dropObjects ?? []) {
    memory.objects.delete(objectKey(key))
    mark(key)
  }
  return [...touched.values()]
}

const persistAll = (store: Store, entries: Entries, events: readonly AppEvent[]): void =>
  store.atomically(() => {
    persist(store, entries)
    for (const { event, ...key } of events) store.appendEvent(key, event)
  })

const persist = (store: Store, entries: Entries): void => {
  for (const w of entries.works ?? []) store.putWork(w)
  for (const key of entries.dropWorks ?? []) store.removeWork(key)
  for (const a of entries.allocs ?? []) store.putAlloc(a)
  for (const id of entries.dropAllocs ?? []) store.removeAlloc(id)
  for (const o of entries.objects ?? []) store.putObject(o)
  for (const key of entries.dropObjects ?? []) store.removeObject(key)
}

const setOf = (index: Map<string, Set<string>>, key: string): Set<string> => {
  const found = index.get(key) ?? new Set<string>()
  index.set(key, found)
  return found
}
