// Releases and heads on the targets: written before the first change, moved by compare-and-set, kept ten deep.
import type { Target } from '../model/fleet.ts'
import type { Head, HistoryEntry, Release } from '../model/release.ts'
import { appFromJson, appToJson } from '../model/release-json.ts'
import type { EngineDeps } from './api.ts'
import { deployingHead, emptyHead } from './heads.ts'
import type { Observed } from './observe.ts'
import { keyedApp, type Recorded } from './wanted.ts'

export interface Held {
  readonly release: Release
  /** Under whose key the references in it are. */
  readonly target: string
}

export const newestHeld = async (observed: readonly Observed[], app: string): Promise<Held | null> => {
  const holding = observed
    .flatMap((o) => {
      const newest = o.state.head?.releases.at(-1)
      return newest === undefined ? [] : [{ o, number: newest.number }]
    })
    .sort((a, b) => b.number - a.number)[0]
  if (holding === undefined) return null
  const release = await holding.o.provider.records(holding.o.target, app).read(holding.number)
  return release === null ? null : { release, target: holding.o.target.name }
}

export const newestRelease = async (observed: readonly Observed[], app: string): Promise<Release | null> =>
  (await newestHeld(observed, app))?.release ?? null

/** Reads one release from the first target that has it. */
export const readRelease = async (
  observed: readonly Observed[],
  app: string,
  number: number,
): Promise<Release | null> => {
  for (const o of observed.filter((x) => x.state.head?.releases.some((r) => r.number === number))) {
    const found = await o.provider.records(o.target, app).read(number)
    if (found !== null) return found
  }
  return null
}

/** Target → what its own copy of a release says; `numberOn`: which release, null for none. */
export const recordedOn = async (
  observed: readonly Observed[],
  app: string,
  numberOn: (head: Head) => number | null,
): Promise<Readonly<Record<string, Recorded>>> => {
  const found = await Promise.all(
    observed.map(async (o) => {
      const number = o.state.head === null ? null : numberOn(o.state.head)
      if (number === null || !o.state.head?.releases.some((r) => r.number === number)) return []
      const own = await o.provider.records(o.target, app).read(number)
      return own === null ? [] : [[o.target.name, recordedIn(own)] as const]
    }),
  )
  return Object.fromEntries(found.flat())
}

const recordedIn = ({ app, images, codeHashes, imageFacts }: Release): Recorded => ({
  app: appFromJson(appToJson(app)),
  images,
  codeHashes,
  ...(imageFacts === undefined ? {} : { imageFacts }),
})

/** Writes the release under the target's own secret key and points the head at it; returns the new head. */
export const openRelease = async (o: Observed, release: Release, secretKey: string | null): Promise<Head> => {
  const records = o.provider.records(o.target, release.app.name)
  await records.write({ ...release, app: keyedApp(release.app, secretKey) })
  const before = (await records.head()) ?? emptyHead(release.origin)
  const next = deployingHead(before, { number: release.number, id: release.id }, release.origin)
  await records.setHead(next, before.version)
  return next
}

/** Applies a pure change to the present head. */
export const moveHead = async (o: Observed, app: string, change: (head: Head) => Head): Promise<Head | null> => {
  const records = o.provider.records(o.target, app)
  const before = await records.head()
  if (before === null) return null
  const next = change(before)
  await records.setHead(next, before.version)
  return next
}

export const history = async (targets: readonly Observed[], entry: HistoryEntry): Promise<void> => {
  await Promise.allSettled(targets.map((o) => o.provider.records(o.target, entry.app).appendHistory(entry)))
}

/** Target definitions as a Release keeps them: without credentials. */
export const fleetForRelease = (targets: readonly Target[], fleet: object): unknown => ({
  ...fleet,
  targets: targets.map((t) => ({ ...t, settings: withoutCredentials(t.settings), span: null })),
})

const withoutCredentials = (settings: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => !/token|password|secret|credential/i.test(key)))

export const entryOf = (deps: EngineDeps, fields: Omit<HistoryEntry, 'at' | 'by'>): HistoryEntry => ({
  at: new Date(deps.clock.now()).toISOString(),
  by: deps.by,
  ...fields,
})
