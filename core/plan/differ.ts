// One target: rendered against observed, object by object. What another owner made is never changed, what was not seen is
// never removed, and data is never removed by a deploy.
import { StormportError } from '../errors.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { NativeObject } from '../model/native-object.ts'
import type { Action, ActionKind, FieldChange } from '../model/plan.ts'
import type { ObservedObject } from '../model/replica.ts'
import { changedBecause, driftBecause, joined, placeInFile } from './because.ts'
import { isTouched, mayRemove, type PlanContext } from './context.ts'
import { diffFields, isSecret, masked, SECRET } from './fields.ts'
import { removalsOf } from './removals.ts'
import type { PlanTarget } from './types.ts'

export interface TargetDiff {
  readonly actions: readonly Action[]
  readonly unchanged: number
  readonly diagnostics: readonly Diagnostic[]
}

const NOTHING: TargetDiff = { actions: [], unchanged: 0, diagnostics: [] }

export const diffTarget = (t: PlanTarget, context: PlanContext): TargetDiff => {
  if (!isTouched(t)) return NOTHING
  const live = byId(t.state.objects, t)
  byId(t.rendered, t)
  const surplus = removalsOf(t, context)
  const steps = t.rendered.map((want) => step({ t, want, live: live.get(want.id), context }))
  return {
    actions: [...steps.flatMap((s) => (s.action === null ? [] : [s.action])), ...surplus.actions],
    unchanged: steps.filter((s) => s.action === null && !s.refused).length,
    diagnostics: [...steps.flatMap((s) => s.diagnostics), ...surplus.diagnostics, ...incomplete(t, context)],
  }
}

interface Pair {
  readonly t: PlanTarget
  readonly want: NativeObject
  readonly live: ObservedObject | undefined
  readonly context: PlanContext
}

interface Step {
  readonly action: Action | null
  readonly refused: boolean
  readonly diagnostics: readonly Diagnostic[]
}

const unchanged: Step = { action: null, refused: false, diagnostics: [] }

const step = (pair: Pair): Step => {
  const { want, live, context } = pair
  const only = context.input.only ?? null
  if (only !== null && want.service !== undefined && !only.includes(want.service)) return unchanged
  if (live === undefined)
    return { ...unchanged, action: action(pair, { kind: creation(pair), because: newBecause(pair), diff: [] }) }
  if (live.owner === 'foreign') return foreign(pair, live)
  const data = existingData(pair, live)
  const change = changeOf(pair, live)
  return { action: change === null ? null : action(pair, change), refused: false, diagnostics: data }
}

interface Change {
  readonly kind: ActionKind
  readonly because: string
  readonly diff: readonly FieldChange[]
}

const changeOf = ({ t, want, context }: Pair, seen: ObservedObject): Change | null => {
  const forced = want.service !== undefined && (context.input.force ?? []).includes(want.service) && holdsReplicas(want)
  const differs = seen.hash !== want.hash
  if (!differs && seen.drift.length === 0 && !forced) return null
  const fields = differs && seen.body !== undefined ? diffFields(seen.body, want.body) : []
  const diff = [...fields, ...driftFields(want, seen)]
  const reasons = [...(differs ? [changedBecause(fields)] : []), ...(seen.drift.length > 0 ? [driftBecause(seen)] : [])]
  const replace = differs || seen.drift.length > 0 ? t.replaces(seen, want) : undefined
  if (replace !== undefined) return { kind: 'replace', because: joined([replace.because, ...reasons]), diff }
  if (forced) return { kind: 'replace', because: joined(['replacement asked for', ...reasons]), diff }
  const scale = seen.drift.length === 0 && fields.length > 0 && fields.every((f) => REPLICAS.test(f.path))
  return { kind: scale ? 'scale' : 'update', because: joined(reasons), diff }
}

const REPLICAS = /(?:^|\.)replicas$/i

/** Objects that replicas belong to, told by their count: Deployment, Swarm service, our service. */
export const holdsReplicas = (want: NativeObject): boolean => countIn(want.body, 0)

const countIn = (value: unknown, depth: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !isSecret(value) &&
  Object.entries(value).some(
    ([key, v]) => (REPLICAS.test(key) && typeof v === 'number') || (depth < 3 && countIn(v, depth + 1)),
  )

const driftFields = (want: NativeObject, live: ObservedObject): readonly FieldChange[] =>
  live.drift.map((d) => {
    const secret = isSecret(d.want) || isSecret(d.live) || isSecret(at(want.body, d.path))
    return { path: d.path, from: secret ? SECRET : masked(d.live), to: secret ? SECRET : masked(d.want) }
  })

const at = (body: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((v, key) => (typeof v === 'object' && v !== null ? Reflect.get(v, key) : undefined), body)

const action = ({ t, want, live }: Pair, change: Change): Action => ({
  ...change,
  target: t.target.name,
  id: want.id,
  objectKind: want.kind,
  name: want.name,
  service: want.service ?? null,
  scope: want.scope,
  stage: want.stage,
  consent: 'none',
  object: want,
  live: live ?? null,
})

/** Where no replica of the app goes, objects are put ready for a move: standby (DESIGN section 5). */
const creation = ({ t, context }: Pair): ActionKind =>
  context.used.size > 0 && !context.used.has(t.target.name) ? 'prepare' : 'create'

const newBecause = ({ t, want, context }: Pair): string => {
  const word = want.kind.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  const service = want.service
  if (service === undefined) return `${word} is new`
  const here = context.live.get(`${t.target.name}/${service}`) ?? []
  if (here.includes(want.kind)) return `another ${word} of ${service} is wanted`
  if (here.length > 0) return `${word} is missing`
  if (context.live.has(service)) return `service is new on ${t.target.name}`
  const defined = context.services.get(service)
  if (defined === undefined) return 'service is new'
  return `${defined.kind} is new (${placeInFile(defined.span, context.input.definition?.workingDir ?? '')})`
}

/** Volumes, networks and namespaces of others are used as they are; anything else of others under our id is in the way. */
const foreign = (pair: Pair, live: ObservedObject): Step => {
  const { t, want, context } = pair
  // A namespace or volume of others is used as it is; a cluster or pool under a name of ours is theirs, and stays so.
  if (want.guard !== 'none' && want.scope === 'app') return { ...unchanged, diagnostics: existingData(pair, live) }
  if (context.input.allowOverride)
    return {
      ...unchanged,
      action: action(pair, {
        kind: 'update',
        because: 'taken over from another owner',
        diff: live.body === undefined ? [] : diffFields(live.body, want.body),
      }),
    }
  const finding: Diagnostic = {
    code: 'SP3101',
    severity: 'error',
    message: `${want.kind} ${want.name} on ${t.target.name} belongs to somebody else`,
    hint: 'rename it or remove that object; `--allow override` takes it over',
    target: t.target.name,
    ...(want.service === undefined ? {} : { service: want.service }),
  }
  return { action: null, refused: true, diagnostics: [finding] }
}

const existingData = ({ t, want }: Pair, live: ObservedObject): readonly Diagnostic[] => {
  const first = t.state.head === null || t.state.head.state === 'destroyed'
  if (want.guard !== 'data' || (!first && live.owner === 'ours')) return []
  return [
    {
      code: 'SP3104',
      severity: 'note',
      message: `${want.kind} ${want.name} on ${t.target.name}: existing data is used`,
      target: t.target.name,
    },
  ]
}

const incomplete = (t: PlanTarget, context: PlanContext): readonly Diagnostic[] =>
  mayRemove(t) || (context.input.removing === 'surplus' && t.state.objects.length === 0)
    ? []
    : [
        {
          code: 'SP3103',
          severity: 'warning',
          message: `nothing is removed on ${t.target.name}: ${t.state.because ?? 'it was not seen in full'}`,
          hint: `see why with \`stormport target check ${t.target.name}\``,
          target: t.target.name,
        },
      ]

/** Two objects under one id cannot come from a user: it is our bug. */
const byId = <T extends { readonly id: string }>(objects: readonly T[], t: PlanTarget): ReadonlyMap<string, T> => {
  const map = new Map(objects.map((o) => [o.id, o]))
  if (map.size !== objects.length)
    throw new StormportError('Internal', `two objects of ${t.target.name} have one id`, { target: t.target.name })
  return map
}
