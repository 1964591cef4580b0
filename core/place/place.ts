// Which target gets how many replicas of each service, why, and what found no place. Deterministic.
import type { Placement } from '../model/placement.ts'
import { findings } from './findings.ts'
import { reachedService } from './peers.ts'
import { solve } from './solve.ts'
import { standbyOf } from './standby.ts'
import type { PlaceInput, PlaceResult } from './types.ts'
import { createWorld, type PlaceOptions, type World } from './world.ts'

export const placeApp = (input: PlaceInput): PlaceResult => {
  const world = solved(input, { unknownCapacity: 'fits' })
  const owed = owedTargets(world)
  return {
    counts: countsOf(world),
    reach: reachOf(world),
    standby: standbyOf(world),
    placements: placementsOf(world),
    unplaceable: world.ledger.unplaceable(world.members),
    owed,
    diagnostics: findings(world, owed),
  }
}

export const solved = (input: PlaceInput, options: PlaceOptions): World => {
  const world = createWorld(input, options)
  solve(world)
  return world
}

type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>

export const countsOf = (world: World): Counts =>
  Object.fromEntries(
    world.members.map(({ name }) => [
      name,
      Object.fromEntries(world.ledger.targetsOf(name).map((target) => [target, world.ledger.count(name, target)])),
    ]),
  )

const placementsOf = (world: World): readonly Placement[] =>
  world.members.flatMap(({ name }) =>
    world.ledger.targetsOf(name).map((target) => ({
      service: name,
      target,
      pool: null,
      node: null,
      count: world.ledger.count(name, target),
      slots: null,
      because: world.ledger.because(name, target),
    })),
  )

/** `reach` addresses where the named service does not run beside it. */
const reachOf = (world: World): PlaceResult['reach'] =>
  Object.fromEntries(
    world.members.flatMap(({ name, service }) => {
      const hosts = Object.entries(service.extension.reach).map(([host, address]) => ({
        host,
        address,
        peer: reachedService(world.input.app, service, host),
      }))
      const targets = hosts.length === 0 ? [] : world.ledger.targetsOf(name)
      const byTarget = targets.flatMap((target) => {
        const away = hosts.filter(({ peer }) => peer === undefined || world.ledger.count(peer, target) === 0)
        return away.length === 0
          ? []
          : [[target, Object.fromEntries(away.map(({ host, address }) => [host, address]))] as const]
      })
      return byTarget.length === 0 ? [] : [[name, Object.fromEntries(byTarget)] as const]
    }),
  )

/** Targets that do not answer though they should run or change something, also what only their silence sent elsewhere. */
const owedTargets = (world: World): readonly string[] => {
  const silent = world.sites.filter((site) => !site.reachable && !site.sealed)
  if (silent.length === 0) return []
  const answering = world.input.targets.map((target) =>
    target.reachable
      ? target
      : { ...target, reachable: true, capacity: { kind: 'unknown', because: 'the target does not answer' } as const },
  )
  const hoped = solved({ ...world.input, targets: answering }, { unknownCapacity: 'fits' })
  const owes = (name: string): boolean =>
    world.members.some(
      (member) => world.ledger.count(member.name, name) > 0 || hoped.ledger.count(member.name, name) > 0,
    ) || Object.values(world.site(name)?.place.current ?? {}).some((count) => count > 0)
  return silent.filter((site) => owes(site.name)).map((site) => site.name)
}
