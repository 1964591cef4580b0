// deploy and plan: what the project's files want, with built images, digests and code hashes filled in.
import { exitOf, StormportError } from '../errors.ts'
import type { App } from '../model/app.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Result } from '../model/event.ts'
import { runsAsProcess } from '../model/host-process.ts'
import type { Release } from '../model/release.ts'
import { appFromJson, appToJson } from '../model/release-json.ts'
import { assertFresh, planReport, savedPlan } from '../plan/index.ts'
import type { DeployRequest, EngineDeps, Planned, PlanRequest, Project } from './api.ts'
import { type Change, continues, look, type Running, runChange } from './change.ts'
import { movedIdentities } from './findings.ts'
import { describeImages, resolveImages, wantedReferences } from './images.ts'
import { lostFindings } from './lost.ts'
import type { Observed } from './observe.ts'
import { partialApp } from './partial.ts'
import { findingsOf } from './project-findings.ts'
import { recordedOn } from './records.ts'
import { result, sayDiagnostics } from './say.ts'
import { restartsOf, type Wanted } from './wanted.ts'

export const deployProject = async (project: Project, request: DeployRequest, run: Running): Promise<Result> => {
  const errors = findingsOf(project, request)
  if (errors.some((d) => d.severity === 'error')) {
    sayDiagnostics(run.say, errors)
    return result(exitOf('BadInput'), [])
  }
  return runChange(deployChange(project, request, run), run)
}

export const planProject = async (project: Project, request: PlanRequest, run: Running): Promise<Planned> => {
  const errors = findingsOf(project, request).filter((d) => d.severity === 'error')
  if (errors.length > 0)
    throw new StormportError('BadInput', `${errors.length} ${errors.length === 1 ? 'finding' : 'findings'}`, {
      diagnostic: errors[0]?.code ?? 'SP1000',
      source: 'user',
      findings: errors,
    })
  const change = deployChange(project, { ...planDefaults, ...request }, run)
  const situation = await look(change, run, true)
  const { assembly, newest } = situation
  const release = continues(change, situation) ? (newest?.number ?? 0) : assembly.nextNumber
  const at = new Date(run.deps.clock.now()).toISOString()
  return { plan: assembly.plan, release, report: planReport(assembly.plan), saved: savedPlan(assembly.plan, at) }
}

const planDefaults = {
  savedPlan: null,
  wait: true,
  onFailure: null,
  allowUnplaced: false,
  build: 'never',
  requireDigests: false,
  force: [],
  message: null,
  waitAddressMs: 0,
} as const

const deployChange = (project: Project, request: DeployRequest, run: Running): Change => {
  let prepared: Promise<Prepared> | null = null
  const images = askedEarly(project, request, run)
  return {
    verb: 'deploy',
    app: project.app.name,
    request,
    targets: project.fleet.targets,
    infra: project.fleet,
    origin: project.origin,
    source: project.source,
    message: request.message,
    from: null,
    want: async (observed, newest) => {
      prepared ??= prepare(project, request, { newest, run: { ...run, deps: { ...run.deps, images } } })
      const [kept, lost] = await Promise.all([
        keptServices(project, request, { observed, newest }),
        lostFindings(newest, project.fleet, run),
      ])
      return wantedOf(project, request, { observed, newest, lost, prepared: { ...(await prepared), ...kept } })
    },
    makesRelease: true,
    patchHead: (head) =>
      request.force.length === 0
        ? head
        : { ...head, version: head.version + 1, restarts: bumped(head.restarts, request.force) },
    accept: (assembly) => {
      if (request.savedPlan !== null) assertFresh(request.savedPlan, assembly.plan)
    },
  }
}

/** Digests are asked for while the targets are looked at: neither needs the other. */
const askedEarly = (project: Project, request: PlanRequest, run: Running): EngineDeps['images'] => {
  const { images } = run.deps
  const built = Object.fromEntries(project.app.services.filter((s) => s.build !== null).map((s) => [s.name, '']))
  const known = request.services === null && request.resolveImages
  const early = known ? wantedReferences(project.app, project.fleet, built) : []
  if (early.length === 0) return images
  const asked = images.resolve(early, run.signal)
  // Whoever waits for it hears of a failure; a change that ends before that does not.
  asked.catch(() => undefined)
  return {
    ...images,
    resolve: (references, signal) => (references.join() === early.join() ? asked : images.resolve(references, signal)),
  }
}

/** Services that are not asked for stay as each target has them, with the references that it knows. */
const keptServices = async (
  project: Project,
  { services }: DeployRequest,
  at: { readonly observed: readonly Observed[]; readonly newest: Release | null },
): Promise<Pick<Prepared, 'kept'>> => {
  if (services === null || services.length === 0 || at.newest === null) return {}
  const { number } = at.newest
  const kept = await recordedOn(at.observed, project.app.name, () => number)
  return {
    kept: Object.fromEntries(
      Object.entries(kept).map(([target, own]) => [target, partialApp(project.app, own.app, services)]),
    ),
  }
}

interface Prepared {
  readonly app: App
  /** Target → the app with what stays as it is there. */
  readonly kept?: Readonly<Record<string, App>>
  readonly images: Readonly<Record<string, string>>
  readonly codeHashes: Readonly<Record<string, string | null>>
  readonly imageFacts: NonNullable<Wanted['imageFacts']>
  readonly diagnostics: readonly Diagnostic[]
}

const prepare = async (
  project: Project,
  request: DeployRequest,
  at: { readonly newest: Release | null; readonly run: Running },
): Promise<Prepared> => {
  const { deps, signal } = at.run
  const previousApp = at.newest === null ? null : appFromJson(appToJson(at.newest.app))
  const app = partialApp(project.app, previousApp, request.services)
  const built = await buildImages({ ...project, app }, request, at.run)
  const [answer, codeHashes] = await Promise.all([
    resolveImages(
      {
        app,
        fleet: project.fleet,
        built,
        previous: at.newest?.images ?? {},
        resolve: request.resolveImages,
        requireDigests: request.requireDigests,
      },
      deps,
      signal,
    ),
    codeHashesOf({ app, fleet: project.fleet }, deps),
  ])
  const asked = { app, images: answer.images, fleet: project.fleet, resolve: request.resolveImages }
  const imageFacts = await describeImages({ ...asked, known: at.newest?.imageFacts ?? {} }, deps, signal)
  return { app, images: answer.images, codeHashes, imageFacts, diagnostics: answer.diagnostics }
}

interface Seen {
  readonly observed: readonly Observed[]
  readonly newest: Release | null
  readonly lost: readonly Diagnostic[]
}

const wantedOf = (
  project: Project,
  request: DeployRequest,
  at: Seen & { readonly prepared: Prepared },
): Awaited<ReturnType<Change['want']>> => {
  const { app, kept = {}, images, codeHashes, imageFacts, diagnostics } = at.prepared
  const heads = at.observed.map((o) => o.state.head)
  const restarts = bumped(restartsOf(heads), request.force)
  const wanted: Wanted = {
    app,
    recorded: Object.fromEntries(
      Object.entries(kept).map(([target, own]) => [target, { app: own, images, codeHashes, imageFacts }]),
    ),
    fleet: project.fleet,
    images,
    codeHashes,
    imageFacts,
    scaled: {},
    restarts,
    onFailure: request.onFailure,
  }
  return { wanted, diagnostics: [...project.diagnostics, ...diagnostics, ...changeFindings(at)] }
}

const changeFindings = (at: Seen): readonly Diagnostic[] => [
  ...scaledNotes(at.observed),
  ...at.lost,
  ...movedIdentities(at.newest, at.observed),
]

/** The file wins; the plan says whose count it takes back. */
const scaledNotes = (observed: readonly Observed[]): readonly Diagnostic[] =>
  observed.flatMap((o) =>
    Object.entries(o.state.head?.scaled ?? {}).map(
      ([service, s]): Diagnostic => ({
        code: 'SP3121',
        severity: 'note',
        message: `${service} was scaled to ${s.replicas} by ${s.by} at ${s.at}; the file's count is used again`,
        service,
        target: o.target.name,
      }),
    ),
  )

export const bumped = (
  restarts: Readonly<Record<string, number>>,
  services: readonly string[],
): Readonly<Record<string, number>> => {
  const next: Record<string, number> = { ...restarts }
  for (const service of services) next[service] = (next[service] ?? 0) + 1
  return next
}

export const codeHashesOf = async (
  of: Pick<Wanted, 'app' | 'fleet'>,
  deps: EngineDeps,
): Promise<Readonly<Record<string, string | null>>> => {
  const asProcess = of.app.services.filter(
    (s) => s.extension.process !== null && of.fleet.targets.some((t) => runsAsProcess(s, t, { driver: 'process' })),
  )
  const entries = await Promise.all(asProcess.map(async (s) => [s.name, await deps.codeHash(of.app, s.name)] as const))
  return Object.fromEntries(entries)
}

const buildImages = async (
  project: Project,
  request: DeployRequest,
  run: Running,
): Promise<Readonly<Record<string, string>>> => {
  const needed = project.app.services.filter(
    (s) => s.build !== null && project.fleet.targets.some((t) => !runsAsProcess(s, t, { driver: null })),
  )
  if (needed.length === 0) return {}
  const { builder } = run.deps
  if (builder === null)
    throw new StormportError(
      'Unsupported',
      `${needed.map((s) => s.name).join(', ')} must be built and there is no engine to build with`,
      { diagnostic: 'SP3210', source: 'user', hint: 'start a container engine, or name an image' },
    )
  const names = needed.map((s) => s.name)
  if (request.build === 'never') return builder.predict(project.app, names)
  const say = (service: string, line: string): void => run.say('action', 'SP-I3210', line, { service })
  return builder.build(project.app, names, { force: request.build === 'always' }, say, run.signal)
}
