// Everything that one run of placement knows and changes: the members, the sites with what is still free there, what runs
// now and may stay, and the ledger of decisions.
import { createLedger, type Ledger } from './ledger.ts'
import { buildMembers, type Member } from './member.ts'
import { findPeers, type Peers } from './peers.ts'
import { createSite, type Site } from './site.ts'
import { type Strategy, strategyOf } from './strategy.ts'
import type { PlaceInput } from './types.ts'
import { buildGroups, type Group } from './units.ts'

export interface PlaceOptions {
  /** Unknown capacity fits (placement) or holds nothing (proof of a failover). */
  readonly unknownCapacity: 'fits' | 'none'
}

export interface World {
  readonly input: PlaceInput
  readonly members: readonly Member[]
  readonly peers: Peers
  readonly groups: readonly Group[]
  /** In fleet order. */
  readonly sites: readonly Site[]
  readonly ledger: Ledger
  /** Who needs it, or for a one-shot who waits for it. */
  readonly dependents: ReadonlyMap<string, readonly string[]>
  /** Volume key → services that must be where it is. */
  readonly volumeUsers: ReadonlyMap<string, readonly Member[]>
  site(name: string): Site | undefined
  strategy(member: Member): Strategy
  /** Replicas that run there and have not been given up. */
  running(service: string, target: string): number
  /** Gives up running replicas: their room is free for others. */
  giveUp(member: Member, target: string, count: number): void
  mark(): WorldMark
  /** Undoes what was taken, freed and given up since the mark; the ledger is written anew by the next attempt. */
  rollback(mark: WorldMark): void
}

export interface WorldMark {
  readonly sites: readonly number[]
  readonly givenUp: number
}

export const createWorld = (input: PlaceInput, options: PlaceOptions): World => {
  const members = buildMembers(input)
  const sites = buildSites(input, members, options)
  const bySite = new Map(sites.map((site) => [site.name, site]))
  const running = createRunning(sites)
  const strategies = new Map<string, Strategy>()
  const peers = findPeers(input.app, members)
  return {
    input,
    members,
    peers,
    groups: buildGroups(members, peers),
    sites,
    ledger: createLedger(sites),
    dependents: findDependents(members, peers),
    volumeUsers: findVolumeUsers(members),
    site: (name) => bySite.get(name),
    strategy: (member) => {
      const known = strategies.get(member.name) ?? strategyOf(member, input.fleet, input.targets)
      strategies.set(member.name, known)
      return known
    },
    running: running.count,
    giveUp: (member, target, count) => {
      const given = running.take(member.name, target, count)
      if (given > 0) bySite.get(target)?.free(member.cls, given)
    },
    mark: () => ({ sites: sites.map((site) => site.mark()), givenUp: running.mark() }),
    rollback: (mark) => {
      for (const [index, site] of sites.entries()) site.rollback(mark.sites[index] ?? 0)
      running.rollback(mark.givenUp)
    },
  }
}

/** The same world with one target out of service and nothing decided yet. What is free is shared: take it back by a mark. */
export const withoutTarget = (world: World, lost: string): World => {
  const sites = world.sites.map((site) => (site.name === lost ? { ...site, sealed: true } : site))
  const bySite = new Map(sites.map((site) => [site.name, site]))
  return { ...world, sites, ledger: createLedger(sites), site: (name) => bySite.get(name) }
}

interface Running {
  count(service: string, target: string): number
  /** Takes away up to `count` and says how many. */
  take(service: string, target: string, count: number): number
  mark(): number
  rollback(mark: number): void
}

const createRunning = (sites: readonly Site[]): Running => {
  const counts = new Map(sites.map((site) => [site.name, new Map(Object.entries(site.place.current))]))
  const taken: { readonly service: string; readonly target: string; readonly count: number }[] = []
  const count = (service: string, target: string): number => counts.get(target)?.get(service) ?? 0
  const change = (service: string, target: string, by: number): void => {
    counts.get(target)?.set(service, count(service, target) + by)
  }
  return {
    count,
    take: (service, target, wanted) => {
      const given = Math.min(wanted, count(service, target))
      if (given <= 0) return 0
      change(service, target, -given)
      taken.push({ service, target, count: given })
      return given
    },
    mark: () => taken.length,
    rollback: (mark) => {
      for (const entry of taken.splice(mark)) change(entry.service, entry.target, entry.count)
    },
  }
}

const buildSites = (input: PlaceInput, members: readonly Member[], options: PlaceOptions): readonly Site[] =>
  input.targets.map((place) =>
    createSite({
      place,
      target: input.fleet.targets.find((target) => target.name === place.name),
      sealed: input.assignment?.sealed.includes(place.name) ?? false,
      classes: members.map((member) => member.cls),
      seed: input.seed,
      unknownCapacity: options.unknownCapacity,
    }),
  )

const findVolumeUsers = (members: readonly Member[]): ReadonlyMap<string, readonly Member[]> => {
  const users = new Map<string, readonly Member[]>()
  for (const member of members)
    for (const volume of member.volumes) users.set(volume, [...(users.get(volume) ?? []), member])
  return users
}

/** Network peers are looked up only for services that follow those that need them: a network of n members has n² of them. */
const findDependents = (members: readonly Member[], peers: Peers): ReadonlyMap<string, readonly string[]> => {
  const dependents = new Map<string, Set<string>>()
  const add = (needed: string, by: string): void => {
    if (needed !== by) dependents.set(needed, (dependents.get(needed) ?? new Set()).add(by))
  }
  const oneShots = new Set(members.filter((member) => member.oneShot).map((member) => member.name))
  const followers = new Set(members.filter((member) => member.whereNeeded).map((member) => member.name))
  for (const { name, service } of members.filter((member) => member.wanted > 0)) {
    for (const peer of peers.needs.get(name) ?? []) add(peer, name)
    for (const dependency of service.dependsOn) if (oneShots.has(dependency.service)) add(dependency.service, name)
    for (const key of peers.networks.get(name) ?? [])
      for (const peer of peers.membersOf.get(key) ?? []) if (followers.has(peer)) add(peer, name)
  }
  return new Map([...dependents].map(([name, by]) => [name, [...by]]))
}
