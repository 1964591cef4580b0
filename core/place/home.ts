// The target on which a group of services that need each other fits as a whole: it is tried first, so that an app moves as
// a whole and nobody is left behind without its peers.
import { isAllowed, staticBlocker } from './blocker.ts'
import type { Member } from './member.ts'
import { occupy } from './occupy.ts'
import { homeOfVolume } from './openings.ts'
import type { Site } from './site.ts'
import type { Group } from './units.ts'
import type { World } from './world.ts'

export const groupHome = (world: World, group: Group): string | null => {
  if (world.sites.length < 2 || group.members.length < 2) return null
  const [volume] = group.members.flatMap((member) => member.volumes).flatMap((key) => homeOfVolume(world, key) ?? [])
  if (volume !== undefined) return volume
  let best: { readonly site: Site; readonly placed: number } | undefined
  for (const site of candidates(world, group)) {
    const { placed, whole } = tryWhole(world, group, site)
    if (whole) return site.name
    if (placed > (best?.placed ?? 0)) best = { site, placed }
  }
  return best?.site.name ?? null
}

/** Where most of the group runs already, then the order of the group's first service; targets that do not answer last. */
const candidates = (world: World, { members }: Group): readonly Site[] => {
  const [first] = members
  const order = first === undefined ? [] : world.strategy(first).order
  const presence = (site: Site): number =>
    world.input.rebalance ? 0 : members.reduce((sum, member) => sum + world.running(member.name, site.name), 0)
  return order
    .flatMap((name) => world.site(name) ?? [])
    .toSorted((a, b) => Number(b.reachable) - Number(a.reachable) || presence(b) - presence(a))
    .filter((site) => site.reachable || members.every((member) => isAllowed(member, site)))
}

const tryWhole = (
  world: World,
  { members }: Group,
  site: Site,
): { readonly placed: number; readonly whole: boolean } => {
  const mark = site.mark()
  let placed = 0
  let whole = true
  for (const member of members) {
    const wanted = wantedTogether(member)
    const count = staticBlocker(member, site) === null ? occupy(world, member, { site, wanted }) : 0
    placed += count
    whole &&= count >= wanted
  }
  site.rollback(mark)
  return { placed, whole }
}

const wantedTogether = (member: Member): number => member.wanted
