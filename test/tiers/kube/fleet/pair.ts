// Two simulated clusters, each in a network namespace of its own so that it can be cut off, and a user's project beside them:
// host processes on this machine, pods that are only played on the clusters.
import { type Plane, startPlane, type TestNode } from '../../../clusters/index.ts'
import { createWorld, type World } from '../../../e2e/world.ts'

export interface Pair {
  readonly rack: Plane
  readonly edge: Plane
  readonly w: World
  stop(): Promise<void>
}

export interface PairOptions {
  readonly rack: readonly TestNode[]
  readonly edge: readonly TestNode[]
}

export const startPair = async (nodes: PairOptions): Promise<Pair> => {
  const started: Plane[] = []
  const start = async (name: 'rack' | 'edge'): Promise<Plane> => {
    const plane = await startPlane({ name, nodes: nodes[name], network: 'namespace' })
    started.push(plane)
    return plane
  }
  const stopAll = async (): Promise<void> => {
    await Promise.allSettled(started.map((plane) => plane.stop()))
  }
  const [rack, edge] = await Promise.all([start('rack'), start('edge')]).catch(async (error: unknown) => {
    await stopAll()
    throw error
  })
  const w = createWorld({ env: { KUBECONFIG: `${rack.kubeconfig}:${edge.kubeconfig}`, STORMPORT_YES: '1' } })
  return {
    rack,
    edge,
    w,
    stop: async () => {
      await w.end()
      await stopAll()
    },
  }
}

export const HERE = '  here: { provider: local, driver: process }'
export const RACK = '  rack: { provider: kubernetes, context: rack }'
export const EDGE = '  edge: { provider: kubernetes, context: edge }'

export const fleetFile = (targets: readonly string[], place = '{ strategy: spread }'): string =>
  ['targets:', ...targets, `place: ${place}`, ''].join('\n')
