// What runs stays where it is as far as the wanted count and the rules allow. Decided before anything new is placed, so
// that the room of replicas that go is free for those that come.
import { staticBlocker } from './blocker.ts'
import type { Member } from './member.ts'
import type { Site } from './site.ts'
import { surplusTarget } from './strategy.ts'
import type { World } from './world.ts'

export const giveUpSurplus = (world: World, members: readonly Member[]): void => {
  for (const member of members) {
    for (const site of world.sites)
      if (!mayStay(world, member, site)) world.giveUp(member, site.name, Number.MAX_SAFE_INTEGER)
    if (member.scope === 'shared') trim(world, member)
  }
}

/** Deploy never moves the replicas of a target that does not answer; a rebalance moves all others. */
const mayStay = (world: World, member: Member, site: Site): boolean => {
  const blocked = staticBlocker(member, site)
  if (!site.reachable && (blocked === null || blocked.kind === 'refused')) return true
  return blocked === null && !(world.input.rebalance && member.scope === 'shared')
}

const trim = (world: World, member: Member): void => {
  const counts = new Map(world.sites.map((site) => [site.name, world.running(member.name, site.name)]))
  const names = (reachable: boolean): readonly string[] =>
    world.sites.filter((site) => site.reachable === reachable).map((site) => site.name)
  let surplus = [...counts.values()].reduce((sum, count) => sum + count, 0) - member.wanted
  const lastOnes = (): number => names(true).reduce((sum, name) => sum + (counts.get(name) ?? 0), 0)
  for (; surplus > 0; surplus--) {
    // The last replica that serves is kept before one on a target that does not answer.
    const among = lastOnes() > 1 || names(false).every((name) => counts.get(name) === 0) ? names(true) : names(false)
    const target =
      surplusTarget(world.strategy(member), counts, among) ??
      surplusTarget(world.strategy(member), counts, names(false))
    if (target === undefined) return
    counts.set(target, (counts.get(target) ?? 0) - 1)
    world.giveUp(member, target, 1)
  }
}
