// Counts a service's replicas in at a site: what runs there stays, the rest is added as far as there is room.
import type { Member } from './member.ts'
import type { Site } from './site.ts'
import type { World } from './world.ts'

/** Returns how many of the wanted replicas the site has then. */
export const occupy = (
  world: World,
  member: Member,
  { site, wanted }: { readonly site: Site; readonly wanted: number },
): number => {
  const kept = Math.min(wanted, world.running(member.name, site.name))
  return kept + (wanted > kept ? site.add(member.cls, wanted - kept) : 0)
}
