// Brings one target to a plan: its waves in order, each when what it needs elsewhere is there, then the wait for health.
import { StormportError } from '../errors.ts'
import type { NativeObject } from '../model/native-object.ts'
import type { Plan, ServiceNeed, Wave } from '../model/plan.ts'
import type { EngineDeps } from './api.ts'
import { applyWaves } from './apply.ts'
import type { Observed } from './observe.ts'
import type { Say } from './say.ts'
import { judge, type Settled, settle } from './settle.ts'

export interface RolloutInput {
  readonly app: string
  readonly release: number
  readonly plan: Plan
  readonly observed: readonly Observed[]
  readonly rendered: ReadonlyMap<string, readonly NativeObject[]>
  readonly wait: boolean
  /** Going back: one-shot jobs take their old spec without running. */
  readonly rollback: boolean
  /** `--allow override`: fields of others may be taken. */
  readonly override?: boolean
  readonly deadlineMs: number
}

export type TargetRollout = { readonly kind: 'applied' } | Settled

export const rollOut = async (
  o: Observed,
  input: RolloutInput,
  deps: EngineDeps,
  context: { readonly say: Say; readonly signal: AbortSignal },
): Promise<TargetRollout> => {
  const waves = input.plan.waves.filter((w) => w.target === o.target.name && w.actions.every((a) => a.scope === 'app'))
  for (const wave of waves) {
    for (const need of needsOf(wave)) await awaitNeed(need, input, deps, context)
    const before = await awaitObjects({ o, wave, input }, deps, context)
    if (before.kind !== 'ready') return before
    await applyWaves(
      o,
      {
        app: input.app,
        release: input.release,
        rollback: input.rollback,
        override: input.override ?? false,
        waves: [wave],
      },
      deps,
      context,
    )
  }
  if (!input.wait) return { kind: 'applied' }
  const want = wantedOn(o, input.rendered.get(o.target.name) ?? [])
  const gone = new Set(waves.flatMap((w) => w.actions.filter((a) => a.kind === 'remove').map((a) => a.id)))
  // Nothing was changed and all is well: there is nothing to wait for, and so nothing to ask again.
  const seen = waves.length === 0 ? judge(stateView(o), { want, gone }) : null
  if (seen?.kind === 'ready') return seen
  return settle(o, { app: input.app, want, gone, deadlineMs: input.deadlineMs }, deps, context)
}

/** Object id → hash. Namespaces and volumes of others are used as they are. */
const wantedOn = (o: Observed, rendered: readonly NativeObject[]): ReadonlyMap<string, string> => {
  const used = new Set(o.state.objects.filter((object) => object.owner === 'foreign').map((object) => object.id))
  const own = rendered.filter((object) => object.guard === 'none' || !used.has(object.id))
  return new Map(own.map((object) => [object.id, object.hash]))
}

const stateView = (o: Observed) => ({ objects: new Map(o.state.objects.map((object) => [object.id, object])) })

/** `depends_on` with a condition, where the target's own controllers do not wait. Going back starts nothing that others wait for. */
const awaitObjects = async (
  { o, wave, input }: { readonly o: Observed; readonly wave: Wave; readonly input: RolloutInput },
  deps: EngineDeps,
  context: { readonly say: Say; readonly signal: AbortSignal },
): Promise<Settled> => {
  const ids = new Set(wave.actions.flatMap((a) => a.object?.awaits ?? []))
  const objects = (input.rendered.get(o.target.name) ?? []).filter(
    (object) => ids.has(object.id) && !isReady(o, object),
  )
  if (!input.wait || input.rollback || objects.length === 0) return { kind: 'ready' }
  const want = new Map(objects.map((object) => [object.id, object.hash]))
  return settle(o, { app: input.app, want, gone: new Set(), deadlineMs: input.deadlineMs }, deps, context)
}

/** As it was seen before this command changed anything; what is changed by it differs in its hash. */
const isReady = (o: Observed, object: NativeObject): boolean =>
  o.state.objects.some((seen) => seen.id === object.id && seen.hash === object.hash && seen.readiness.state === 'ready')

const needsOf = (wave: Wave): readonly ServiceNeed[] => {
  const needs = wave.actions.flatMap((a) => a.needs ?? [])
  return [...new Map(needs.map((n) => [`${n.target}/${n.service}/${n.state}`, n])).values()]
}

const awaitNeed = async (
  need: ServiceNeed,
  input: RolloutInput,
  deps: EngineDeps,
  context: { readonly say: Say; readonly signal: AbortSignal },
): Promise<void> => {
  const there = input.observed.find((o) => o.target.name === need.target)
  if (there === undefined || !there.state.reachable) throw needError(need, 'it cannot be reached')
  const objects = (input.rendered.get(need.target) ?? []).filter((object) => object.service === need.service)
  const want =
    need.state === 'ready' ? new Map(objects.map((object) => [object.id, object.hash])) : new Map<string, string>()
  const gone =
    need.state === 'gone'
      ? new Set(there.state.objects.filter((object) => object.service === need.service).map((object) => object.id))
      : new Set<string>()
  const settled = await settle(there, { app: input.app, want, gone, deadlineMs: input.deadlineMs }, deps, {
    ...context,
    say: () => undefined,
  })
  if (settled.kind !== 'ready') throw needError(need, settled.reason)
}

const needError = (need: ServiceNeed, why: string): StormportError =>
  new StormportError('Unhealthy', `${need.service} on ${need.target} must be ${need.state} first: ${why}`, {
    diagnostic: 'SP4012',
    source: 'target',
    target: need.target,
    service: need.service,
    hint: `stormport logs ${need.service} --target ${need.target}`,
  })
