// Which yes each step needs (DESIGN section 9), and the guard against removing most of an application by mistake.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Action, Consent, Exposed, Plan } from '../model/plan.ts'
import type { PlanContext } from './context.ts'
import { livesOn } from './removals.ts'
import type { PlanTarget } from './types.ts'

/** Weakest first; a step carries the strongest that it needs. */
export const CONSENTS: readonly Consent[] = ['none', 'apply', 'expose', 'spend', 'destroy', 'override']

export const withConsent = (
  actions: readonly Action[],
  exposed: readonly Exposed[],
  context: PlanContext,
): readonly Action[] => {
  const targets = new Map(context.input.targets.map((t) => [t.target.name, t]))
  const opened = new Set(exposed.filter((e) => e.consent === 'expose').map((e) => `${e.target}/${e.service}`))
  return actions.map((a) => {
    const t = targets.get(a.target)
    return {
      ...a,
      consent: consentFor(a, { here: t?.target.here ?? false, opens: opened.has(`${a.target}/${a.service}`) }),
    }
  })
}

const consentFor = (a: Action, where: { readonly here: boolean; readonly opens: boolean }): Consent => {
  if (
    a.live?.owner === 'foreign' ||
    (a.live !== null && a.kind !== 'remove' && a.live.drift.some((d) => d.manager !== undefined))
  )
    return 'override'
  if (a.kind === 'remove' || a.kind === 'replace') {
    const lost = a.live?.guard === 'data' || (a.scope === 'target' && a.live?.guard === 'container')
    if (lost) return 'destroy'
  }
  if (where.here) return 'none'
  if (a.scope === 'target' && a.kind !== 'remove') return 'spend'
  return where.opens && a.kind !== 'remove' ? 'expose' : 'apply'
}

/** Doors with what they need: only on remote targets, and only when others than that machine can reach them. */
export const withDoorConsent = (exposed: readonly Exposed[], context: PlanContext): readonly Exposed[] => {
  const here = new Set(context.input.targets.filter((t) => t.target.here).map((t) => t.target.name))
  return exposed.map((e) => ({
    ...e,
    consent: !here.has(e.target) && e.reach !== 'machine' ? ('expose' as const) : ('none' as const),
  }))
}

const GUARDED_FROM = 10

export interface Guarded {
  readonly actions: readonly Action[]
  readonly diagnostics: readonly Diagnostic[]
}

/** What lives on elsewhere or under a new name is not lost, and does not count. */
export const guardMassRemoval = (actions: readonly Action[], context: PlanContext): Guarded => {
  if (context.input.removing !== 'surplus') return { actions, diagnostics: [] }
  const targets = new Map(context.input.targets.map((t) => [t.target.name, t]))
  const lost = actions.filter(
    (a) => a.kind === 'remove' && a.scope === 'app' && isLost(a, targets.get(a.target), context),
  )
  const total = context.input.targets.flatMap((t) =>
    t.state.objects.filter((o) => o.owner === 'ours' && o.scope === 'app'),
  ).length
  if (total < GUARDED_FROM || lost.length * 2 <= total) return { actions, diagnostics: [] }
  const marked = actions.map((a) => (lost.includes(a) ? { ...a, consent: 'override' as const } : a))
  return {
    actions: marked,
    diagnostics: context.input.allowOverride ? [] : [massRemoval(context.input.app, lost.length, total)],
  }
}

const isLost = (a: Action, t: PlanTarget | undefined, context: PlanContext): boolean =>
  t === undefined || !livesOn(a, t, context)

const massRemoval = (app: string, lost: number, total: number): Diagnostic => ({
  code: 'SP3102',
  severity: 'error',
  message: `${lost} of the ${total} objects of ${app} would be removed`,
  hint: 'check the files and the project name; `--allow override` goes ahead, `stormport destroy` removes an application on purpose',
})

export interface ConsentGroup {
  readonly consent: Consent
  readonly items: readonly string[]
}

/** What has to be asked, strongest last, each with the names that the question lists. 'none' is never asked. */
export const consentOf = (plan: Plan): readonly ConsentGroup[] =>
  CONSENTS.filter((c) => c !== 'none')
    .map((consent) => ({ consent, items: itemsOf(consent, plan) }))
    .filter((group) => group.items.length > 0)

const itemsOf = (consent: Consent, plan: Plan): readonly string[] => {
  const own = plan.actions.filter((a) => a.consent === consent)
  if (consent === 'apply') return tallies(own)
  const doors = consent === 'expose' ? plan.exposed.filter((e) => e.consent === 'expose').map(doorWords) : []
  const named = own.filter((a) => consent !== 'expose' || !opensDoor(a, plan))
  return [...named.map(stepWords), ...doors, ...(consent === 'spend' && own.length > 0 ? priceRise(plan) : [])]
}

/** Plain changes are counted by target: their names are in the plan above the question. */
const tallies = (actions: readonly Action[]): readonly string[] =>
  [...new Set(actions.map((a) => a.target))].map((target) => {
    const kinds = actions.filter((a) => a.target === target).map((a) => a.kind)
    return `${target}: ${[...new Set(kinds)].map((kind) => `${kinds.filter((k) => k === kind).length} ${kind}`).join(', ')}`
  })

const stepWords = (a: Action): string => `${a.target}: ${a.kind} ${a.objectKind} ${a.name} (${a.because})`

const priceRise = (plan: Plan): readonly string[] => {
  const { before, after } = plan.summary.priceUsdPerHour
  return after > before ? [`together +$${(after - before).toFixed(2)} an hour`] : []
}

const opensDoor = (a: Action, plan: Plan): boolean =>
  plan.exposed.some((e) => e.target === a.target && e.service === a.service)

export const doorWords = (e: Exposed): string =>
  `${e.target}: ${e.service} opens ${e.host}${e.port === null ? ' (a free port)' : `:${e.port}`} to the ${e.reach}`

/** What was agreed to covers a later plan where that asks for no class that was not asked for on the same target. */
export const covers = (agreed: Pick<Plan, 'actions'>, later: Pick<Plan, 'actions'>): boolean => {
  const asked = new Set(agreed.actions.map((a) => `${a.target}/${a.consent}`))
  return later.actions.every((a) => a.consent === 'none' || asked.has(`${a.target}/${a.consent}`))
}

export const consentClasses = (actions: readonly Action[], exposed: readonly Exposed[]): readonly Consent[] => {
  const all = new Set([...actions.map((a) => a.consent), ...exposed.map((e) => e.consent ?? 'none')])
  return CONSENTS.filter((c) => c !== 'none' && all.has(c))
}
