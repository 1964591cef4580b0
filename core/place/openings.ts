// Which targets are open to a unit: nothing in the files, failover, the adapter, its volumes or its peers stands against it.
import { type Blocker, peerBlocker, staticBlocker, volumeBlocker } from './blocker.ts'
import type { Member } from './member.ts'
import type { Site } from './site.ts'
import type { Unit } from './units.ts'
import type { World } from './world.ts'

/** The first thing that keeps the unit off the target; null: it may run there. */
export const unitBlocker = (world: World, unit: Unit, site: Site): Blocker | null => {
  for (const member of unit.members) {
    const blocker = staticBlocker(member, site) ?? volumeElsewhere(world, member, site)
    if (blocker !== null) return blocker
  }
  return missingPeer(world, unit, site)
}

const missingPeer = (world: World, unit: Unit, site: Site): Blocker | null => {
  for (const [peer, by] of unit.needs) {
    if (world.ledger.count(peer, site.name) > 0) continue
    return peerBlocker(site, { service: by, peer, runsOn: world.ledger.targetsOf(peer) })
  }
  return null
}

const volumeElsewhere = (world: World, member: Member, site: Site): Blocker | null => {
  for (const volume of member.volumes) {
    const home = homeOfVolume(world, volume)
    if (home !== undefined && home !== site.name) return volumeBlocker(site, volume, home)
  }
  return null
}

/** Where the volume has been placed in this run, else where its data is, else where its service runs. */
export const homeOfVolume = (world: World, volume: string): string | undefined => {
  const placed = world.ledger.volumeHome.get(volume)
  if (placed !== undefined) return placed
  const users = world.volumeUsers.get(volume) ?? []
  const runs = (site: Site): boolean => users.some((member) => (site.place.current[member.name] ?? 0) > 0)
  const holders = world.sites.filter((site) => site.place.volumes.includes(volume))
  return (holders.find(runs) ?? holders[0] ?? world.sites.find(runs))?.name
}
