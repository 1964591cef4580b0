// What placement has to say beside its answer: contradictions in the file, guesses it had to make, targets it waits for.
import type { Diagnostic } from '../model/diagnostic.ts'
import { isAllowed } from './blocker.ts'
import { type Member, separateVolumes } from './member.ts'
import { priceOf } from './strategy.ts'
import type { World } from './world.ts'

export const findings = (world: World, owed: readonly string[]): readonly Diagnostic[] => [
  ...world.members.flatMap((member) => [
    ...minimumTooHigh(world, member),
    ...mentionNotes(world, member),
    ...separateData(world, member),
    ...unknownNodeCount(world, member),
    ...unknownPrice(world, member),
  ]),
  ...scatteredVolumes(world),
  ...unknownCapacity(world),
  ...owed.map(
    (target): Diagnostic => ({
      code: 'SP2008',
      severity: 'warning',
      target,
      message: `${target} does not answer; it keeps its last known placement and is owed this deploy`,
      hint: `Deploy again when ${target} answers.`,
    }),
  ),
]

const of = ({ service }: Member, path: string): Pick<Diagnostic, 'service' | 'span'> => ({
  service: service.name,
  span: service.spans[path] ?? service.span,
})

const minimumTooHigh = (world: World, member: Member): readonly Diagnostic[] => {
  const targets = world.sites.filter((site) => isAllowed(member, site)).length
  const least = member.minPerTarget * targets
  if (member.scope === 'every' || member.wanted === 0 || least <= member.wanted) return []
  return [
    {
      code: 'SP2005',
      severity: 'error',
      message: `${member.name}: minPerTarget ${member.minPerTarget} on ${targets} targets needs ${least} replicas, but only ${member.wanted} are wanted`,
      hint: `Set deploy.replicas to ${least} or more, lower minPerTarget, or name fewer targets.`,
      ...of(member, 'x-stormport.place.minPerTarget'),
    },
  ]
}

/** Said only where it can matter: with one target everything is together anyway. */
const mentionNotes = (world: World, member: Member): readonly Diagnostic[] => {
  if (world.sites.length < 2) return []
  const said = new Set(world.peers.needs.get(member.name) ?? [])
  return member.service.mentions
    .filter((name) => said.has(name) && !member.service.dependsOn.some((dependency) => dependency.service === name))
    .map((name) => ({
      code: 'SP2004',
      severity: 'note',
      message: `${member.name} names ${name} in its environment, so both run on the same targets`,
      hint: `If ${name} is reached from elsewhere, say where: x-stormport.reach: { ${name}: "HOST:PORT" }.`,
      ...of(member, 'environment'),
    }))
}

const separateData = (world: World, member: Member): readonly Diagnostic[] =>
  separateVolumes(world.input.app, member).map((volume) => ({
    code: 'SP2009',
    severity: 'note',
    message: `${member.name}: separate data; each target gets its own volume ${volume}`,
    ...of(member, 'volumes'),
  }))

const unknownNodeCount = (world: World, member: Member): readonly Diagnostic[] => {
  const targets = world.ledger.targetsOf(member.name).filter((target) => world.site(target)?.capacityKnown === false)
  if (!member.perNode || targets.length === 0) return []
  const message = `${member.name} runs once per eligible node; how many nodes ${targets.join(', ')} has is not known here and counts as one`
  return [{ code: 'SP2007', severity: 'note', message, ...of(member, 'deploy.mode') }]
}

const unknownPrice = (world: World, member: Member): readonly Diagnostic[] => {
  if (world.strategy(member).kind !== 'cheapest' || world.sites.length < 2) return []
  const price = priceOf(member, world.input.fleet, world.input.targets)
  const unknown = world.sites
    .filter((site) => isAllowed(member, site) && price(site.name) === null)
    .map((site) => site.name)
  if (unknown.length === 0) return []
  const message = `${member.name}: no price is known for ${unknown.join(', ')}, which therefore come last`
  return [
    {
      code: 'SP2006',
      severity: 'note',
      message,
      hint: 'Give the target prices: in stormport.yaml.',
      ...of(member, 'x-stormport.place'),
    },
  ]
}

const scatteredVolumes = (world: World): readonly Diagnostic[] => {
  const shared = new Set(world.members.flatMap((member) => member.volumes))
  return [...shared].flatMap((volume) => {
    const holders = world.sites.filter((site) => site.place.volumes.includes(volume)).map((site) => site.name)
    const home = world.ledger.volumeHome.get(volume)
    if (holders.length < 2 || home === undefined) return []
    return [
      {
        code: 'SP2010',
        severity: 'warning',
        message: `volume ${volume} exists on ${holders.join(', ')}; the one on ${home} is used`,
        hint: 'Remove or rename the volume that is not the right one.',
      } as const,
    ]
  })
}

const unknownCapacity = (world: World): readonly Diagnostic[] =>
  world.sites.flatMap(({ name, place }) => {
    const used = world.members.some((member) => world.ledger.count(member.name, name) > 0)
    if (!used || !place.reachable || place.capacity.kind === 'known') return []
    return [
      {
        code: 'SP2003',
        severity: 'note',
        target: name,
        message: `free capacity of ${name} is unknown (${place.capacity.because}); it counts as fitting`,
      } as const,
    ]
  })
