// Gives one service its replicas on the targets that are open to it. What runs counts first; then the strategy shares out
// the rest, as far as each target has room; a target that does not answer is the last resort and is owed what it gets.
import type { Member } from './member.ts'
import { occupy } from './occupy.ts'
import { homeOfVolume } from './openings.ts'
import type { Site } from './site.ts'
import { distribute, surplusTarget } from './strategy.ts'
import { everyBecause, sharedBecause, singleBecause } from './words.ts'
import type { World } from './world.ts'

export interface Openings {
  /** Reachable and nothing stands against it, in no particular order. */
  readonly open: readonly Site[]
  /** The same, but it does not answer. */
  readonly silent: readonly Site[]
  /** Target to try before the strategy's order: where the group as a whole fits. */
  readonly home: string | null
}

/** Returns how many replicas found no place. */
export const allot = (world: World, member: Member, openings: Openings): number => {
  if (member.scope === 'every') return allotEvery(world, member, openings)
  if (member.scope === 'single') return allotSingle(world, member, openings)
  return allotShared(world, member, openings)
}

const allotShared = (world: World, member: Member, openings: Openings): number => {
  const counts = keptCounts(world, member, openings)
  const mark = world.mark()
  const kept = new Map(counts)
  const add = adder(member, counts)
  raiseToMinimum(world, member, { counts, openings, add })
  const left = fill(world, member, { counts, openings, add })
  if (left > 0 && member.service.extension.gang) {
    world.rollback(mark)
    return record(world, member, { counts: kept, kept })
  }
  return record(world, member, { counts, kept })
}

type Counts = Map<string, number>

type Add = (site: Site, count: number) => number

interface Filling {
  readonly counts: Counts
  readonly openings: Openings
  readonly add: Add
}

const keptCounts = (world: World, member: Member, { open }: Openings): Counts => {
  const counts: Counts = new Map()
  for (const site of world.sites) {
    const running = world.running(member.name, site.name)
    if (!site.reachable || open.includes(site)) counts.set(site.name, running)
    else world.giveUp(member, site.name, running)
  }
  return counts
}

const adder =
  (member: Member, counts: Counts): Add =>
  (site, count) => {
    const added = site.add(member.cls, count)
    counts.set(site.name, (counts.get(site.name) ?? 0) + added)
    return added
  }

/** minPerTarget comes before what already runs: a target above it gives one up. */
const raiseToMinimum = (world: World, member: Member, { counts, openings, add }: Filling): void => {
  const min = member.minPerTarget
  for (const site of min > 0 ? [...openings.open, ...openings.silent] : []) {
    while ((counts.get(site.name) ?? 0) < min) {
      const donor =
        sum(counts) < member.wanted ? null : surplusTarget(world.strategy(member), counts, above(world, counts, min))
      if (donor === undefined || add(site, 1) === 0) break
      if (donor === null) continue
      counts.set(donor, (counts.get(donor) ?? 0) - 1)
      world.giveUp(member, donor, 1)
    }
  }
}

const above = (world: World, counts: Counts, min: number): readonly string[] =>
  world.sites.filter((site) => site.reachable && (counts.get(site.name) ?? 0) > min).map((site) => site.name)

const fill = (world: World, member: Member, { counts, openings, add }: Filling): number => {
  const strategy = withHome(world, member, openings.home)
  for (const sites of [openings.open, openings.silent]) {
    const open = new Set(sites.map((site) => site.name))
    while (open.size > 0 && sum(counts) < member.wanted) {
      const shares = distribute(strategy, counts, member.wanted - sum(counts), [...open])
      if (shares.size === 0) break
      for (const [name, count] of shares) {
        const site = world.site(name)
        if (site === undefined || add(site, count) < count) open.delete(name)
      }
    }
  }
  return member.wanted - sum(counts)
}

const withHome = (world: World, member: Member, home: string | null) => {
  const strategy = world.strategy(member)
  return home === null ? strategy : { ...strategy, order: [home, ...strategy.order.filter((name) => name !== home)] }
}

const record = (
  world: World,
  member: Member,
  { counts, kept }: { readonly counts: Counts; readonly kept: Counts },
): number => {
  for (const site of world.sites) {
    const count = counts.get(site.name) ?? 0
    const stays = Math.min(count, kept.get(site.name) ?? 0)
    world.ledger.set(member.name, site.name, count, sharedBecause(world, member, { site, count, stays, counts }))
  }
  return Math.max(0, member.wanted - sum(counts))
}

const sum = (counts: Counts): number => [...counts.values()].reduce((total, count) => total + count, 0)

/** All replicas on one target: where they run, else the first that takes them all, else the one that takes most. */
const allotSingle = (world: World, member: Member, openings: Openings): number => {
  const stuck = silentHolder(world, member)
  const site = stuck ?? chooseSingle(world, member, openings)
  for (const other of world.sites) {
    if (other !== site) world.giveUp(member, other.name, Number.MAX_SAFE_INTEGER)
    world.ledger.set(member.name, other.name, 0)
  }
  if (site === undefined) return member.wanted
  const because = singleBecause(world, member, site)
  const wanted = wantedAt(member, site)
  const kept = Math.min(wanted, world.running(member.name, site.name))
  const count = stuck === undefined || openings.silent.includes(stuck) ? occupy(world, member, { site, wanted }) : kept
  world.ledger.set(member.name, site.name, count, because)
  for (const volume of member.volumes) world.ledger.volumeHome.set(volume, site.name)
  return wanted - count
}

/** What lives once and may still run on a target that does not answer is never started a second time elsewhere. */
const silentHolder = (world: World, member: Member): Site | undefined =>
  world.sites.find((site) => {
    const elsewhere = member.volumes.some((volume) => (homeOfVolume(world, volume) ?? site.name) !== site.name)
    return !site.reachable && !elsewhere && world.running(member.name, site.name) > 0
  })

const chooseSingle = (world: World, member: Member, { open, silent, home }: Openings): Site | undefined => {
  let best: { readonly site: Site; readonly count: number } | undefined
  const order = withHome(world, member, home).order
  const byOrder = (sites: readonly Site[]): readonly Site[] =>
    sites.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  const holds = (site: Site): number => (world.input.rebalance ? 0 : world.running(member.name, site.name))
  const tried = [...byOrder(open), ...byOrder(silent)].filter((site) => world.strategy(member).weight(site.name) > 0)
  for (const site of tried.toSorted((a, b) => holds(b) - holds(a))) {
    const wanted = wantedAt(member, site)
    const mark = site.mark()
    const count = occupy(world, member, { site, wanted })
    site.rollback(mark)
    if (count > (best?.count ?? 0) && (site.reachable || best === undefined)) best = { site, count }
    if (count >= wanted) break
  }
  return best?.site
}

const allotEvery = (world: World, member: Member, { open, silent }: Openings): number => {
  let missing = 0
  for (const site of world.sites) {
    const here = open.includes(site) || silent.includes(site)
    const running = world.running(member.name, site.name)
    const wanted = here ? wantedAt(member, site) : site.reachable ? 0 : Math.min(running, wantedAt(member, site))
    if (running > wanted) world.giveUp(member, site.name, running - wanted)
    const count = occupy(world, member, { site, wanted })
    world.ledger.set(member.name, site.name, count, everyBecause(member, site))
    missing += wanted - count
  }
  return missing
}

/** One per eligible node where nodes can be counted; else what runs there, or one: the target itself counts. */
const wantedAt = (member: Member, site: Site): number => {
  if (!member.perNode) return member.wanted
  const nodes = site.eligibleNodes(member.cls)
  return nodes ?? Math.max(1, site.place.current[member.name] ?? 0)
}
