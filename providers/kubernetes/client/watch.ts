// One kind, from the present state on: list, then watch from there with bookmarks. A closed stream goes on where it was, an
// expired position (410) and a dead line begin again with a list. Every list is told whole, so that nothing stays by mistake.
import { setTimeout as sleep } from 'node:timers/promises'
import { isStormportError } from '../../../core/errors.ts'
import { isForbidden } from '../errors.ts'
import { asObject, type RawObject, textAt } from '../raw.ts'
import type { KubeApi } from './api.ts'

export type WatchNote =
  /** The whole present state: what was known and is not in it is gone. */
  | { readonly kind: 'list'; readonly items: readonly RawObject[] }
  | { readonly kind: 'put'; readonly object: RawObject }
  | { readonly kind: 'gone'; readonly object: RawObject }

export interface WatchPlace {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Bookmarks come about once a minute: after two a silent line is a dead one. Default: 130 s. */
  readonly silentMs?: number
}

const SILENT_MS = 130_000
const FIRST_BACK_OFF_MS = 250
const LONGEST_BACK_OFF_MS = 5_000
/** A target that has not answered for so long is told to the caller. */
export const GIVE_UP_MS = 60_000
const QUICK_MS = 1_000

export const watchKind = async function* (
  api: KubeApi,
  place: WatchPlace,
  signal: AbortSignal,
): AsyncIterable<WatchNote> {
  let position: string | null = null
  let failingSinceMs: number | null = null
  let backOffMs = FIRST_BACK_OFF_MS
  while (!signal.aborted) {
    try {
      if (position === null) {
        const list = await api.list(place.path, place.query, signal)
        position = list.resourceVersion
        yield { kind: 'list', items: list.items }
      }
      const cursor: Cursor = { version: position }
      const openedMs = performance.now()
      for await (const note of follow(api, { place, cursor }, signal)) {
        failingSinceMs = null
        backOffMs = FIRST_BACK_OFF_MS
        yield note
      }
      position = cursor.version
      // A server that closes at once must not be asked in a storm.
      if (performance.now() - openedMs < QUICK_MS) await sleep(FIRST_BACK_OFF_MS, undefined, { signal })
    } catch (error) {
      if (signal.aborted) return
      if (isForbidden(error) || !isStormportError(error)) throw error
      failingSinceMs ??= performance.now()
      if (performance.now() - failingSinceMs > GIVE_UP_MS) throw error
      position = null
      await sleep(backOffMs, undefined, { signal }).catch(() => undefined)
      backOffMs = Math.min(LONGEST_BACK_OFF_MS, backOffMs * 2)
    }
  }
}

interface Cursor {
  /** null: expired, list again. */
  version: string | null
}

const follow = async function* (
  api: KubeApi,
  { place, cursor }: { readonly place: WatchPlace; readonly cursor: Cursor },
  signal: AbortSignal,
): AsyncIterable<WatchNote> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), place.silentMs ?? SILENT_MS)
  const seconds = 300 + Math.floor(Math.random() * 300)
  const query = {
    ...place.query,
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: cursor.version ?? '0',
    timeoutSeconds: String(seconds),
  }
  try {
    const until = AbortSignal.any([signal, silence.signal])
    const lines = await api.lines({ method: 'GET', path: place.path, query }, until)
    for await (const line of lines) {
      timer.refresh()
      const note = noteOf(line, cursor)
      if (note === 'again') return
      if (note !== null) yield note
    }
  } catch (error) {
    if (isExpired(error)) cursor.version = null
    else if (!silence.signal.aborted || signal.aborted) throw error
  } finally {
    clearTimeout(timer)
  }
}

/** null: nothing to tell. 'again': this stream is over. */
const noteOf = (line: string, cursor: Cursor): WatchNote | 'again' | null => {
  if (line === '') return null
  const event = eventIn(line)
  // Cut in the middle: what it told is told again from the last position.
  if (event === null) return 'again'
  const object = asObject(event['object'])
  if (event['type'] === 'ERROR') {
    cursor.version = null
    return 'again'
  }
  cursor.version = textAt(object, 'metadata.resourceVersion') ?? cursor.version
  if (event['type'] === 'BOOKMARK') return null
  return event['type'] === 'DELETED' ? { kind: 'gone', object } : { kind: 'put', object }
}

const eventIn = (line: string): RawObject | null => {
  try {
    return asObject(JSON.parse(line))
  } catch {
    return null
  }
}

const isExpired = (error: unknown): boolean =>
  isStormportError(error) && /\b410\b|too old resource version|[Ee]xpired/.test(error.message)
