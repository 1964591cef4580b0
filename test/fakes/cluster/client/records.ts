// Releases, heads, history, key and leases of the fake cluster: objects that are written by compare-and-set only.
import { randomBytes } from 'node:crypto'
import { isStormportError, StormportError } from '../../../../core/errors.ts'
import type { Target } from '../../../../core/model/fleet.ts'
import type { Head, HistoryEntry, Release } from '../../../../core/model/release.ts'
import { appFromJson, appToJson } from '../../../../core/model/release-json.ts'
import type { AppEntry, Lease, LeaseHolder, Records } from '../../../../core/ports.ts'
import type { StoredObject } from '../server/store.ts'
import { type Api, apiOf } from './http.ts'
import { namespaceOf } from './render.ts'

const ANSWER_MS = 5_000
const HISTORY = 1_000

interface Stored<T> {
  readonly value: T
  readonly version: number
}

/** Named values in one namespace, each with the version that it was read at. */
const cabinet = (api: Api, folder: string) => ({
  read: async <T>(name: string): Promise<Stored<T> | null> => {
    const object = await api.get<StoredObject>(`${folder}/${name}`, AbortSignal.timeout(ANSWER_MS))
    return object === null ? null : { value: object.spec['value'] as T, version: object.resourceVersion }
  },
  write: (name: string, value: unknown, expected: number | null): Promise<StoredObject> =>
    api.send(
      { method: 'PUT', path: `${folder}/${name}`, body: { expected, spec: { value }, labels: {} } },
      AbortSignal.timeout(ANSWER_MS),
    ),
  remove: (name: string): Promise<unknown> =>
    api.send({ method: 'DELETE', path: `${folder}/${name}` }, AbortSignal.timeout(ANSWER_MS)),
})

type Cabinet = ReturnType<typeof cabinet>

const isConflict = (error: unknown): boolean => isStormportError(error) && error.code === 'Conflict'

export const recordsOf = (target: Target, app: string): Records => {
  const api = apiOf(target)
  const folder = `/ns/${namespaceOf(target, app)}/Record`
  const box = cabinet(api, folder)
  return {
    head: async () => (await box.read<{ head: Head }>('head'))?.value.head ?? null,
    read: async (number) => {
      const found = await box.read<Release>(`release-${number}`)
      return found === null ? null : { ...found.value, app: appFromJson(found.value.app) }
    },
    write: async (release) =>
      void (await box.write(`release-${release.number}`, { ...release, app: appToJson(release.app) }, null)),
    setHead: (next, expected) => setHead(box, { next, expected, target: target.name, app }),
    remove: async () => {
      const list = await api.get<{ items: readonly StoredObject[] }>(folder, AbortSignal.timeout(ANSWER_MS))
      await Promise.all((list?.items ?? []).map((o) => box.remove(o.name)))
    },
    history: async () => (await box.read<readonly HistoryEntry[]>('history'))?.value ?? [],
    appendHistory: (entry) => append(box, entry),
    secretKey: (create) => keyOf(box, create),
  }
}

interface HeadWrite {
  readonly next: Head
  readonly expected: number
  readonly target: string
  readonly app: string
}

const setHead = async (box: Cabinet, { next, expected, target, app }: HeadWrite): Promise<void> => {
  const now = await box.read<{ head: Head }>('head')
  if ((now?.value.head.version ?? 0) !== expected)
    throw new StormportError('Conflict', `the head of ${app} on ${target} has moved on`, {
      target,
      hint: 'look at the new state and try again',
    })
  await box.write('head', { head: next, target, app }, now?.version ?? 0)
}

const append = async (box: Cabinet, entry: HistoryEntry): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const now = await box.read<readonly HistoryEntry[]>('history')
    try {
      await box.write('history', [...(now?.value ?? []), entry].slice(-HISTORY), now?.version ?? 0)
      return
    } catch (error) {
      if (!isConflict(error) || attempt === 10) throw error
    }
  }
}

const keyOf = async (box: Cabinet, create: boolean): Promise<string | null> => {
  const found = await box.read<string>('key')
  if (found !== null || !create) return found?.value ?? null
  try {
    const key = randomBytes(32).toString('hex')
    await box.write('key', key, 0)
    return key
  } catch (error) {
    if (isConflict(error)) return keyOf(box, false)
    throw error
  }
}

export const appsOf = async (target: Target, signal: AbortSignal): Promise<readonly AppEntry[]> => {
  const list = await apiOf(target).get<{ items: readonly StoredObject[] }>('/all/Record', signal)
  return (list?.items ?? [])
    .filter((o) => o.name === 'head')
    .map((o) => o.spec['value'] as { head: Head; target: string; app: string })
    .map(({ head, target: name, app }) => ({ app, target: name, origin: head.origin, release: head.current }))
}

interface Held {
  readonly holder: LeaseHolder
  readonly token: string
  readonly expiresAt: number
}

export const takeLease = async (
  target: Target,
  name: string,
  ask: { readonly holder: LeaseHolder; readonly ttlMs: number },
): Promise<Lease> => {
  const box = cabinet(apiOf(target), '/ns/stormport-leases/Lease')
  const key = encodeURIComponent(`${target.name}.${name}`)
  const token = randomBytes(8).toString('hex')
  const mine = (): Held => ({ holder: ask.holder, token, expiresAt: Date.now() + ask.ttlMs })
  const now = await box.read<Held | null>(key)
  if (now !== null && now.value !== null && now.value.expiresAt > Date.now()) throw locked(name, now.value.holder)
  await box.write(key, mine(), now?.version ?? 0)
  const held = async (): Promise<Stored<Held | null>> => {
    const seen = await box.read<Held | null>(key)
    if (seen === null || seen.value?.token !== token)
      throw seen?.value
        ? locked(name, seen.value.holder)
        : new StormportError('Conflict', `the lease ${name} is no longer held`)
    return seen
  }
  return {
    renew: async () => void (await box.write(key, mine(), (await held()).version)),
    release: async () => {
      const seen = await held().catch(() => null)
      if (seen !== null) await box.write(key, null, seen.version)
    },
  }
}

const locked = (name: string, holder: LeaseHolder): StormportError =>
  new StormportError(
    'Conflict',
    `${name} is locked by ${holder.user} on ${holder.host} (pid ${holder.pid}, ${holder.command})`,
    { retry: 'later', cause: holder },
  )
