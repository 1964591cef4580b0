// The order of targets in a rollout, made possible: a target that waits for a later one runs together with it and with
// what stands between them, for otherwise each would wait for the other's turn.
import type { Action } from '../model/plan.ts'

/** Groups of target names in the order that is asked for → groups that can run one after the other. */
export const turnsOf = (
  groups: readonly (readonly string[])[],
  actions: readonly Action[],
): readonly (readonly string[])[] => {
  const turns: string[][] = []
  let at = 0
  while (at < groups.length) {
    let last = at
    for (let i = at; i <= last; i += 1) last = Math.max(last, lastNeeded(groups[i] ?? [], groups, actions))
    turns.push(groups.slice(at, last + 1).flat())
    at = last + 1
  }
  return turns
}

const lastNeeded = (
  group: readonly string[],
  groups: readonly (readonly string[])[],
  actions: readonly Action[],
): number => {
  const needed = actions.filter((a) => group.includes(a.target)).flatMap((a) => (a.needs ?? []).map((n) => n.target))
  return Math.max(-1, ...needed.map((target) => groups.findIndex((g) => g.includes(target))))
}
