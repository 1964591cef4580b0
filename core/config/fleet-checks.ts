// What must hold inside stormport.yaml beyond the shape of single values: each breach is one finding at its path.

import { gpuModels, knownGpuModels } from '../model/gpu.ts'
import type { FleetInput, TargetInput } from './fleet-schema.ts'
import { enginesOf, isSocket, localTargetOf } from './local-target.ts'
import type { Finding } from './schema-issues.ts'
import { didYouMean } from './suggest.ts'
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

const checkTarget = (path: Path, target: TargetInput): readonly Finding[] => {
  const models = Object.keys(target.prices?.gpuHour ?? {}).filter((name) => gpuModels(name).length === 0)
  const prices = models.map((name) => ({
    path: [...path, 'prices', 'gpuHour', name],
    code: 'SP1307',
    message: `"${name}" is no GPU model that is known here`,
    hint: didYouMean(name, knownGpuModels()) ?? 'write a model such as l4',
  }))
  switch (target.provider) {
    case 'local':
      return [...prices, ...checkLocal(path, target)]
    case 'swarm':
      return [
        ...prices,
        ...(target.tls === undefined && target.hosts.some((host) => host.startsWith('tcp://'))
          ? [needsTls([...path, 'hosts'])]
          : []),
      ]
    case 'kubernetes':
      return target.context === undefined && target.kubeconfig === undefined
        ? [
            ...prices,
            {
              path,
              code: 'SP1304',
              message: `${path.join('.')} names no cluster`,
              hint: 'write `context:` or `kubeconfig:`',
            },
          ]
        : prices
    case 'eks':
      return [
        ...prices,
        ...checkPools(path, target.pools),
        ...(target.create !== undefined && target.account === undefined
          ? [
              {
                path: [...path, 'create'],
                code: 'SP1304',
                message: `${path.join('.')}.account is missing: what is created is pinned to an account`,
                hint: 'write `account: "123456789012"`',
              },
            ]
          : []),
      ]
    case 'aks':
      return [...prices, ...checkPools(path, target.pools), ...serverlessOnAks(path, target.pools)]
  }
}

type Pools = Extract<TargetInput, { provider: 'eks' }>['pools']

const checkPools = (path: Path, pools: Pools): readonly Finding[] =>
  Object.entries(pools ?? {}).flatMap(([name, pool]) => [
    ...(pool.min !== undefined && pool.max !== undefined && pool.min > pool.max
      ? [
          {
            path: [...path, 'pools', name, 'min'],
            code: 'SP1315',
            message: `pool ${name}: min ${pool.min} is above max ${pool.max}`,
          },
        ]
      : []),
    ...(pool.kind === 'serverless' && pool.gpu !== undefined
      ? [
          {
            path: [...path, 'pools', name, 'gpu'],
            code: 'SP1315',
            message: `pool ${name}: serverless nodes have no GPU`,
            hint: 'use `kind: nodes`',
          },
        ]
      : []),
  ])

const serverlessOnAks = (path: Path, pools: Pools): readonly Finding[] =>
  Object.entries(pools ?? {}).flatMap(([name, pool]) =>
    pool.kind === 'serverless'
      ? [
          {
            path: [...path, 'pools', name, 'kind'],
            code: 'SP1315',
            message: `pool ${name}: AKS has no serverless pools that are fit for this`,
            hint: 'use `kind: nodes` with `min: 0`',
          },
        ]
      : [],
  )

const needsTls = (path: Path): Finding => ({
  path,
  code: 'SP1310',
  message: `${path.join('.')}: an engine at tcp:// needs tls`,
  hint: 'add tls: { ca: …, cert: …, key: … }, or use ssh://',
})

const checkLocal = (path: Path, target: Extract<TargetInput, { provider: 'local' }>): readonly Finding[] => {
  const nodes = Object.entries(target.nodes ?? {})
  const remote = nodes.find(([, node]) => node.host !== undefined && !isSocket(node.host))
  const found = nodes.flatMap(([name, node]): readonly Finding[] => {
    const at = [...path, 'nodes', name]
    if ((node.host === undefined) === (node.simulated === undefined))
      return [
        {
          path: at,
          code: 'SP1311',
          message: `node ${name} needs either host or simulated`,
          hint: 'write `host: unix:///var/run/docker.sock` for this machine’s engine',
        },
      ]
    if (node.host !== undefined && target.driver === 'process')
      return [
        {
          path: at,
          code: 'SP1311',
          message: `node ${name} has an engine, but the target's driver is process`,
          hint: 'take `driver: process` or the node out',
        },
      ]
    return node.host?.startsWith('tcp://') === true && node.tls === undefined ? [needsTls(at)] : []
  })
  if (remote === undefined || target.daemon !== undefined) return found
  return [
    ...found,
    {
      path: [...path, 'nodes', remote[0]],
      code: 'SP1311',
      message: `node ${remote[0]} is another machine's engine, so the pool needs a home that stays up`,
      hint: 'write `daemon: ssh://user@host`',
    },
  ]
}
