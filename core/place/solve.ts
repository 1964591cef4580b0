// Places group after group, unit after unit, needed ones first. A unit is on a target with all its members or with none:
// where one of them finds no room the target is closed for the unit and it is placed again on the others.
import type { Refusal } from '../model/placement.ts'
import { capRefusals } from '../schedule/index.ts'
import { allot, type Openings } from './allot.ts'
import { type Blocker, peerBlocker, refusalOf } from './blocker.ts'
import { groupHome } from './home.ts'
import { giveUpSurplus } from './keep.ts'
import type { Member } from './member.ts'
import { unitBlocker } from './openings.ts'
import type { Site } from './site.ts'
import type { Group, Unit } from './units.ts'
import type { World } from './world.ts'

/** `groups`: those that have to be placed; the others stay as they run, and their room is taken. */
export const solve = (world: World, groups: readonly Group[] = world.groups): void => {
  giveUpSurplus(
    world,
    groups.flatMap((group) => group.members),
  )
  // The home of a group is looked for when its turn comes: only then is it known what is still free.
  const homes = groups.map((group) => placeUnits(world, group, { oneShots: false, home: groupHome(world, group) }))
  // One-shots come last: nothing is placed beside them, but they follow those that wait for them.
  for (const [index, group] of groups.entries())
    placeUnits(world, group, { oneShots: true, home: homes[index] ?? null })
  for (const { units } of groups)
    for (const unit of units.toReversed()) for (const member of unit.members) dropUnneeded(world, member)
}

const placeUnits = (
  world: World,
  { units }: Group,
  { oneShots, home }: { readonly oneShots: boolean; readonly home: string | null },
): string | null => {
  for (const unit of units) if (isOneShot(unit) === oneShots) placeUnit(world, unit, home)
  return home
}

const isOneShot = (unit: Unit): boolean => unit.members.every((member) => member.oneShot)

/** Why a target was closed for a member of a unit: the other is missing there, or it found no room itself. */
interface Closure {
  readonly blocker: Blocker | null
  readonly rows: readonly Refusal[]
}

/** Target → member → why. */
type Closed = Map<string, ReadonlyMap<string, Closure>>

const placeUnit = (world: World, unit: Unit, home: string | null): void => {
  const closed: Closed = new Map()
  const homeless = volumesOf(unit).filter((volume) => !world.ledger.volumeHome.has(volume))
  const blockers = new Map(world.sites.map((site) => [site.name, unitBlocker(world, unit, site)]))
  const openTo = (site: Site): boolean => blockers.get(site.name) === null && !closed.has(site.name)
  for (;;) {
    const mark = world.mark()
    const openings: Openings = {
      open: world.sites.filter((site) => site.reachable && openTo(site)),
      silent: world.sites.filter((site) => !site.reachable && openTo(site)),
      home,
    }
    const missing = new Map(
      unit.members.map((member) => [member.name, allot(world, member, openingsFor(world, member, openings))]),
    )
    const torn = tornTarget(world, unit)
    if (torn === undefined || closed.has(torn.name)) {
      for (const member of unit.members) {
        const count = missing.get(member.name) ?? 0
        if (count > 0) explainShortfall(world, member, { missing: count, blockers, closed })
      }
      return
    }
    closed.set(torn.name, whyTorn(world, unit, torn))
    for (const volume of homeless) world.ledger.volumeHome.delete(volume)
    world.rollback(mark)
  }
}

const volumesOf = (unit: Unit): readonly string[] => unit.members.flatMap((member) => member.volumes)

/** A one-shot that runs on each target runs where services wait for it; with nobody waiting, on all that are open. */
const openingsFor = (world: World, member: Member, openings: Openings): Openings => {
  if (!member.oneShot) return openings
  const waiting = (world.dependents.get(member.name) ?? []).flatMap((name) => world.ledger.targetsOf(name))
  if (waiting.length === 0) return openings
  if (member.scope !== 'every') return { ...openings, home: waiting[0] ?? openings.home }
  const awaited = (site: Site): boolean => waiting.includes(site.name)
  return { ...openings, open: openings.open.filter(awaited), silent: openings.silent.filter(awaited) }
}

/** A target that has some members of the unit but not all; the one with the fewest of them, the last in order. */
const tornTarget = (world: World, unit: Unit): Site | undefined => {
  const wanted = unit.members.filter((member) => member.wanted > 0)
  const present = (site: Site): number =>
    wanted.filter((member) => world.ledger.count(member.name, site.name) > 0).length
  const settled = (site: Site): boolean => !site.reachable && wanted.every((member) => onlyKept(world, member, site))
  const torn = world.sites.filter((site) => present(site) > 0 && present(site) < wanted.length && !settled(site))
  return torn
    .toReversed()
    .reduce<Site | undefined>(
      (worst, site) => (worst === undefined || present(site) < present(worst) ? site : worst),
      undefined,
    )
}

const onlyKept = (world: World, member: Member, site: Site): boolean =>
  world.ledger.count(member.name, site.name) <= world.running(member.name, site.name)

const whyTorn = (world: World, unit: Unit, site: Site): ReadonlyMap<string, Closure> => {
  const absent = unit.members.filter((member) => member.wanted > 0 && world.ledger.count(member.name, site.name) === 0)
  const [first] = absent
  return new Map(
    unit.members.map((member): [string, Closure] => {
      if (first === undefined || absent.includes(member))
        return [member.name, { blocker: null, rows: site.refusals(member.cls) }]
      const runsOn = world.ledger.targetsOf(first.name).filter((target) => target !== site.name)
      const blocker = peerBlocker(site, { service: member.name, peer: first.name, runsOn })
      return [member.name, { blocker, rows: [refusalOf(blocker)] }]
    }),
  )
}

/** place.each: gone again from targets where nothing that needs it came to run. */
const dropUnneeded = (world: World, member: Member): void => {
  const dependents = world.dependents.get(member.name) ?? []
  if (!member.whereNeeded || member.oneShot || dependents.length === 0) return
  for (const site of world.sites) {
    const count = world.ledger.count(member.name, site.name)
    if (count === 0 || dependents.some((name) => world.ledger.count(name, site.name) > 0)) continue
    const running = world.running(member.name, site.name)
    if (count > running) site.free(member.cls, count - running)
    if (site.reachable) world.giveUp(member, site.name, running)
    // A target that does not answer keeps what it has.
    world.ledger.set(member.name, site.name, site.reachable ? 0 : Math.min(count, running))
  }
}

interface Shortage {
  readonly missing: number
  readonly blockers: ReadonlyMap<string, Blocker | null>
  readonly closed: Closed
}

const explainShortfall = (world: World, member: Member, { missing, blockers, closed }: Shortage): void => {
  const closures = world.sites.map((site): Closure => {
    const blocker = blockers.get(site.name) ?? null
    if (blocker !== null) return { blocker, rows: [refusalOf(blocker)] }
    return closed.get(site.name)?.get(member.name) ?? { blocker: null, rows: roomRefusals(world, member, site) }
  })
  const found = closures.flatMap(({ blocker }) => blocker ?? [])
  const rows = capRefusals(
    '',
    closures.flatMap((closure) => closure.rows),
  )
  world.ledger.fallShort(member.name, {
    count: missing,
    ...verdict(member, found.length === closures.length ? found : []),
    refusals: rows,
  })
}

const roomRefusals = (world: World, member: Member, site: Site): readonly Refusal[] =>
  world.strategy(member).weight(site.name) > 0
    ? site.refusals(member.cls)
    : [{ target: site.name, reason: 'its weight is 0', count: 1, example: '' }]

const GRAVITY: readonly Blocker['kind'][] = ['refused', 'peer', 'volume', 'sealed', 'notAllowed']

/** The gravest of what stands against it everywhere; where anything is open at all, it is room that is missing. */
const verdict = (member: Member, blockers: readonly Blocker[]): { readonly code: string; readonly hint: string } => {
  const [gravest] = blockers.toSorted((a, b) => GRAVITY.indexOf(a.kind) - GRAVITY.indexOf(b.kind))
  if (gravest !== undefined) return { code: gravest.code, hint: gravest.hint }
  return {
    code: 'SP2001',
    hint: `Free or add capacity, lower what ${member.name} reserves, or allow it on another target.`,
  }
}
