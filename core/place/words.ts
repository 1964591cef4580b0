// Why a service runs where it runs, in words: the `because` of each placement.
import type { Member } from './member.ts'
import type { Site } from './site.ts'
import type { World } from './world.ts'

export interface SharedAt {
  readonly site: Site
  readonly count: number
  /** Of them ran there before. */
  readonly stays: number
  /** What the other targets got. */
  readonly counts: ReadonlyMap<string, number>
}

export const sharedBecause = (world: World, member: Member, at: SharedAt): string => {
  const { site, count, stays } = at
  if (!site.reachable) return silentWords(stays > 0)
  if (stays === count) return 'runs there already'
  const why = world.sites.length === 1 ? 'the only target' : strategyWords(world, member, at)
  return stays === 0 ? why : `${stays} run there already; ${why}`
}

const silentWords = (known: boolean): string =>
  known
    ? 'last known placement; the target does not answer'
    : 'owed: no other target may run it and this one does not answer'

const strategyWords = (world: World, member: Member, { site, counts }: SharedAt): string => {
  const strategy = world.strategy(member)
  switch (strategy.kind) {
    case 'spread':
      return 'spread evenly over the allowed targets'
    case 'weighted':
      return `weight ${strategy.weight(site.name)}`
    case 'cheapest':
      return 'the cheapest target with room'
    case 'ordered':
      return orderedWords(strategy.order, { site, counts })
  }
}

const orderedWords = (order: readonly string[], { site, counts }: Pick<SharedAt, 'site' | 'counts'>): string => {
  const before = order.slice(0, order.indexOf(site.name)).filter((name) => (counts.get(name) ?? 0) > 0)
  return before.length === 0
    ? 'the first target in order with room'
    : `${before.join(', ')} has no more room; the next in order`
}

export const singleBecause = (world: World, member: Member, site: Site): string => {
  if (!site.reachable) return silentWords(world.running(member.name, site.name) > 0)
  const [volume] = member.volumes
  const existing = volume !== undefined && site.place.volumes.includes(volume)
  if (existing) return `its volume ${volume} is there`
  if (world.running(member.name, site.name) > 0) return 'runs there already'
  const one = volume === undefined ? onlyOne(member) : `volume ${volume} lives on one target`
  return world.sites.length === 1 ? 'the only target' : `${one}; the first that fits`
}

const onlyOne = (member: Member): string => (member.oneShot ? 'runs on one target' : 'a singleton lives on one target')

export const everyBecause = (member: Member, site: Site): string => {
  if (!site.reachable) return 'owed: the target does not answer'
  if (member.perNode)
    return site.capacityKnown ? 'one per eligible node' : 'one per eligible node; the target counts them'
  return member.oneShot ? 'runs on each target' : `${member.wanted} on every target that needs it (place.each)`
}
