// The suite of kills: every chosen call of a deploy, an update and a destroy, each on an app of its own, several at a time
// on one plane.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../../clusters/fault-proxy.ts'
import { type Plane, startPlane } from '../../clusters/index.ts'
import { createStand, type Stand } from './faults-stand.ts'
import { type Counts, type Ground, giveUpAt, killAt, type Reference, undisturbed } from './kills-drive.ts'

const NODES = [1, 2].map((n) => ({ name: `node-${n}`, cpu: '16', memory: '32Gi', pods: 200 }))
/** Each has a proxy of its own, so that a call belongs to one command. */
const WORKERS = 2

export interface KillsOptions {
  /** After which calls. */
  readonly after: string
  readonly counts: Counts
  /** A deploy is given up after each such one. */
  readonly giveUpEvery: number
  readonly limitMs: number
}

export const describeKills = ({ after, counts, giveUpEvery, limitMs }: KillsOptions): unknown =>
  describe('kill -9 of the command line', () => {
    let plane: Plane
    let stand: Stand
    let proxies: readonly FaultProxy[] = []
    let grounds: readonly Ground[] = []
    let reference: Reference

    beforeAll(async () => {
      plane = await startPlane({ name: 'kills', nodes: NODES, fast: true })
      stand = createStand()
      proxies = await Promise.all(Array.from({ length: WORKERS }, () => startFaultProxy(plane)))
      grounds = proxies.map((proxy) => ({ api: plane.api, proxy, stand }))
      const first = grounds[0]
      if (first === undefined) throw new Error('no worker')
      reference = await undisturbed(first, counts)
    })
    afterAll(async () => {
      await stand?.end()
      await Promise.all(proxies.map((proxy) => proxy.stop()))
      await plane?.stop()
    })

    it('finds every kind of change in the undisturbed run', () => {
      const { calls, states } = reference
      for (const part of ['/leases', '/secrets', '/configmaps', 'deployments/web', 'statefulsets/db'])
        expect(calls.get('deploy')?.join('\n')).toContain(part)
      expect(calls.get('destroy')?.some((call) => call.startsWith('DELETE'))).toBe(true)
      expect(states.get('destroy')).toBe('nothing')
      expect(states.get('update')).toContain('"current":2')
    })

    const atEach = async (
      points: readonly number[],
      kill: (ground: Ground, at: number) => Promise<readonly string[]>,
    ): Promise<readonly string[]> => {
      const queue = [...points]
      const wrong: string[] = []
      const work = async (ground: Ground): Promise<void> => {
        for (let at = queue.shift(); at !== undefined; at = queue.shift()) wrong.push(...(await kill(ground, at)))
      }
      await Promise.all(grounds.map(work))
      return wrong
    }

    it(`after ${after} of a deploy, an update and a destroy ends as if nobody had killed it`, {
      timeout: limitMs,
    }, async () => {
      const most = Math.max(...[...reference.calls.values()].map((calls) => calls.length))
      const wrong = await atEach(upTo(most), (ground, at) => killAt(ground, reference, { at, counts }))
      expect(wrong, wrong.join('\n')).toEqual([])
    })

    it(`a first deploy that is given up after ${after} leaves nothing that destroy does not remove`, {
      timeout: limitMs,
    }, async () => {
      const points = upTo(reference.calls.get('deploy')?.length ?? 0).filter(
        (at) => at % giveUpEvery === 1 % giveUpEvery,
      )
      expect(points.length).toBeGreaterThan(5)
      const wrong = await atEach(points, (ground, at) => giveUpAt(ground, { at, counts }))
      expect(wrong, wrong.join('\n')).toEqual([])
    })
  })

const upTo = (most: number): readonly number[] => Array.from({ length: most }, (_, i) => i + 1)
