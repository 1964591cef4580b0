// Clusters in `place`: replicas go by strategy, by what each cluster really has free (what others run there counts), and to
// the cards that are free; what fits nowhere is refused in words. Two simulated clusters with GPU nodes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awaitObject, type PlaneApi } from '../../clusters/index.ts'
import type { World } from '../../e2e/world.ts'
import { EDGE, fleetFile, type Pair, RACK, startPair } from './fleet/pair.ts'
import { countsOf, type Plan, planOf, psOf } from './fleet/reports.ts'
import { createDeployment, DEPLOYMENTS, type DeploymentState } from './objects.ts'

const L4 = { count: 1, product: 'NVIDIA-L4', memoryMib: 23_034 }
const A100 = { count: 2, product: 'NVIDIA-A100-SXM4-80GB', memoryMib: 81_920 }

/** Free on rack: 2 × 4 CPUs, one of them beside an L4; on edge: 4 CPUs, and 16 beside two A100. */
const NODES = {
  rack: [
    { name: 'rack-plain', cpu: '4', memory: '16Gi' },
    { name: 'rack-l4', cpu: '4', memory: '16Gi', gpus: L4 },
  ],
  edge: [
    { name: 'edge-plain', cpu: '4', memory: '8Gi' },
    { name: 'edge-a100', cpu: '16', memory: '64Gi', gpus: A100 },
  ],
}

const service = (name: string, ...lines: readonly string[]): string =>
  [`  ${name}:`, `    image: registry.example/${name}:1`, ...lines.map((line) => `    ${line}`), ''].join('\n')

const wants = (cpus: number, memory: string, replicas: number): string =>
  `deploy: { replicas: ${replicas}, resources: { reservations: { cpus: "${cpus}", memory: ${memory} } } }`

const busy = async (api: PlaneApi, name: string, cpu: string): Promise<void> => {
  const container = { resources: { requests: { cpu } } }
  await createDeployment(api, { name, replicas: 1, container, pod: { nodeName: 'rack-plain' } })
  await awaitObject<DeploymentState>(api, `${DEPLOYMENTS}/${name}`, ({ status }) => status.readyReplicas === 1)
}

describe('clusters in place', { timeout: 180_000 }, () => {
  let pair: Pair
  let w: World
  beforeAll(async () => {
    pair = await startPair(NODES)
    w = pair.w
  })
  afterAll(() => pair?.stop())

  const plan = (place: string, ...services: readonly string[]): Plan => {
    w.write('compose.yaml', `name: berth\nservices:\n${services.join('')}`)
    w.write('stormport.yaml', fleetFile([RACK, EDGE], place))
    return planOf(w)
  }
  const counts = (place: string, ...services: readonly string[]) => countsOf(plan(place, ...services))

  it('share replicas in the order of preference, evenly, or by weight', () => {
    const web = service('web', wants(0.1, '64M', 6))
    expect(counts('{ strategy: ordered, prefer: [edge, rack] }', web)).toEqual({ web: { edge: 6 } })
    expect(counts('{ strategy: spread }', web)).toEqual({ web: { rack: 3, edge: 3 } })
    expect(counts('{ strategy: weighted, weights: { rack: 2, edge: 1 } }', web)).toEqual({ web: { rack: 4, edge: 2 } })
  })

  it('give what is free, and overflow to the next when they are full', async () => {
    const web = service('web', wants(1, '64M', 10))
    expect(counts('{ strategy: ordered, prefer: [rack, edge] }', web)).toEqual({ web: { rack: 8, edge: 2 } })
    await busy(pair.rack.api, 'somebody-else', '2500m')
    expect(counts('{ strategy: ordered, prefer: [rack, edge] }', web)).toEqual({ web: { rack: 5, edge: 5 } })
    const large = service('web', wants(0.1, '12G', 4))
    expect(counts('{ strategy: ordered, prefer: [edge, rack] }', large)).toEqual({ web: { edge: 4 } })
    expect(counts('{ strategy: spread }', service('web', wants(0.1, '12G', 6)))).toEqual({ web: { rack: 2, edge: 4 } })
  })

  it('refuse what fits nowhere, with the reason of each and nothing changed', () => {
    const refused = plan('{ strategy: spread }', service('web', wants(10, '64M', 2)))
    expect(refused.unplaceable).toMatchObject([{ service: 'web', count: 1 }])
    expect(refused.unplaceable[0]?.refusals.map((r) => r.target)).toEqual(expect.arrayContaining(['rack', 'edge']))
    expect(refused.unplaceable[0]?.refusals.map((r) => r.reason).join()).toMatch(/cpu/i)
    const deploy = w.run('deploy', '--no-resolve')
    expect(deploy.code, deploy.all).toBe(5)
    expect(psOf(w).replicas).toEqual([])
  })

  it('give cards of the asked model where they are free', () => {
    const gpu = (models: string, replicas: number, more = ''): string =>
      service('model', wants(0.5, '1G', replicas), `x-stormport: { gpu: { models: [${models}]${more} } }`)
    expect(counts('{ strategy: ordered }', gpu('a100', 2))).toEqual({ model: { edge: 2 } })
    expect(counts('{ strategy: ordered }', gpu('l4', 1))).toEqual({ model: { rack: 1 } })
    expect(counts('{ strategy: ordered }', gpu('l4, a100', 3))).toEqual({ model: { rack: 1, edge: 2 } })
    expect(counts('{ strategy: ordered }', gpu('l4, a100', 1, ', memory: ">=40GiB"'))).toEqual({ model: { edge: 1 } })
    const refused = plan('{ strategy: ordered }', gpu('l4', 2))
    expect(refused.unplaceable).toMatchObject([{ service: 'model', count: 1 }])
    expect(refused.unplaceable[0]?.refusals.map((r) => r.reason).join()).toMatch(/l4|gpu/i)
  })

  it('run a replica beside its card, and count that card as taken from then on', () => {
    const model = service('model', wants(0.5, '1G', 1), 'x-stormport: { gpu: { models: [a100], count: 2 } }')
    plan('{ strategy: ordered }', model)
    const deployed = w.run('deploy', '--no-resolve', '--timeout', '60s')
    expect(deployed.code, deployed.all).toBe(0)
    expect(psOf(w).replicas).toMatchObject([{ target: 'edge', node: 'edge-a100', ready: true }])
    const second = service('second', wants(0.5, '1G', 1), 'x-stormport: { gpu: { models: [a100] } }')
    const refused = plan('{ strategy: ordered }', model, second)
    expect(countsOf(refused)).toEqual({ model: { edge: 1 } })
    expect(refused.unplaceable).toMatchObject([{ service: 'second', count: 1 }])
    expect(w.run('destroy').code).toBe(0)
  })

  it('keep what needs each other together, and name the peer where it is not', () => {
    const db = service('db', wants(0.5, '1G', 1), 'x-stormport: { targets: [rack] }')
    const web = (more: string): string => service('web', wants(0.5, '64M', 2), 'depends_on: [db]', more)
    expect(counts('{ strategy: spread }', db, web('x-stormport: {}'))).toEqual({ db: { rack: 1 }, web: { rack: 2 } })
    const refused = plan('{ strategy: spread }', db, web('x-stormport: { targets: [edge] }'))
    expect(refused.unplaceable[0]).toMatchObject({ service: 'web', count: 2 })
    expect(JSON.stringify(refused.unplaceable)).toMatch(/needs db, which runs only on rack/)
    const reached = 'x-stormport: { targets: [edge], reach: { db: "db.example.com:5432" } }'
    expect(counts('{ strategy: spread }', db, web(reached))).toEqual({ db: { rack: 1 }, web: { edge: 2 } })
  })
})
