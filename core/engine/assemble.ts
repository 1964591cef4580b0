// From what is wanted and what is seen to the plan: place, render, diff. Pure once the targets have been observed, so that
// plan, deploy, scale, rollback and destroy all decide the same way.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { NativeObject, TargetSpec } from '../model/native-object.ts'
import type { Assignment } from '../model/placement.ts'
import type { Exposed, IfLost, Plan } from '../model/plan.ts'
import type { Head } from '../model/release.ts'
import { ifLost, placeApp } from '../place/index.ts'
import type { PlaceInput, PlaceResult, PlaceTarget } from '../place/types.ts'
import { exposedBy, makePlan, replicaPrices } from '../plan/index.ts'
import type { PlanTarget } from '../plan/types.ts'
import { fleetFindings } from './findings.ts'
import { headFindings } from './heads.ts'
import { withGrowth } from './infra/growth.ts'
import type { Observed } from './observe.ts'
import { specHash, targetSpec, type Wanted } from './wanted.ts'

export interface AssembleInput {
  readonly wanted: Wanted
  readonly observed: readonly Observed[]
  /** --target; null: all. Limits what is touched, never what is computed. */
  readonly touched: readonly string[] | null
  readonly rebalance: boolean
  readonly assignment: Assignment | null
  readonly allowOverride: boolean
  /** null: the command started from the target's own release. */
  readonly origin: string | null
  readonly removing: 'surplus' | 'all' | 'allWithVolumes'
  /** Last known counts of targets that do not answer: service → target → count. */
  readonly lastKnown: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** A placement that is decided already (a target taken back to its release); null: place decides. */
  readonly fixed: PlaceResult | null
  /** Target → object ids of the previous healthy release, whose configs and secrets stay for a rollback. */
  readonly kept: Readonly<Record<string, readonly string[]>>
  /** True: say what would become of the app if a target were lost. */
  readonly preview: boolean
  /** Findings about the whole fleet that the caller has. */
  readonly findings: readonly Diagnostic[]
}

export interface Assembly {
  readonly plan: Plan
  readonly placement: PlaceResult
  readonly specs: ReadonlyMap<string, TargetSpec>
  readonly rendered: ReadonlyMap<string, readonly NativeObject[]>
  /** Number that a new release gets. */
  readonly nextNumber: number
  /** Of what is wanted, by the key of this target: the same wish has another hash on each. */
  readonly specHash: (target: string) => string
}

export const assemble = (input: AssembleInput): Assembly => {
  const heads = input.observed.map((o) => o.state.head)
  const nextNumber = Math.max(0, ...heads.flatMap((h) => h?.releases.map((r) => r.number) ?? [])) + 1
  const placing = placeInput(input)
  const placement = input.fixed ?? placeApp(placing)
  const specs = new Map(input.observed.map((o) => [o.target.name, specOf(o, input, placement, nextNumber)]))
  const rendered = new Map(input.observed.map((o) => [o.target.name, renderFor(o, specs.get(o.target.name))]))
  const plan = makePlan({
    app: input.wanted.app.name,
    targets: input.observed.map((o) => ({
      target: o.target,
      ...scopes(o, rendered.get(o.target.name) ?? []),
      maxInFlight: o.provider.capabilities.maxInFlight,
      keep: input.kept[o.target.name] ?? [],
      untouched: !o.state.reachable || (input.touched !== null && !input.touched.includes(o.target.name)),
    })),
    placements: placement.placements,
    unplaceable: placement.unplaceable,
    owed: placement.owed,
    exposed: exposures(input.observed, specs),
    ifLost: input.preview ? lossPreview(input.observed, placing, placement) : [],
    diagnostics: diagnosticsOf(input, specs, placement, heads),
    baseRelease: nextNumber === 1 ? null : nextNumber - 1,
    previous: previousCounts(input),
    removing: input.removing,
    allowOverride: input.allowOverride,
    prices: replicaPrices(input.wanted.app, input.wanted.fleet.targets),
    definition: input.wanted.app,
  })
  return { plan, placement, specs, rendered, nextNumber, specHash: hasher(input, placement) }
}

const hasher = (input: AssembleInput, { counts }: PlaceResult): Assembly['specHash'] => {
  const known = new Map<string, string>()
  return (target) => {
    const secretKey = input.observed.find((o) => o.target.name === target)?.state.secretKey ?? null
    const hash = known.get(target) ?? specHash(input.wanted, counts, { target, secretKey })
    known.set(target, hash)
    return hash
  }
}

const placeInput = (input: AssembleInput): PlaceInput => ({
  app: input.wanted.app,
  fleet: input.wanted.fleet,
  targets: input.observed.map((o) => placeTarget(o, input)),
  assignment: input.assignment,
  scaled: input.wanted.scaled,
  rebalance: input.rebalance,
  seed: 1,
})

/** Both scopes of a target for the one differ: what stands under the app, and the app. */
const scopes = (
  { provider, state, infra }: Observed,
  rendered: readonly NativeObject[],
): Pick<PlanTarget, 'state' | 'rendered' | 'replaces'> =>
  infra === undefined
    ? { state, rendered, replaces: (live, want) => provider.replaces(live, want) }
    : {
        state: {
          ...state,
          complete: state.complete && infra.state.complete,
          objects: [...infra.state.objects, ...state.objects],
        },
        rendered: [...infra.rendered, ...rendered],
        replaces: (live, want) => (want.scope === 'target' ? infra.infrastructure : provider).replaces(live, want),
      }

const placeTarget = (o: Observed, input: AssembleInput): PlaceTarget => {
  const data = o.state.objects.filter((object) => object.guard === 'data')
  const names = new Set(data.filter((object) => object.volume === undefined).map((object) => object.name))
  const keys = new Set(data.flatMap((object) => object.volume ?? []))
  return {
    name: o.target.name,
    reachable: o.state.reachable,
    capacity: withGrowth(o),
    current: currentCounts(o, input),
    volumes: input.wanted.app.volumes
      .filter((v) => !v.external && (names.has(v.name) || keys.has(v.key)))
      .map((v) => v.key),
    refuses: o.provider.refusals(o.target, o.state.facts, input.wanted.app),
  }
}

const currentCounts = (o: Observed, input: AssembleInput): Readonly<Record<string, number>> =>
  o.state.reachable
    ? Object.fromEntries(o.state.services.filter((s) => s.desired > 0).map((s) => [s.service, s.desired]))
    : Object.fromEntries(
        Object.entries(input.lastKnown).flatMap(([service, byTarget]) =>
          (byTarget[o.target.name] ?? 0) > 0 ? [[service, byTarget[o.target.name] ?? 0]] : [],
        ),
      )

const previousCounts = (input: AssembleInput): Record<string, Record<string, number>> => {
  const counts: Record<string, Record<string, number>> = {}
  for (const o of input.observed)
    for (const [service, count] of Object.entries(currentCounts(o, input)))
      counts[service] = { ...counts[service], [o.target.name]: count }
  return counts
}

const specOf = (o: Observed, input: AssembleInput, placement: PlaceResult, release: number): TargetSpec =>
  targetSpec({
    wanted: input.wanted,
    target: o.target,
    facts: o.state.facts,
    placement,
    secretKey: o.state.secretKey,
    release,
  })

const renderFor = (o: Observed, spec: TargetSpec | undefined): readonly NativeObject[] =>
  spec === undefined || spec.services.length === 0 ? [] : o.provider.render(o.target, spec)

const exposures = (observed: readonly Observed[], specs: ReadonlyMap<string, TargetSpec>): readonly Exposed[] =>
  observed.flatMap((o) => {
    const spec = specs.get(o.target.name)
    return spec === undefined ? [] : exposedBy(spec, o.state)
  })

const lossPreview = (observed: readonly Observed[], placing: PlaceInput, placement: PlaceResult): readonly IfLost[] =>
  observed.length < 2 ? [] : ifLost(placing, placement)

/** A pool that cannot be had stands in the way of its own target alone. */
const infraFindings = ({ target, infra }: Observed, touched: AssembleInput['touched']): readonly Diagnostic[] =>
  touched === null || touched.includes(target.name) ? (infra?.diagnostics ?? []) : []

const diagnosticsOf = (
  input: AssembleInput,
  specs: ReadonlyMap<string, TargetSpec>,
  placement: PlaceResult,
  heads: readonly (Head | null)[],
): readonly Diagnostic[] => {
  const verdicts = input.observed.flatMap((o) => {
    const spec = specs.get(o.target.name)
    return spec === undefined || spec.services.length === 0 ? [] : o.provider.verdicts(o.target, spec)
  })
  return [
    ...input.findings,
    ...placement.diagnostics,
    ...fleetFindings(input.observed, specs),
    ...verdicts,
    ...input.observed.flatMap((o) => [...o.state.diagnostics, ...infraFindings(o, input.touched)]),
    ...headFindings({
      app: input.wanted.app.name,
      origin: input.origin,
      heads,
      names: input.observed.map((o) => o.target.name),
      allowOverride: input.allowOverride,
    }),
  ]
}
