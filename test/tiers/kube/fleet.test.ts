// One application on a real engine, a real node and a simulated cluster by one command (examples/fleet): deployed, looked at,
// updated under load without a failed request, a bad release taken back, rolled back, destroyed without a trace.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KubeletPlane, type Plane, startKubeletPlane, startPlane } from '../../clusters/index.ts'
import { loadFor, startLoad } from '../../e2e/load.ts'
import { createWorld, get, type Ran, until, type World } from '../../e2e/world.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { namesOn, thingsOn } from './fleet/census.ts'
import { pushImages } from './fleet/images.ts'
import { psOf, statusOf } from './fleet/reports.ts'

const NAMES = ['here', 'rack', 'edge']
/** Where containers run. */
const REAL = ['here', 'rack']

describe('one application on an engine and two clusters', { timeout: 300_000 }, () => {
  let engine: TestEngine
  let rack: KubeletPlane
  let edge: Plane
  let w: World
  let before: Awaited<ReturnType<typeof census>>

  beforeAll(async () => {
    const started = Date.now()
    const edgeNodes = [1, 2].map((n) => ({ name: `edge-${n}`, cpu: '4', memory: '8Gi' }))
    const ready = await Promise.allSettled([
      startEngine({ kind: 'current' }).then((e) => (engine = e)),
      startKubeletPlane({ name: 'rack' }).then((p) => (rack = p)),
      startPlane({ name: 'edge', nodes: edgeNodes }).then((p) => (edge = p)),
    ])
    for (const one of ready) if (one.status === 'rejected') throw one.reason
    const images = await pushImages(rack.registry)
    const KUBECONFIG = `${rack.kubeconfig}:${edge.kubeconfig}`
    w = createWorld({ example: 'fleet', env: { DOCKER_HOST: engine.host, KUBECONFIG, ...images } })
    before = await census()
    console.log(`engine, planes and images were there after ${Date.now() - started} ms`)
  })
  afterAll(async () => {
    await w?.end()
    await Promise.allSettled([engine?.stop(), rack?.stop(), edge?.stop()])
  })

  const census = async () => ({
    here: await thingsOn(engine.host),
    rack: await namesOn(rack.api),
    edge: await namesOn(edge.api),
  })
  const doors = (): ReadonlyMap<string, string> =>
    new Map(
      statusOf(w).targets.flatMap((t) => t.services.flatMap((s) => s.endpoints.map((url) => [t.name, url] as const))),
    )
  const door = (target: string): string => doors().get(target) ?? ''
  const page = async (target: string): Promise<string> => (await get(door(target))).body
  /** Never the blocking kind: this process is the door to the registry. */
  const run = (...args: readonly string[]): Promise<Ran> => w.start(...args).ended
  const rename = (from: string, to: string): void =>
    w.write('compose.yaml', readFileSync(join(w.dir, 'compose.yaml'), 'utf8').replace(from, to))

  it('is deployed everywhere by one command, and every part serves on every target', async () => {
    const refused = await run('deploy', '--yes')
    expect(refused.code, refused.all).toBe(10)
    expect(refused.all).toMatch(/rack: web opens .*\n.*--allow expose/)
    const started = Date.now()
    const r = await run('deploy', '--yes', '--allow', 'expose')
    expect(r.code, r.all).toBe(0)
    console.log(`first deploy to three targets: ${Date.now() - started} ms`)
    for (const { name, services } of statusOf(w).targets)
      expect([name, ...services.map((s) => `${s.name} ${s.ready}/${s.desired}`).sort()]).toEqual([
        name,
        ...['api 1/1', 'redis 1/1', 'web 2/2', 'worker 1/1'],
      ])
    for (const target of REAL) {
      expect(await page(target)).toBe('Stormport Supplies: 0 orders placed, 0 packed\n')
      expect((await fetch(`${door(target)}/orders`, { method: 'POST' })).status).toBe(200)
      // An order that is packed has been through web, API, Redis and worker of this target alone.
      await until(`${target} packs its order`, async () => /1 orders placed, 1 packed/.test(await page(target)))
    }
  })

  it('runs the same digests on every target', () => {
    const digests = new Map<string, Set<string>>()
    for (const { service, image } of psOf(w).replicas) {
      const digest = /sha256:[0-9a-f]{64}$/.exec(image ?? '')?.[0] ?? `no digest in ${image}`
      digests.set(service, (digests.get(service) ?? new Set()).add(digest))
    }
    const same = [...digests].map(([service, found]) => [service, found.size, [...found].join().slice(0, 7)])
    expect(same.sort()).toEqual(['api', 'redis', 'web', 'worker'].map((service) => [service, 1, 'sha256:']))
  })

  it('is seen, read and entered over all targets', async () => {
    expect(new Set(psOf(w).replicas.map((r) => r.target))).toEqual(new Set(NAMES))
    expect(psOf(w).replicas.filter((r) => !r.ready)).toEqual([])
    const logs = await run('logs', 'worker')
    expect(logs.code, logs.all).toBe(0)
    for (const target of REAL) expect(logs.out).toMatch(new RegExp(`worker\\S* ?\\S* ${target} +│ packed order 1`))
    expect((await run('logs', 'worker', '--target', 'rack')).out).not.toMatch(/here/)
    for (const target of REAL) {
      const inside = await run('exec', 'web', '--target', target, '--', 'sh', '-c', 'id -u; exit 5')
      expect([inside.code, inside.out.trim()], inside.all).toEqual([5, '10001'])
    }
  })

  it('changes nothing when nothing changed', async () => {
    const seen = psOf(w).replicas.map((r) => r.id)
    const again = await run('deploy', '--yes')
    expect(again.code, again.all).toBe(0)
    expect(again.out).toMatch(/nothing to change: fleet release 1 is live on here, rack, edge/)
    expect(psOf(w).replicas.map((r) => r.id)).toEqual(seen)
  })

  it('is updated under load without a failed request where containers run', async () => {
    const loads = REAL.map((target) => startLoad(`${door(target)}/healthz`))
    await loadFor(10_000)
    rename('Stormport Supplies', 'Any Port Supplies')
    const updated = await run('deploy', '--yes')
    await loadFor(10_000)
    const ended = await Promise.all(loads.map((load) => load.stop()))
    console.log(
      ended.map((load, i) => `${REAL[i]}: ${load.requests} requests, ${Math.round(load.perSecond)}/s`).join('; '),
    )
    expect(updated.code, updated.all).toBe(0)
    expect(ended.map((load) => load.failures)).toEqual([[], []])
    for (const load of ended) expect(load.perSecond).toBeGreaterThan(200)
    for (const target of REAL) expect(await page(target)).toMatch(/^Any Port Supplies: 1 orders placed, 1 packed/)
    expect(statusOf(w).targets.map((t) => t.release)).toEqual([2, 2, 2])
  })

  it('takes a bad release back on each target that finds it bad, and says why', async () => {
    rename('["node", "/app/web/main.mjs"]', '["node", "-e", "console.error(`sprung a leak`); process.exit(3)"]')
    const bad = await run('deploy', '--yes', '--timeout', '100s')
    rename('["node", "-e", "console.error(`sprung a leak`); process.exit(3)"]', '["node", "/app/web/main.mjs"]')
    // On the simulated cluster nothing runs that could fail.
    expect(bad.code, bad.all).toBe(7)
    for (const target of REAL) {
      expect(bad.all).toMatch(new RegExp(`${target}: rolled back, release 2`))
      expect(await page(target)).toMatch(/^Any Port Supplies: 1 orders placed, 1 packed/)
    }
    expect(bad.all).toMatch(/sprung a leak/)
    expect(statusOf(w).targets.map((t) => [t.name, t.release])).toEqual([
      ['here', 2],
      ['rack', 2],
      ['edge', 3],
    ])
  })

  it('goes back to the first release everywhere', async () => {
    const back = await run('rollback', '1', '--yes')
    expect(back.code, back.all).toBe(0)
    for (const target of REAL) expect(await page(target)).toMatch(/^Stormport Supplies: 1 orders placed, 1 packed/)
    const { releases } = w.json('releases') as { readonly releases: readonly unknown[] } // the shape of DESIGN section 9
    expect(releases.at(-1)).toMatchObject({ number: 4, from: 1, healthy: true, targets: NAMES })
  })

  it('is destroyed without a trace on any target', async () => {
    const urls = [...doors().values()]
    expect(urls).toHaveLength(REAL.length)
    const gone = await run('destroy', '--yes', '--volumes', '--allow', 'destroy')
    expect(gone.code, gone.all).toBe(0)
    for (const url of urls) await expect(get(url)).rejects.toThrow()
    // A volume's own clean-up by the cluster ends a moment later.
    await until('every object is gone', async () => JSON.stringify(await census()) === JSON.stringify(before)).catch(
      () => undefined,
    )
    expect(await census()).toEqual(before)
    expect(await run('destroy', '--yes', '-p', 'fleet')).toMatchObject({ code: 0 })
  })
})
