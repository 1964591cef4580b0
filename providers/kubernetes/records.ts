// Releases, head, history and key of one app in its namespace, as Secrets read by name (DESIGN section 5): Secrets are
// never listed, so every name can be told from the head.
import { randomBytes } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Head, HistoryEntry, Release } from '../../core/model/release.ts'
import { reviveSecrets } from '../../core/model/release-json.ts'
import type { Records } from '../../core/ports.ts'
import { patchAppMap, removeAppMap } from './app-map.ts'
import type { Cluster } from './cluster.ts'
import { isConflict, lostRace } from './errors.ts'
import { textAt } from './raw.ts'
import { putSecret, readDocument, readSecret, removeSecret, writeDocument } from './record-store.ts'

const HEAD = 'stormport-head'
const HISTORY = 'stormport-history'
const KEY = 'stormport-key'
const HISTORY_ENTRIES = 1_000
const CHUNK_BYTES = 900_000
/** Records are small: a server that does not answer these in time does not answer. */
const RECORD_MS = 30_000

const soon = (): AbortSignal => AbortSignal.timeout(RECORD_MS)

export const readHead = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<Head | null> => {
  const found = await readDocument(cluster, { app, name: HEAD }, signal)
  // setHead alone writes it.
  return found === null ? null : (JSON.parse(found.text) as Head)
}

export const readSecretKey = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<string | null> =>
  (await readDocument(cluster, { app, name: KEY }, signal))?.text ?? null

export const createRecords = (cluster: Cluster, app: string): Records => ({
  head: () => readHead(cluster, app, soon()),
  read: (number) => readRelease(cluster, { app, number }, soon()),
  write: (release) => writeRelease(cluster, { app, release }, soon()),
  setHead: (next, expectedVersion) => setHead(cluster, { app, next, expectedVersion }, soon()),
  remove: () => removeRecords(cluster, app, soon()),
  history: () => readHistory(cluster, app, soon()),
  appendHistory: (entry) => appendHistory(cluster, { app, entry }, soon()),
  secretKey: (create) => (create ? makeKey(cluster, app, soon()) : readSecretKey(cluster, app, soon())),
})

const setHead = async (
  cluster: Cluster,
  { app, next, expectedVersion }: { readonly app: string; readonly next: Head; readonly expectedVersion: number },
  signal: AbortSignal,
): Promise<void> => {
  const found = await readDocument(cluster, { app, name: HEAD }, signal)
  const before = found === null ? null : (JSON.parse(found.text) as Head)
  if ((before?.version ?? 0) !== expectedVersion) throw lostRace(`the head of ${app}`)
  const text = JSON.stringify(next)
  if (text === found?.text) return
  await writeDocument(cluster, { app, name: HEAD, text, version: found?.version ?? null }, signal)
  if (!isMapped(before, next)) {
    const release = next.current === null ? '' : String(next.current)
    await patchAppMap(cluster, { app, data: { name: app, origin: next.origin, release } }, signal)
  }
  const kept = new Set(next.releases.map((r) => r.number))
  const dropped = (before?.releases ?? []).filter((r) => !kept.has(r.number))
  await Promise.all(dropped.map((r) => removeRelease(cluster, { app, number: r.number }, signal)))
}

/** The map says it already: it was told before anything was changed, and a command that was cut off tells it again. */
const isMapped = (before: Head | null, next: Head): boolean =>
  next.state !== 'deploying' && before?.current === next.current && before.origin === next.origin

const chunkName = (number: number, part: number): string => `stormport-release-${number}-${part}`

interface Numbered {
  readonly app: string
  readonly number: number
}

const readRelease = async (
  cluster: Cluster,
  { app, number }: Numbered,
  signal: AbortSignal,
): Promise<Release | null> => {
  const first = await readSecret(cluster, { app, name: chunkName(number, 0) }, signal)
  if (first === null) return null
  const parts = partsOf(first)
  const rest = await Promise.all(
    Array.from({ length: parts - 1 }, (_, i) => readSecret(cluster, { app, name: chunkName(number, i + 1) }, signal)),
  )
  const bytes = [first, ...rest].map((s) => Buffer.from(textAt(s, 'data.document') ?? '', 'base64'))
  // writeRelease alone writes it.
  return reviveSecrets(JSON.parse(gunzipSync(Buffer.concat(bytes)).toString('utf8'))) as Release
}

const partsOf = (first: unknown): number =>
  Math.max(1, Number(Buffer.from(textAt(first, 'data.parts') ?? '', 'base64').toString('utf8')))

/** The first part goes last: a release is there as a whole or not at all. */
const writeRelease = async (
  cluster: Cluster,
  { app, release }: { readonly app: string; readonly release: Release },
  signal: AbortSignal,
): Promise<void> => {
  const bytes = gzipSync(JSON.stringify(release))
  const parts = Math.ceil(bytes.length / CHUNK_BYTES)
  for (let part = parts - 1; part >= 0; part -= 1) {
    const document = bytes.subarray(part * CHUNK_BYTES, (part + 1) * CHUNK_BYTES).toString('base64')
    const data = { document, parts: Buffer.from(String(parts)).toString('base64') }
    const at = { app, name: chunkName(release.number, part) }
    await putSecret(cluster, { at, data, version: null, immutable: true }, signal).catch(async (error: unknown) => {
      if (!isConflict(error)) throw error
      await replacePart(cluster, { at, data, release, app }, signal)
    })
  }
}

interface Part {
  readonly at: { readonly app: string; readonly name: string }
  readonly data: Readonly<Record<string, string>>
  readonly release: Release
  readonly app: string
}

/** The same release written again is fine; one that no head names is what a killed command left behind. */
const replacePart = async (cluster: Cluster, { at, data, release, app }: Part, signal: AbortSignal): Promise<void> => {
  const live = await readSecret(cluster, at, signal)
  if (textAt(live, 'data.document') === data['document']) return
  const head = await readHead(cluster, app, signal)
  const named = head?.releases.find((r) => r.number === release.number)
  if (named !== undefined && named.id !== release.id) throw lostRace(`release ${release.number} of ${app}`)
  await removeSecret(cluster, at, signal)
  await putSecret(cluster, { at, data, version: null, immutable: true }, signal)
}

const removeRelease = async (cluster: Cluster, { app, number }: Numbered, signal: AbortSignal): Promise<void> => {
  const first = await readSecret(cluster, { app, name: chunkName(number, 0) }, signal)
  const parts = first === null ? 1 : partsOf(first)
  // From the front: without its first part it is not there any more.
  for (let part = 0; part < parts; part += 1)
    await removeSecret(cluster, { app, name: chunkName(number, part) }, signal)
}

const removeRecords = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<void> => {
  const head = await readHead(cluster, app, signal)
  const numbers = (head?.releases ?? []).map((r) => r.number)
  // One more may have been written before its head was.
  const all = new Set([...numbers, Math.max(0, head?.current ?? 0, ...numbers) + 1])
  await Promise.all([...all].map((number) => removeRelease(cluster, { app, number }, signal)))
  await Promise.all([HISTORY, KEY].map((name) => removeSecret(cluster, { app, name }, signal)))
  await removeSecret(cluster, { app, name: HEAD }, signal)
  await removeAppMap(cluster, app, signal)
}

const readHistory = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<readonly HistoryEntry[]> => {
  const found = await readDocument(cluster, { app, name: HISTORY }, signal)
  return found === null ? [] : (JSON.parse(found.text) as readonly HistoryEntry[])
}

const RACES = 10

const appendHistory = async (
  cluster: Cluster,
  { app, entry }: { readonly app: string; readonly entry: HistoryEntry },
  signal: AbortSignal,
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    const found = await readDocument(cluster, { app, name: HISTORY }, signal)
    const before = found === null ? [] : (JSON.parse(found.text) as readonly HistoryEntry[])
    const text = JSON.stringify([...before, entry].slice(-HISTORY_ENTRIES))
    try {
      return await writeDocument(cluster, { app, name: HISTORY, text, version: found?.version ?? null }, signal)
    } catch (error) {
      if (!isConflict(error) || attempt >= RACES) throw error
    }
  }
}

/** Two at once must get one key: the first one that stands is it. */
const makeKey = async (cluster: Cluster, app: string, signal: AbortSignal): Promise<string> => {
  const known = await readSecretKey(cluster, app, signal)
  if (known !== null) return known
  const text = randomBytes(32).toString('hex')
  try {
    await writeDocument(cluster, { app, name: KEY, text, version: null }, signal)
    return text
  } catch (error) {
    const theirs = isConflict(error) ? await readSecretKey(cluster, app, signal) : null
    if (theirs !== null) return theirs
    throw error
  }
}
