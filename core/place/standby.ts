// Where a declared failover keeps a service ready without running it in full, so that a move never needs the lost target.
import { staticBlocker } from './blocker.ts'
import type { Member } from './member.ts'
import type { World } from './world.ts'

type Standby = Readonly<Record<string, Readonly<Record<string, number>>>>

export const standbyOf = (world: World): Standby => {
  const kind = world.input.fleet.failover?.standby ?? 'none'
  if (kind === 'none') return {}
  return Object.fromEntries(
    world.members.flatMap((member) => {
      const replicas = kind === 'hot' ? member.wanted : kind === 'warm' ? Math.min(1, member.wanted) : 0
      const targets = mayMove(member) ? openTargets(world, member) : []
      return targets.length === 0
        ? []
        : [[member.name, Object.fromEntries(targets.map((target) => [target, replicas]))] as const]
    }),
  )
}

/** Volumes do not move by declaration, and what runs on every target has nowhere to move. */
const mayMove = ({ service, scope, volumes, oneShot }: Member): boolean =>
  service.extension.failover !== 'never' && scope !== 'every' && volumes.length === 0 && !oneShot

const openTargets = (world: World, member: Member): readonly string[] =>
  world.sites
    .filter(
      (site) =>
        site.reachable && staticBlocker(member, site) === null && world.ledger.count(member.name, site.name) === 0,
    )
    .map((site) => site.name)
