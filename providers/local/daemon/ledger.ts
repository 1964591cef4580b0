// The stored state in memory, written through: whoever reads sees what is stored, and hears of every change.
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

export const openLedger = (store: Store): Ledger => {
  const works = new Map(store.works().map((w) => [workId(w), w]))
  const allocs = new Map(store.allocs().map((a) => [a.id, a]))
  const objects = new Map(store.objects().map((o) => [objectKey(o), o]))
  const byWork = new Map<string, Set<string>>()
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
      store.atomically(() => persist(store, entries))
      const touched = new Map<string, AppKey>()
      const mark = (key: AppKey): void => void touched.set(`${key.target}/${key.app}`, key)
      for (const w of entries.works ?? []) {
        works.set(workId(w), w)
        mark(w)
      }
      for (const key of entries.dropWorks ?? []) {
        works.delete(workId(key))
        mark(key)
      }
      for (const a of entries.allocs ?? []) {
        allocs.set(a.id, a)
        setOf(byWork, workId(a)).add(a.id)
        mark(a)
      }
      for (const id of entries.dropAllocs ?? []) {
        const gone = allocs.get(id)
        if (gone === undefined) continue
        allocs.delete(id)
        byWork.get(workId(gone))?.delete(id)
        mark(gone)
      }
      for (const o of entries.objects ?? []) {
        objects.set(objectKey(o), o)
        mark(o)
      }
      for (const key of entries.dropObjects ?? []) {
        objects.delete(objectKey(key))
        mark(key)
      }
      for (const key of touched.values()) touch(key)
    },
    touch,
    onChange: (listen) => {
      listeners.add(listen)
      return () => listeners.delete(listen)
    },
  }
}

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
