// What each target would be given, from assumed facts: no network, no daemon, unless asked to resolve.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { NativeObject } from '../model/native-object.ts'
import { mapSecrets } from '../model/secret-walk.ts'
import { placeApp } from '../place/index.ts'
import type { PlaceResult } from '../place/types.ts'
import type { EngineDeps, Project, RenderedObject, RenderOptions } from './api.ts'
import { codeHashesOf } from './deploy.ts'
import { describeImages, resolveImages } from './images.ts'
import { type Observed, unreachableState } from './observe.ts'
import { targetSpec, type Wanted } from './wanted.ts'

export const renderProject = async (
  project: Project,
  options: RenderOptions,
  run: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<{ readonly objects: readonly RenderedObject[]; readonly diagnostics: readonly Diagnostic[] }> => {
  const { deps, signal } = run
  const chosen = project.fleet.targets.filter((t) => options.targets === null || options.targets.includes(t.name))
  const [answer, codeHashes] = await Promise.all([
    resolveImages(
      {
        app: project.app,
        fleet: project.fleet,
        built: {},
        previous: {},
        resolve: options.resolve,
        requireDigests: false,
      },
      deps,
      signal,
    ),
    codeHashesOf(project, deps),
  ])
  const wanted: Wanted = {
    app: project.app,
    fleet: project.fleet,
    images: answer.images,
    codeHashes,
    imageFacts: await describeImages(
      { app: project.app, images: answer.images, fleet: project.fleet, resolve: options.resolve, known: {} },
      deps,
      signal,
    ),
    scaled: {},
    restarts: {},
    onFailure: null,
  }
  const assumed = await assumedTargets(project, deps)
  const placement = placeAssumed(project, assumed)
  const rendered = assumed
    .filter((o) => chosen.includes(o.target))
    .map((o) => ({ o, ...renderOne(o, wanted, placement) }))
  return {
    objects: rendered.flatMap(({ o, objects }) =>
      options.rbac === true ? roles(o, project, objects) : objects.map((object) => shown(o, object, options.mask)),
    ),
    diagnostics: [
      ...project.diagnostics,
      ...answer.diagnostics,
      ...placement.diagnostics,
      ...rendered.flatMap((r) => r.diagnostics),
    ],
  }
}

/** Verdicts of every target on the whole app, as `check` shows them. */
export const verdictsOf = async (project: Project, deps: EngineDeps): Promise<readonly Diagnostic[]> => {
  const wanted: Wanted = {
    app: project.app,
    fleet: project.fleet,
    images: {},
    codeHashes: {},
    scaled: {},
    restarts: {},
    onFailure: null,
  }
  const assumed = await assumedTargets(project, deps)
  const placement = placeAssumed(project, assumed)
  return [...placement.diagnostics, ...assumed.flatMap((o) => renderOne(o, wanted, placement).diagnostics)]
}

const assumedTargets = (project: Project, deps: EngineDeps): Promise<readonly Observed[]> =>
  Promise.all(
    project.fleet.targets.map(async (target): Promise<Observed> => {
      const provider = await deps.provider(target.provider)
      const state = { ...unreachableState(provider, target, 'not asked', deps.clock.now()), reachable: true }
      return { target, provider, state, capacity: { kind: 'unknown', because: 'not asked' }, error: null }
    }),
  )

const placeAssumed = (project: Project, assumed: readonly Observed[]): PlaceResult =>
  placeApp({
    app: project.app,
    fleet: project.fleet,
    targets: assumed.map((o) => ({
      name: o.target.name,
      reachable: true,
      capacity: o.capacity,
      current: {},
      volumes: [],
      refuses: o.provider.refusals(o.target, o.state.facts, project.app),
    })),
    assignment: null,
    scaled: {},
    rebalance: false,
    seed: 1,
  })

const renderOne = (
  o: Observed,
  wanted: Wanted,
  placement: PlaceResult,
): { readonly objects: readonly NativeObject[]; readonly diagnostics: readonly Diagnostic[] } => {
  const spec = targetSpec({
    wanted,
    target: o.target,
    facts: o.state.facts,
    placement,
    secretKey: null,
    release: 1,
  })
  if (spec.services.length === 0) return { objects: [], diagnostics: [] }
  return { objects: o.provider.render(o.target, spec), diagnostics: o.provider.verdicts(o.target, spec) }
}

const roles = (o: Observed, { app }: Project, objects: readonly NativeObject[]): readonly RenderedObject[] =>
  (o.provider.roles?.(o.target, app.name, objects) ?? []).map((role) => ({
    target: o.target.name,
    provider: o.target.provider,
    kind: role.kind,
    name: role.metadata.name,
    object: role,
  }))

const shown = (o: Observed, object: NativeObject, mask: boolean): RenderedObject => ({
  target: o.target.name,
  provider: o.target.provider,
  kind: object.kind,
  name: object.name,
  object: mapSecretsToText(object.body, mask),
})

/** `render` prints what the user's own files say, as `helm template` does; --mask hides it. */
const mapSecretsToText = (body: unknown, mask: boolean): unknown =>
  mapSecrets(body, (secret) => (mask ? '***' : (secret.reveal() ?? '***')))
