// What must hold inside the stanza of one target, beyond the shape of single values.
import { gpuModels, knownGpuModels } from '../model/gpu.ts'
import type { NodeInput, TargetInput } from './fleet-schema.ts'
import { isSocket } from './local-target.ts'
import type { Finding } from './schema-issues.ts'
import { didYouMean } from './suggest.ts'
import type { Path } from './types.ts'

export const checkTarget = (path: Path, target: TargetInput): readonly Finding[] => [
  ...checkPrices(path, target.prices),
  ...checkKind(path, target),
]

const when = (broken: boolean, finding: Finding): readonly Finding[] => (broken ? [finding] : [])

const checkPrices = (path: Path, prices: TargetInput['prices']): readonly Finding[] =>
  Object.keys(prices?.gpuHour ?? {}).flatMap((name) =>
    when(gpuModels(name).length === 0, {
      path: [...path, 'prices', 'gpuHour', name],
      code: 'SP1307',
      message: `"${name}" is no GPU model that is known here`,
      hint: didYouMean(name, knownGpuModels()) ?? 'write a model such as l4',
    }),
  )

const checkKind = (path: Path, target: TargetInput): readonly Finding[] => {
  switch (target.provider) {
    case 'local':
      return checkLocal(path, target)
    case 'swarm':
      return when(target.tls === undefined && target.hosts.some(isTcp), needsTls([...path, 'hosts']))
    case 'kubernetes':
      return when(target.context === undefined && target.kubeconfig === undefined, {
        path,
        code: 'SP1304',
        message: `${path.join('.')} names no cluster`,
        hint: 'write `context:` or `kubeconfig:`',
      })
    case 'eks':
      return [...checkPools(path, target.pools), ...pinnedAccount(path, target)]
    case 'aks':
      return [...checkPools(path, target.pools), ...serverlessOnAks(path, target.pools)]
  }
}

type Eks = Extract<TargetInput, { provider: 'eks' }>

const pinnedAccount = (path: Path, target: Eks): readonly Finding[] =>
  when(target.create !== undefined && target.account === undefined, {
    path: [...path, 'create'],
    code: 'SP1304',
    message: `${path.join('.')}.account is missing: what is created is pinned to an account`,
    hint: 'write `account: "123456789012"`',
  })

const checkPools = (path: Path, pools: Eks['pools']): readonly Finding[] =>
  Object.entries(pools ?? {}).flatMap(([name, pool]) => [
    ...when(pool.min !== undefined && pool.max !== undefined && pool.min > pool.max, {
      path: [...path, 'pools', name, 'min'],
      code: 'SP1315',
      message: `pool ${name}: min ${pool.min} is above max ${pool.max}`,
      hint: 'raise max, or lower min',
    }),
    ...when(pool.kind === 'serverless' && pool.gpu !== undefined, {
      path: [...path, 'pools', name, 'gpu'],
      code: 'SP1315',
      message: `pool ${name}: serverless nodes have no GPU`,
      hint: 'use `kind: nodes`',
    }),
  ])

const serverlessOnAks = (path: Path, pools: Eks['pools']): readonly Finding[] =>
  Object.entries(pools ?? {}).flatMap(([name, pool]) =>
    when(pool.kind === 'serverless', {
      path: [...path, 'pools', name, 'kind'],
      code: 'SP1315',
      message: `pool ${name}: AKS has no serverless pools that are fit for this`,
      hint: 'use `kind: nodes` with `min: 0`',
    }),
  )

const isTcp = (host: string): boolean => host.startsWith('tcp://')

const needsTls = (path: Path): Finding => ({
  path,
  code: 'SP1310',
  message: `${path.join('.')}: an engine at tcp:// needs tls`,
  hint: 'add tls: { ca: …, cert: …, key: … }, or use ssh://',
})

type Local = Extract<TargetInput, { provider: 'local' }>

const checkLocal = (path: Path, target: Local): readonly Finding[] => {
  const nodes = Object.entries(target.nodes ?? {})
  const remote = nodes.find(([, node]) => node.host !== undefined && !isSocket(node.host))?.[0]
  return [
    ...nodes.flatMap(([name, node]) => checkNode([...path, 'nodes', name], node, target.driver)),
    ...when(remote !== undefined && target.daemon === undefined, {
      path: [...path, 'nodes', remote ?? ''],
      code: 'SP1311',
      message: `node ${remote} is another machine's engine, so the pool needs a home that stays up`,
      hint: 'write `daemon: ssh://user@host`',
    }),
  ]
}

const checkNode = (path: Path, node: NodeInput, driver: Local['driver']): readonly Finding[] => {
  const name = path.at(-1)
  if ((node.host === undefined) === (node.simulated === undefined)) {
    const hint = 'write `host: unix:///var/run/docker.sock` for this machine’s engine'
    return [{ path, code: 'SP1311', message: `node ${name} needs either host or simulated`, hint }]
  }
  if (node.host !== undefined && driver === 'process') {
    const hint = 'take `driver: process` or the node out'
    return [{ path, code: 'SP1311', message: `node ${name} has an engine, but the target's driver is process`, hint }]
  }
  return when(node.host !== undefined && isTcp(node.host) && node.tls === undefined, needsTls(path))
}
