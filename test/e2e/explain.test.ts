// The verbs that explain, on a local pool of host processes: built command line, real daemon, nothing but Node.
import { afterEach, describe, expect, it } from 'vitest'
import type { MetricsReport, PoolsReport, WhyReport } from '../../core/engine/api.ts'
import { createWorld, until, type World } from './world.ts'

const worlds: World[] = []
const world = (): World => {
  const made = createWorld({ example: 'hello' })
  worlds.push(made)
  return made
}
afterEach(async () => {
  for (const w of worlds.splice(0)) await w.end()
})

interface Line {
  readonly type: string
  readonly message: string
  readonly data: { readonly reason?: string } | null
}

const reasons = (w: World, ...words: readonly string[]): readonly (string | undefined)[] =>
  w
    .run('events', '--json', ...words)
    .out.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
    .map((line) => line.data?.reason)
    .filter((reason) => reason !== undefined)

const COMPOSE = (command: string): string => `
name: hello
services:
  web:
    image: node:24
    command: ${command}
    x-stormport: { process: always }
`

describe('a local pool explains itself', { timeout: 180_000 }, () => {
  it('by events of its replicas and rollouts, usage, its pool, and no drift', async () => {
    const w = world()
    expect(w.run('deploy')).toMatchObject({ code: 0 })
    expect(reasons(w)).toEqual(
      expect.arrayContaining(['RolloutStarted', 'Scheduled', 'Started', 'Ready', 'RolloutComplete']),
    )
    expect(reasons(w, 'nobody')).toEqual([])
    expect(w.run('events', 'web').out).toMatch(/ local process web\.1 Started: started on /)
    const { samples } = w.json('metrics') as MetricsReport // the shape that the verb promises
    expect(samples.map((s) => s.slot).sort()).toEqual([1, 2])
    const { targets } = w.json('pool', 'list') as PoolsReport // the same
    expect(targets).toMatchObject([{ target: 'local', pools: [{ name: 'default', nodes: 1 }] }])
    expect(w.json('plan', '--drift')).toEqual({ drift: [], unknown: [] })
    const why = w.json('why', 'web.1') as WhyReport // the same
    expect(why).toMatchObject({ service: 'web', slot: 1, phase: 'ready', ready: true, refusals: [] })
    expect(why.events.map((e) => e.reason)).toContain('Ready')
  })

  it('by the exit and the last lines of what crashes', async () => {
    const w = world()
    w.write('compose.yaml', COMPOSE(`["node", "-e", "console.error('no ledger'); process.exit(3)"]`))
    expect(w.run('deploy', '--on-failure', 'keep').code).toBe(6)
    const why = w.json('why', 'web') as WhyReport // the shape that the verb promises
    expect(why).toMatchObject({ ready: false, lastExit: { code: 3 } })
    expect(why.lastLogs).toContain('no ledger')
    expect(why.events.some((e) => e.severity === 'warning' && e.message.includes('exited with 3'))).toBe(true)
    expect(w.run('why', 'web').out).toContain('last lines:')
  })

  it('by following: what comes is told until the signal', async () => {
    const w = world()
    expect(w.run('deploy')).toMatchObject({ code: 0 })
    const following = w.start('events', '-f')
    await until('the new replica', () => w.run('scale', 'web=3').code === 0)
    await until('its event', () => reasons(w).filter((r) => r === 'Ready').length >= 3)
    following.kill('SIGINT')
    const ended = await following.ended
    expect(ended.code).toBe(130)
    expect(ended.out).toMatch(/web\.3 Ready/)
  })
})
