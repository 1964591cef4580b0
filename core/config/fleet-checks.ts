// What must hold inside stormport.yaml beyond the shape of single values: each breach is one finding at its path.

import type { FleetInput } from './fleet-schema.ts'
import { enginesOf, localTargetOf } from './local-target.ts'
import type { Finding } from './schema-issues.ts'
import { didYouMean } from './suggest.ts'
import { checkTarget } from './target-checks.ts'
import type { Path } from './types.ts'

export interface FleetContext {
  readonly dockerHost: string | undefined
  /** Targets as written: one that has findings of its own still has its name. */
  readonly names: readonly string[]
}

export const checkFleet = (input: FleetInput, { dockerHost, names }: FleetContext): readonly Finding[] => [
  ...nameRequired(input),
  ...namesExist(input, names),
  ...oneTargetAnEngine(input, dockerHost),
  ...Object.entries(input.targets ?? {}).flatMap(([name, target]) => checkTarget(['targets', name], target)),
]

const nameRequired = (input: FleetInput): readonly Finding[] => {
  if (input.name !== undefined) return []
  const owner = Object.entries(input.targets ?? {}).find(([, target]) => 'create' in target || 'pools' in target)
  if (owner === undefined) return []
  return [
    {
      path: ['targets', owner[0]],
      code: 'SP1308',
      message: `\`name\` is missing: target ${owner[0]} makes things that carry it as owner tag`,
      hint: 'write `name: my-fleet` at the top',
    },
  ]
}

const namesExist = (input: FleetInput, names: readonly string[]): readonly Finding[] => {
  const known = (path: Path, name: string): readonly Finding[] =>
    names.includes(name)
      ? []
      : [
          {
            path,
            code: 'SP1312',
            message: `there is no target ${name}`,
            hint: didYouMean(name, names) ?? 'declare it under `targets`',
          },
        ]
  const list = (path: Path, words: readonly string[] | undefined): readonly Finding[] =>
    (words ?? []).flatMap((word, i) => known([...path, i], word))
  return [
    ...list(['place', 'prefer'], input.place?.prefer),
    ...Object.keys(input.place?.weights ?? {}).flatMap((name) => known(['place', 'weights', name], name)),
    ...rolloutOrder({ input, names }, list),
    ...list(['control', 'run'], input.control?.run),
    ...list(['control', 'probes'], input.control?.probes),
    ...Object.entries(input.environments ?? {}).flatMap(([key, environment]) =>
      list(['environments', key, 'targets'], environment.targets),
    ),
  ]
}

/** A written order names every target once: one that is left out would never be rolled out. */
const rolloutOrder = (
  { input, names }: { readonly input: FleetInput; readonly names: readonly string[] },
  list: (path: Path, words: readonly string[]) => readonly Finding[],
): readonly Finding[] => {
  const order = input.rollout?.order
  if (!Array.isArray(order)) return []
  const written = order.flat()
  const left = names.filter((name) => !written.includes(name))
  const twice = written.filter((name, i) => written.indexOf(name) !== i)
  const path = ['rollout', 'order']
  return [
    ...order.flatMap((wave, i) => list([...path, i], wave)),
    ...(left.length > 0
      ? [
          {
            path,
            code: 'SP1315',
            message: `rollout.order leaves out ${left.join(', ')}`,
            hint: 'name every target once',
          },
        ]
      : []),
    ...(twice.length > 0
      ? [
          {
            path,
            code: 'SP1315',
            message: `rollout.order names ${twice.join(', ')} twice`,
            hint: 'name every target once',
          },
        ]
      : []),
  ]
}

const oneTargetAnEngine = (input: FleetInput, dockerHost: string | undefined): readonly Finding[] => {
  const owners = new Map<string, string>()
  const found: Finding[] = []
  for (const [name, target] of Object.entries(input.targets ?? {})) {
    const engines =
      target.provider === 'local'
        ? enginesOf(localTargetOf(target, '/'), dockerHost)
        : target.provider === 'swarm'
          ? target.hosts
          : []
    for (const engine of new Set(engines)) {
      const owner = owners.get(engine)
      if (owner === undefined) owners.set(engine, name)
      else
        found.push({
          path: ['targets', name],
          code: 'SP1309',
          message: `targets ${owner} and ${name} use the same engine ${engine}`,
          hint: `set \`driver: process\` on one of them, or give it nodes of its own`,
        })
    }
  }
  return found
}
