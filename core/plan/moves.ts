// Replicas that leave one target and appear on another. They make before they break; what must never run twice breaks
// before it makes, and waits where it is when the old place cannot be seen.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Action, ServiceNeed } from '../model/plan.ts'
import { counted, joined } from './because.ts'
import { isTouched, mayRemove, type PlanContext, placedOn } from './context.ts'
import { holdsReplicas } from './differ.ts'

export interface Move {
  readonly service: string
  readonly from: readonly { readonly target: string; readonly count: number }[]
  readonly to: readonly { readonly target: string; readonly count: number }[]
  /** Never two at once: singleton, a volume of its own, or one fixed port of one machine. */
  readonly exclusive: boolean
}

export const movesOf = (context: PlanContext): readonly Move[] => {
  if (context.input.removing !== 'surplus') return []
  return [...context.counts.keys()].sort().flatMap((service) => moveOf(service, context))
}

const moveOf = (service: string, context: PlanContext): readonly Move[] => {
  const previous = context.input.previous[service] ?? {}
  const targets = [...new Set([...Object.keys(previous), ...(context.counts.get(service)?.keys() ?? [])])].sort()
  const change = targets.map((target) => ({
    target,
    count: placedOn(context, service, target) - (previous[target] ?? 0),
  }))
  const from = change.filter((c) => c.count < 0).map((c) => ({ ...c, count: -c.count }))
  const to = change.filter((c) => c.count > 0)
  if (from.length === 0 || to.length === 0) return []
  return [
    {
      service,
      from,
      to,
      exclusive: isExclusive(
        service,
        [...from, ...to].map((m) => m.target),
        context,
      ),
    },
  ]
}

const isExclusive = (name: string, targets: readonly string[], context: PlanContext): boolean => {
  const service = context.services.get(name)
  if (service === undefined || service.extension.place.each !== null) return false
  const external = new Set(context.input.definition?.volumes.filter((v) => v.external).map((v) => v.key))
  const here = context.input.targets.filter((t) => t.target.here && targets.includes(t.target.name))
  return (
    service.extension.singleton ||
    service.mounts.some((m) => m.kind === 'volume' && !external.has(m.volume)) ||
    (here.length > 1 && service.ports.some((p) => p.published !== null))
  )
}

export interface MovedActions {
  readonly actions: readonly Action[]
  readonly diagnostics: readonly Diagnostic[]
}

/** The same actions with moves told in words, with what each needs elsewhere, and without starts that are not safe yet. */
export const withMoves = (actions: readonly Action[], moves: readonly Move[], context: PlanContext): MovedActions => {
  const byService = new Map(moves.map((m) => [m.service, m]))
  const stuck = moves.flatMap((m) => stuckOf(m, context))
  const held = new Set(stuck.map((d) => d.service))
  return {
    actions: actions.flatMap((a) => {
      const move = a.service === null ? undefined : byService.get(a.service)
      if (move === undefined) return [a]
      return held.has(move.service) && gainOf(move, a.target) > 0 && carries(a) ? [] : [moved(a, move, context)]
    }),
    diagnostics: stuck,
  }
}

const gainOf = (move: Move, target: string): number => move.to.find((t) => t.target === target)?.count ?? 0
const lossOf = (move: Move, target: string): number => move.from.find((t) => t.target === target)?.count ?? 0

const carries = (a: Action): boolean => a.object !== null && holdsReplicas(a.object)

/** A sealed target (untouched, not owed) counts as gone: that is what its seal says. */
const stuckOf = (move: Move, context: PlanContext): readonly Diagnostic[] => {
  if (!move.exclusive) return []
  const blind = move.from.find(({ target }) => {
    const t = context.input.targets.find((x) => x.target.name === target)
    return t !== undefined && !mayRemove(t) && !(t.untouched && !context.input.owed.includes(target))
  })
  if (blind === undefined) return []
  return [
    {
      code: 'SP3107',
      severity: 'warning',
      message: `${move.service} cannot leave ${blind.target} before it is known to be gone there`,
      hint: `bring ${blind.target} back, then deploy again`,
      target: blind.target,
      service: move.service,
    },
  ]
}

const moved = (a: Action, move: Move, context: PlanContext): Action => {
  if (gainOf(move, a.target) > 0) return carries(a) ? arriving(a, move, context) : a
  if (lossOf(move, a.target) === 0 || !(a.kind === 'remove' || carries(a))) return a
  const to = move.to.map((t) => t.target)
  const because =
    a.kind === 'remove'
      ? `moved to ${to.join(', ')}`
      : joined([`${counted(lossOf(move, a.target), 'replica')} moved to ${to.join(', ')}`, ...without(a)])
  const needs = move.exclusive
    ? []
    : move.to
        .filter((t) => isLive(t.target, context))
        .map((t): ServiceNeed => ({ target: t.target, service: move.service, state: 'ready' }))
  return { ...a, because, ...(needs.length === 0 ? {} : { needs, awaits: needs.map((n) => n.target) }) }
}

const arriving = (a: Action, move: Move, context: PlanContext): Action => {
  const from = move.from.map((t) => t.target).join(', ')
  const because = joined([`${counted(gainOf(move, a.target), 'replica')} moved from ${from}`, ...without(a)])
  const needs = move.exclusive
    ? move.from
        .filter((t) => isLive(t.target, context))
        .map((t): ServiceNeed => ({ target: t.target, service: move.service, state: 'gone' }))
    : []
  return { ...a, kind: a.kind === 'replace' ? 'replace' : 'move', because, ...(needs.length === 0 ? {} : { needs }) }
}

/** The reasons beside the count, which the move itself explains. */
const without = (a: Action): readonly string[] => {
  if (a.kind === 'create' || a.kind === 'prepare' || a.kind === 'scale') return []
  return a.because.split(', ').filter((reason) => !reason.startsWith('replicas '))
}

const isLive = (target: string, context: PlanContext): boolean =>
  context.input.targets.some((t) => t.target.name === target && isTouched(t))
