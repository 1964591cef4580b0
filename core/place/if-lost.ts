// What would become of the app if a target were lost: for each target the services that would move, where to, and what
// would find no place. Unknown capacity proves nothing and counts as none; volumes never move by declaration.
import type { IfLost, IfLostService } from '../model/plan.ts'
import type { Member } from './member.ts'
import { placeApp } from './place.ts'
import { solve } from './solve.ts'
import type { PlaceInput, PlaceResult, PlaceTarget } from './types.ts'
import type { Group } from './units.ts'
import { createWorld, type World, withoutTarget } from './world.ts'

/** `base`: what placeApp says of the same input, where the caller has it already. */
export const ifLost = (input: PlaceInput, base: PlaceResult = placeApp(input)): readonly IfLost[] => {
  const sealed = input.assignment?.sealed ?? []
  const used = input.targets.filter(
    ({ name }) => !sealed.includes(name) && Object.values(base.counts).some((counts) => (counts[name] ?? 0) > 0),
  )
  if (used.length === 0) return []
  const placed = placedWorld(input, base)
  return used.map(({ name }) => lossOf(placed, base, name))
}

/** The plan as carried out: one world for all losses, each of which is undone before the next. */
const placedWorld = (input: PlaceInput, base: PlaceResult): World => {
  const targets = input.targets.map((target) => asPlaced(target, base))
  const world = createWorld({ ...input, rebalance: false, targets }, { unknownCapacity: 'none' })
  takeRoomOfNew(world, input)
  return world
}

const lossOf = (placed: World, base: PlaceResult, lost: string): IfLost => {
  const after = withoutTarget(placed, lost)
  const mark = placed.mark()
  solve(
    after,
    after.groups.filter((group) => !isSettled(after, base, { group, lost })),
  )
  const services = after.members.flatMap((member) => {
    const before = base.counts[member.name]?.[lost] ?? 0
    return before === 0 ? [] : [serviceLoss({ after, base, member, before, lost })]
  })
  placed.rollback(mark)
  return { target: lost, services, verdict: verdict(services) }
}

/** Has nothing on the lost target and all that it wants elsewhere, so that placing it again would change nothing. */
const isSettled = (
  after: World,
  base: PlaceResult,
  { group, lost }: { readonly group: Group; readonly lost: string },
): boolean =>
  group.members.every((member) => {
    const counts = base.counts[member.name] ?? {}
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
    const untouched = (counts[lost] ?? 0) === 0 && after.running(member.name, lost) === 0
    return untouched && member.scope !== 'every' && member.minPerTarget === 0 && total === member.wanted
  })

/** Replicas that the plan adds stand there by then, though they are not in what is free today. */
const takeRoomOfNew = (after: World, { targets }: PlaceInput): void => {
  for (const { name, current } of targets) {
    for (const member of after.members) {
      const added = after.running(member.name, name) - (current[member.name] ?? 0)
      if (added > 0) after.site(name)?.add(member.cls, added)
    }
  }
}

/** What the plan puts there counts as running there, so that only the lost target's replicas look for a place. */
const asPlaced = (target: PlaceTarget, base: PlaceResult): PlaceTarget => ({
  ...target,
  current: Object.fromEntries(
    Object.entries(base.counts).flatMap(([service, counts]) =>
      (counts[target.name] ?? 0) > 0 ? [[service, counts[target.name] ?? 0]] : [],
    ),
  ),
})

interface Loss {
  readonly after: World
  readonly base: PlaceResult
  readonly member: Member
  readonly before: number
  readonly lost: string
}

const serviceLoss = ({ after, base, member, before, lost }: Loss): IfLostService => {
  const mode = after.input.fleet.failover === null ? 'manual' : member.service.extension.failover
  const held = heldBack(member)
  const gains = after.sites.map(({ name }) => ({
    target: name,
    replicas: after.ledger.count(member.name, name) - (base.counts[member.name]?.[name] ?? 0),
  }))
  const movesTo = held === null ? gains.filter((gain) => gain.replicas > 0) : []
  const moved = movesTo.reduce((sum, gain) => sum + gain.replicas, 0)
  const unplaced = Math.max(0, before - moved)
  const refusals = (after.ledger.unplaceable([member])[0]?.refusals ?? []).filter((refusal) => refusal.target !== lost)
  return {
    service: member.name,
    wanted: before,
    movesTo,
    unplaced,
    mode,
    because:
      held?.because ??
      (unplaced === 0
        ? `${movesTo.map((gain) => gain.target).join(', ')} has room`
        : (refusals[0]?.reason ?? 'no other target may run it')),
    needs: held?.needs ?? (unplaced === 0 ? [] : refusals.map((refusal) => `${refusal.target}: ${refusal.reason}`)),
  }
}

/** What never moves by itself, whatever is free elsewhere. */
const heldBack = ({
  service,
  volumes,
  scope,
}: Member): { readonly because: string; readonly needs: readonly string[] } | null => {
  if (service.extension.failover === 'never') return { because: 'failover: never', needs: [] }
  if (volumes.length > 0)
    return {
      because: `volume ${volumes.join(', ')} does not move`,
      needs: volumes.map((volume) => `a data path for volume ${volume}`),
    }
  if (service.extension.singleton)
    return {
      because: 'a singleton needs a guard on the lost target before it may start elsewhere',
      needs: ['a guard that fences the lost target'],
    }
  if (scope === 'every') return { because: 'runs on every target and belongs to the lost one', needs: [] }
  return null
}

const verdict = (services: readonly IfLostService[]): string => {
  const words = services.map(({ service, wanted, movesTo, unplaced, because }) => {
    const fits = movesTo.map((gain) => `${service} ${gain.replicas} → ${gain.target}`)
    const lost = unplaced === 0 ? [] : [`${service}: ${unplaced} of ${wanted} down (${because})`]
    return [...fits, ...lost].join('; ')
  })
  return words.filter((word) => word !== '').join('; ')
}
