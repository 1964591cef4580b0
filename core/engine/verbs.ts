// scale, restart and rollback: changes that start from the release in force, not from files.
import { StormportError } from '../errors.ts'
import type { App } from '../model/app.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Result } from '../model/event.ts'
import type { Consent } from '../model/plan.ts'
import type { Head, Release } from '../model/release.ts'
import { appFromJson, appToJson } from '../model/release-json.ts'
import { collectSecrets, mapSecrets } from '../model/secret-walk.ts'
import type { Common, RestartRequest, RollbackRequest, ScaleRequest, Subject } from './api.ts'
import { type Change, type Running, runChange } from './change.ts'
import { bumped, codeHashesOf } from './deploy.ts'
import { restorable, rollbackTo } from './heads.ts'
import type { Observed } from './observe.ts'
import { readRelease, recordedOn } from './records.ts'
import { type Recorded, restartsOf, scaledOf, type Wanted } from './wanted.ts'

export const scaleApp = (subject: Subject, request: ScaleRequest, run: Running): Promise<Result> => {
  const at = new Date(run.deps.clock.now()).toISOString()
  const set = Object.fromEntries(
    Object.entries(request.counts).map(([service, replicas]) => [service, { replicas, by: run.deps.by, at }]),
  )
  return runChange(
    {
      ...base(subject, request, { verb: 'scale', wait: request.wait }),
      want: async (observed) => {
        const release = await inForce(subject.app, observed)
        refuseUnknown(release.app, Object.keys(request.counts))
        return {
          wanted: {
            ...(await wantedFrom(subject, release, { observed, run, numberOn: (head) => head.current })),
            scaled: { ...scaledOf(heads(observed)), ...request.counts },
          },
          diagnostics: [],
        }
      },
      patchHead: (head) => ({ ...head, version: head.version + 1, scaled: { ...head.scaled, ...set } }),
    },
    run,
  )
}

export const restartServices = (subject: Subject, request: RestartRequest, run: Running): Promise<Result> => {
  const chosen = new Set<string>(request.services)
  return runChange(
    {
      ...base(subject, request, { verb: 'restart', wait: request.wait }),
      want: async (observed) => {
        const release = await inForce(subject.app, observed)
        refuseUnknown(release.app, request.services)
        if (request.services.length === 0) for (const s of release.app.services) chosen.add(s.name)
        const wanted = await wantedFrom(subject, release, { observed, run, numberOn: (head) => head.current })
        return { wanted: { ...wanted, restarts: bumped(wanted.restarts, [...chosen]) }, diagnostics: [] }
      },
      patchHead: (head) => ({ ...head, version: head.version + 1, restarts: bumped(head.restarts, [...chosen]) }),
    },
    run,
  )
}

export const rollbackApp = (subject: Subject, request: RollbackRequest, run: Running): Promise<Result> => {
  const plan: { from: number | null } = { from: null }
  return runChange(
    {
      ...base(subject, request, { verb: 'rollback', wait: true }),
      message: request.message,
      get from() {
        return plan.from
      },
      makesRelease: true,
      want: async (observed, newest) => {
        const release = await wantedRelease(subject.app, request.release, { observed, newest })
        plan.from = release.number
        const wanted = await wantedFrom(subject, release, { observed, run, numberOn: () => release.number })
        const recorded = await withKnownSecrets(wanted.recorded ?? {}, {
          app: subject.app,
          number: release.number,
          observed,
        })
        return { wanted: { ...wanted, recorded, scaled: {} }, diagnostics: rollbackNotes(release) }
      },
      patchHead: (head) => head,
    },
    run,
  )
}

const base = (
  subject: Subject,
  request: Common & { readonly allow?: readonly Consent[] },
  as: { readonly verb: Change['verb']; readonly wait: boolean },
): Omit<Change, 'want' | 'patchHead'> => ({
  verb: as.verb,
  app: subject.app,
  request: { ...request, allow: request.allow ?? [], rebalance: false, wait: as.wait, allowUnplaced: false },
  targets: subject.fleet.targets,
  infra: null,
  origin: null,
  source: { commit: null, ref: null, dirty: false },
  message: null,
  from: null,
  makesRelease: false,
  accept: () => undefined,
})

const heads = (observed: readonly Observed[]): readonly (Head | null)[] => observed.map((o) => o.state.head)

/** What runs now, not what was tried last: a release that was taken back stays away. */
const inForce = async (app: string, observed: readonly Observed[]): Promise<Release> => {
  const numbers = heads(observed).flatMap((head) => head?.current ?? [])
  const release = numbers.length === 0 ? null : await readRelease(observed, app, Math.max(...numbers))
  if (release === null)
    throw new StormportError('NotFound', `${app} is not deployed on any target that answers`, {
      diagnostic: 'SP3221',
      source: 'user',
      hint: 'stormport apps',
    })
  return release
}

const refuseUnknown = (app: App, services: readonly string[]): void => {
  const known = app.services.map((s) => s.name)
  const missing = services.filter((s) => !known.includes(s))
  if (missing.length > 0)
    throw new StormportError('BadInput', `there is no service ${missing.join(', ')} in ${app.name}`, {
      diagnostic: 'SP3220',
      source: 'user',
      hint: `known: ${known.join(', ')}`,
    })
}

/** Files on disk are what a host process runs, whatever the release was: their present hash is the truth. */
const wantedFrom = async (
  subject: Subject,
  release: Release,
  at: {
    readonly observed: readonly Observed[]
    readonly run: Running
    readonly numberOn: (head: Head) => number | null
  },
): Promise<Wanted> => {
  const app = appFromJson(appToJson(release.app))
  const recorded = await recordedOn(at.observed, subject.app, at.numberOn)
  const onDisk = await codeHashesOf({ app, fleet: subject.fleet }, at.run.deps)
  const known = Object.fromEntries(Object.entries(onDisk).filter(([, hash]) => hash !== null))
  return {
    app,
    recorded: Object.fromEntries(
      Object.entries(recorded).map(([target, own]) => [
        target,
        { ...own, codeHashes: { ...own.codeHashes, ...known } },
      ]),
    ),
    fleet: subject.fleet,
    images: release.images,
    codeHashes: { ...release.codeHashes, ...known },
    ...(release.imageFacts === undefined ? {} : { imageFacts: release.imageFacts }),
    scaled: scaledOf(heads(at.observed)),
    restarts: restartsOf(heads(at.observed)),
    onFailure: null,
  }
}

/** Where the old values are gone, a secret keeps the one that it has now. */
const withKnownSecrets = async (
  recorded: Readonly<Record<string, Recorded>>,
  of: { readonly app: string; readonly number: number; readonly observed: readonly Observed[] },
): Promise<Readonly<Record<string, Recorded>>> => {
  const forgotten = of.observed.filter((o) => o.state.head !== null && !restorable(o.state.head).includes(of.number))
  const current = await recordedOn(forgotten, of.app, (head) => head.current)
  return Object.fromEntries(
    Object.entries(recorded).map(([target, own]) => {
      const now = new Map(collectSecrets(current[target]?.app ?? null).map((secret) => [secret.name, secret]))
      return [target, { ...own, app: mapSecrets(own.app, (secret) => now.get(secret.name) ?? secret) }]
    }),
  )
}

const wantedRelease = async (
  app: string,
  number: number | null,
  at: { readonly observed: readonly Observed[]; readonly newest: Release | null },
): Promise<Release> => {
  const wanted = heads(at.observed).flatMap((head) => (head === null ? [] : (rollbackTo(head, number)?.number ?? [])))
  const found = wanted.length === 0 ? null : await readRelease(at.observed, app, Math.max(...wanted))
  if (found !== null) return found
  const what = number === null ? 'a healthy release before the current one' : `release ${number}`
  throw new StormportError('NotFound', `${app} has no ${what.replace(/^a /, '')} to go back to`, {
    diagnostic: 'SP3222',
    source: 'user',
    hint: `stormport releases -p ${app}`,
  })
}

const rollbackNotes = (release: Release): readonly Diagnostic[] => {
  const notes: string[] = []
  const volumes = release.app.volumes.filter((v) => !v.external).map((v) => v.name)
  if (volumes.length > 0) notes.push(`volumes ${volumes.join(', ')}`)
  if (Object.values(release.codeHashes).some((h) => h !== null)) notes.push('files of host processes')
  if (release.app.secrets.length > 0) notes.push('secrets that are gone')
  if (notes.length === 0) return []
  return [{ code: 'SP3122', severity: 'note', message: `a rollback does not bring back: ${notes.join('; ')}` }]
}
