// The order of a plan. On each target: what must be gone first, then creations and updates by stage, then what shrinks,
// then what goes, in reverse stage order. Between targets a step waits for what it needs there (`needs`).
import { StormportError } from '../errors.ts'
import type { Action, Wave } from '../model/plan.ts'
import type { Move } from './moves.ts'
import { portsHandedOver } from './ports.ts'

export const wavesOf = (actions: readonly Action[], moves: readonly Move[]): readonly Wave[] => {
  const targets = [...new Set(actions.map((a) => a.target))].sort()
  return targets.flatMap((target) =>
    targetWaves(
      target,
      actions.filter((a) => a.target === target),
      moves,
    ),
  )
}

const targetWaves = (target: string, actions: readonly Action[], moves: readonly Move[]): readonly Wave[] => {
  const removals = actions.filter((a) => a.kind === 'remove')
  const first = vacating(target, removals, actions, moves)
  const shrinks = actions.filter((a) => a.kind !== 'remove' && (a.needs ?? []).some((n) => n.state === 'ready'))
  const makes = actions.filter((a) => a.kind !== 'remove' && !shrinks.includes(a))
  return [
    ...layers(
      target,
      removals.filter((a) => first.has(a)).map((a) => [a, downwards(a)]),
    ),
    ...layers(target, ranked(makes)),
    ...layers(
      target,
      shrinks.map((a) => [a, [a.scope === 'target' ? 0 : 1, a.stage, 0]]),
    ),
    ...layers(
      target,
      removals.filter((a) => !first.has(a)).map((a) => [a, downwards(a)]),
    ),
  ]
}

/** Removals that make room: for a service that must never run twice, and for a published port that changes hands. */
const vacating = (
  target: string,
  removals: readonly Action[],
  actions: readonly Action[],
  moves: readonly Move[],
): ReadonlySet<Action> => {
  const leaving = new Set(
    moves.filter((m) => m.exclusive && m.from.some((f) => f.target === target)).map((m) => m.service),
  )
  return new Set(removals.filter((a) => (a.service !== null && leaving.has(a.service)) || portsHandedOver(a, actions)))
}

/** Scope, stage and depth inside the stage; compared from the left. */
type Rank = readonly [scope: number, stage: number, depth: number]

const downwards = (a: Action): Rank => [a.scope === 'target' ? 1 : 0, -a.stage, 0]

/** Cuts into waves by rank. What waits for another target gets a wave of its own, so that its stage does not wait with it. */
const layers = (target: string, ranks: readonly (readonly [Action, Rank])[]): readonly Wave[] => {
  const groups = new Map<string, { readonly rank: readonly number[]; readonly actions: Action[] }>()
  for (const [action, rank] of ranks) {
    const full = [...rank, (action.needs ?? []).length > 0 ? 1 : 0]
    const group = groups.get(full.join()) ?? { rank: full, actions: [] }
    group.actions.push(action)
    groups.set(full.join(), group)
  }
  return [...groups.values()]
    .sort((a, b) => compare(a.rank, b.rank))
    .map(({ actions }) => ({
      target,
      stage: actions[0]?.stage ?? 0,
      actions: actions.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)),
    }))
}

const compare = (a: readonly number[], b: readonly number[]): number => {
  const at = a.findIndex((x, i) => x !== b[i])
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

/** By stage, and behind everything that `after` names. Names without an action are there already. A cycle is our bug. */
const ranked = (makes: readonly Action[]): readonly (readonly [Action, Rank])[] => {
  const byId = new Map(makes.map((a) => [a.id, a]))
  const ranks = new Map<string, Rank>()
  const open = new Set<string>()
  const rankOf = (a: Action): Rank => {
    const known = ranks.get(a.id)
    if (known !== undefined) return known
    if (open.has(a.id))
      throw new StormportError('Internal', `the objects of ${a.target} wait for each other: ${[...open].join(', ')}`, {
        target: a.target,
      })
    open.add(a.id)
    let rank: Rank = [a.scope === 'target' ? 0 : 1, a.stage, 0]
    for (const id of a.object?.after ?? []) {
      const before = byId.get(id)
      if (before === undefined) continue
      const [scope, stage, depth] = rankOf(before)
      const behind: Rank = [scope, stage, depth + 1]
      if (compare(behind, rank) > 0) rank = behind
    }
    open.delete(a.id)
    ranks.set(a.id, rank)
    return rank
  }
  return makes.map((a) => [a, rankOf(a)])
}
