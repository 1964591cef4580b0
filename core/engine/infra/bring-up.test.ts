import { describe, expect, it } from 'vitest'
import { fleet as fleetOf, target as targetOf } from '../../../test/builders/app.ts'
import { createFakeCloud, type FakeCloud, onCloud } from '../../../test/fakes/cloud/index.ts'
import { createFakeProvider } from '../../../test/fakes/cluster/index.ts'
import { embeddedCatalog } from '../../catalog/embedded.ts'
import { StormportError } from '../../errors.ts'
import type { Fleet, Target } from '../../model/fleet.ts'
import type { EngineDeps } from '../api.ts'
import type { Running } from '../change.ts'
import { type BringUp, bringUp, infraPlan } from './bring-up.ts'
import { lookAtInfra } from './look.ts'

const never = new AbortController().signal
const GPU_POOL = { gpu: { models: ['l4'], memory: '>=24GiB', count: 1 }, capacity: ['spot', 'on-demand'], max: 4 }

const targetWith = (settings: Readonly<Record<string, unknown>>, pools: Readonly<Record<string, unknown>>): Target => ({
  ...targetOf('aws', { settings: { region: 'us-east-1', ...settings } }),
  provider: 'eks',
  pools: Object.entries(pools).map(([name, each]) => ({ name, kind: 'nodes', settings: { ...(each as object) } })),
})

interface Scene {
  readonly cloud: FakeCloud
  readonly run: Running
  readonly said: string[]
  readonly fleet: Fleet
  readonly input: BringUp
  up(target: Target, over?: Partial<BringUp>): Promise<string>
}

/** Time passes only by being slept. */
const scene = (): Scene => {
  const cloud = createFakeCloud()
  const provider = onCloud(createFakeProvider(), cloud)
  const said: string[] = []
  let now = 0
  const deps: Pick<EngineDeps, 'provider' | 'clock' | 'catalog'> = {
    provider: async () => provider,
    clock: {
      now: () => now,
      sleep: async (ms) => {
        now += ms
      },
    },
    catalog: async (which) => embeddedCatalog(which),
  }
  const run: Running = {
    deps: deps as EngineDeps,
    say: (_type, _code, message) => void said.push(message),
    signal: never,
  }
  const fleet = { ...fleetOf([]), name: 'acme' }
  const input: BringUp = { fleet, shortages: new Map(), deadlineMs: 600_000, override: false, purpose: 'declared' }
  const up = async (target: Target, over: Partial<BringUp> = {}): Promise<string> => {
    const asked = { fleet, targets: [target], shortages: input.shortages }
    const look = (await lookAtInfra(asked, run.deps, never)).get('aws')
    if (look === undefined) return 'nothing declared'
    return (await bringUp(look, { ...input, ...over }, run)).kind
  }
  return { cloud, run, said, fleet, input, up }
}

describe('bringing up the infrastructure of a target', () => {
  it('makes network, cluster and groups in the order in which they stand on each other, and waits for each', async () => {
    const s = scene()
    expect(await s.up(targetWith({ create: {} }, { general: { cpu: 4, memory: '16GiB' } }))).toBe('ready')
    expect(s.cloud.journal.map((line) => line.replace(/-[0-9a-f]{6}$/, ''))).toEqual([
      'create Network/net',
      'create Cluster/c',
      'create Group/general-on-demand',
    ])
    expect(s.said).toContain('Cluster c: creating')
  })

  it('writes nothing the second time', async () => {
    const s = scene()
    const target = targetWith({ create: {} }, { gpu: GPU_POOL })
    await s.up(target)
    const before = s.cloud.journal.length
    expect(await s.up(target)).toBe('ready')
    expect(s.cloud.journal).toHaveLength(before)
  })

  it('goes on after a lost answer as if the step had been told to be done', async () => {
    const s = scene()
    s.cloud.loseNextAnswer()
    expect(await s.up(targetWith({ create: {} }, {}))).toBe('ready')
    expect(s.cloud.journal).toEqual(['create Network/net', 'create Cluster/c'])
  })

  it('takes the next candidate when the cloud refuses a type, and says why', async () => {
    const s = scene()
    s.cloud.soldOut.set('g6.xlarge', 'refused')
    expect(await s.up(targetWith({ create: {} }, { gpu: { ...GPU_POOL, capacity: ['on-demand'] } }))).toBe('ready')
    const types = [...s.cloud.things.values()].flatMap((thing) => thing.body.types ?? [])
    expect(types).toEqual(['g6.2xlarge'])
    expect(s.said.filter((line) => line.includes('next candidate'))).toEqual([
      'pool gpu: g6.xlarge: no g6.xlarge in any zone; the next candidate is taken',
    ])
  })

  it('replaces a group that failed for want of machines, and removes the failed one', async () => {
    const s = scene()
    s.cloud.soldOut.set('g6.xlarge', 'failed')
    expect(await s.up(targetWith({ create: {} }, { gpu: { ...GPU_POOL, capacity: ['on-demand'] } }))).toBe('ready')
    expect(s.cloud.journal.filter((line) => line.includes('Group')).map((line) => line.split(' ')[0])).toEqual([
      'create',
      'create',
      'delete',
    ])
    expect([...s.cloud.things.values()].flatMap((thing) => thing.body.types ?? [])).toEqual(['g6.2xlarge'])
  })

  it('keeps the type that stands when a cheaper one appears', async () => {
    const s = scene()
    const target = targetWith({ create: {} }, { gpu: { ...GPU_POOL, capacity: ['on-demand'] } })
    s.input.shortages.set('aws/g6.xlarge/on-demand', 'sold out this morning')
    await s.up(target)
    s.input.shortages.clear()
    const before = s.cloud.journal.length
    expect(await s.up(target)).toBe('ready')
    expect(s.cloud.journal).toHaveLength(before)
  })

  it('replaces the group of a changed pool: the new one is up before the old one goes', async () => {
    const s = scene()
    await s.up(targetWith({ create: {} }, { p: { instances: ['m7i.xlarge'] } }))
    expect(await s.up(targetWith({ create: {} }, { p: { instances: ['m7i.2xlarge'] } }))).toBe('ready')
    const groups = s.cloud.journal.filter((line) => line.includes('Group'))
    expect(groups.map((line) => line.split(' ')[0])).toEqual(['create', 'create', 'delete'])
  })

  it('removes a pool whose key has gone, and nothing else', async () => {
    const s = scene()
    await s.up(targetWith({ create: {} }, { p: { instances: ['m7i.xlarge'] }, q: { instances: ['m7i.2xlarge'] } }))
    expect(await s.up(targetWith({ create: {} }, { p: { instances: ['m7i.xlarge'] } }))).toBe('ready')
    expect(s.cloud.journal.at(-1)).toMatch(/^delete Group\/q-on-demand/)
  })

  it('takes everything down again in the reverse order, each gone before the next', async () => {
    const s = scene()
    const target = targetWith({ create: {} }, { p: { instances: ['m7i.xlarge'] } })
    await s.up(target)
    expect(await s.up(target, { purpose: 'destroy' })).toBe('ready')
    expect(s.cloud.things.size).toBe(0)
    expect(s.cloud.journal.slice(-3).map((line) => line.replace(/-[0-9a-f]{6}$/, ''))).toEqual([
      'delete Group/p-on-demand',
      'delete Cluster/c',
      'delete Network/net',
    ])
  })

  it('ends late with the names of what is not done, never by itself with a deletion', async () => {
    const s = scene()
    expect(await s.up(targetWith({ create: {} }, {}), { deadlineMs: 6_000 })).toBe('late')
    expect(s.cloud.journal.filter((line) => line.startsWith('delete'))).toEqual([])
  })

  it('throws what no other candidate can mend', async () => {
    const s = scene()
    s.cloud.soldOut.set('m7i.xlarge', 'refused')
    const up = s.up(targetWith({ create: {} }, { p: { instances: ['m7i.xlarge'] } }))
    await expect(up).rejects.toBeInstanceOf(StormportError)
  })

  it('asks consent of class spend for what is made, and of class destroy for what is taken down', async () => {
    const s = scene()
    const target = targetWith({ create: {} }, {})
    const asked = { fleet: s.fleet, targets: [target], shortages: new Map() }
    const look = (await lookAtInfra(asked, s.run.deps, never)).get('aws')
    if (look === undefined) throw new Error('nothing declared')
    expect(infraPlan(look, s.input).actions.map((a) => [a.kind, a.consent])).toEqual([
      ['create', 'spend'],
      ['create', 'spend'],
    ])
    await s.up(target)
    const after = (await lookAtInfra(asked, s.run.deps, never)).get('aws')
    if (after === undefined) throw new Error('nothing declared')
    const gone = infraPlan(after, { ...s.input, purpose: 'destroy' })
    expect(gone.actions.map((a) => [a.kind, a.consent])).toEqual([
      ['remove', 'destroy'],
      ['remove', 'destroy'],
    ])
  })
})
