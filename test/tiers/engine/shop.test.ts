// The web + API + Redis + worker application of examples/shop on real engines, oldest and newest: deployed, reached through
// the published port, updated under load without a failed request, a bad update taken back, destroyed without a trace.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngineClient } from '../../../providers/local/drivers/docker/client.ts'
import { endpointOf } from '../../../providers/local/drivers/docker/endpoint.ts'
import { loadFor, startLoad } from '../../e2e/load.ts'
import { createWorld, get, until, type World } from '../../e2e/world.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage, type TestImage } from '../../engines/images.ts'
import type { EngineKind } from '../../engines/paths.ts'

const soon = (): AbortSignal => AbortSignal.timeout(60_000)

/** The example's public base images, stood in for by ones made here: no registry can be reached. */
const standIn = async (engine: TestEngine, image: TestImage, as: string): Promise<void> => {
  const reference = await loadImage(engine.host, image)
  const [repo = '', tag = ''] = as.split(':')
  const client = createEngineClient(endpointOf(engine.host, null, {}))
  await client.json(
    {
      method: 'POST',
      path: `/images/${encodeURIComponent(reference)}/tag`,
      query: { repo, tag },
      operation: 'tag an image',
    },
    soon(),
  )
}

interface Listed {
  readonly containers: number
  readonly networks: readonly string[]
  readonly volumes: readonly string[]
}

const ownedBy = async (engine: TestEngine, app: string): Promise<Listed> => {
  const client = createEngineClient(endpointOf(engine.host, null, {}))
  const filters = JSON.stringify({ label: [`stormport.dev/app=${app}`] })
  const list = <T>(path: string, all: boolean): Promise<T> =>
    client.json<T>(
      { method: 'GET', path, query: { filters, ...(all ? { all: true } : {}) }, operation: `list ${path}` },
      soon(),
    )
  const containers = await list<readonly unknown[]>('/containers/json', true)
  const networks = await list<readonly { readonly Name: string }[]>('/networks', false)
  const volumes = await list<{ readonly Volumes: readonly { readonly Name: string }[] | null }>('/volumes', false)
  return {
    containers: containers.length,
    networks: networks.map((n) => n.Name),
    volumes: (volumes.Volumes ?? []).map((v) => v.Name),
  }
}

const post = async (url: string): Promise<number> => (await fetch(url, { method: 'POST' })).status

describe.each<EngineKind>(['debian', 'current'])('the shop on the %s engine', { timeout: 400_000 }, (kind) => {
  let engine: TestEngine
  let w: World
  const url = 'http://127.0.0.1:8080/'

  beforeAll(async () => {
    engine = await startEngine({ kind })
    await standIn(engine, 'node', 'node:24-slim')
    await standIn(engine, 'redis', 'debian:bookworm-slim')
    w = createWorld({ example: 'shop', env: { DOCKER_HOST: engine.host } })
  })
  afterAll(async () => {
    await w?.end()
    await engine?.stop()
  })

  it('is built and deployed by one command and answers through the published port', async () => {
    const r = w.run('deploy')
    expect(r, r.all).toMatchObject({ code: 0 })
    expect((await get(url)).body).toMatch(/Stormport Supplies: 0 orders placed, 0 packed/)
    expect(await post(`${url}orders`)).toBe(200)
    await until('the worker packs the order', async () => /1 orders placed, 1 packed/.test((await get(url)).body))
    expect(w.run('logs', 'worker').all).toMatch(/packed order 1/)
    expect(w.run('exec', 'redis', '--', 'sh', '-c', 'exit 5').code).toBe(5)
  })

  it('builds nothing and writes nothing when nothing changed', () => {
    // A check that a busy machine lets run out of time is told, and says nothing of what was changed.
    const standing = (): string =>
      JSON.stringify(w.json('ps'), (key, value: unknown) => (key === 'reason' ? null : value))
    const before = standing()
    expect(w.run('deploy')).toMatchObject({ code: 0 })
    expect(standing()).toBe(before)
    expect(w.json('releases')).toMatchObject({ releases: [{ number: 1 }] })
  })

  it('is updated under load without a failed request', async () => {
    const load = startLoad(`${url}healthz`)
    await loadFor(10_000)
    w.write(
      'compose.yaml',
      readFileSync(join(w.dir, 'compose.yaml'), 'utf8').replace('Stormport Supplies', 'Any Port Supplies'),
    )
    const updated = await w.start('deploy').ended
    await loadFor(10_000)
    const { failures, perSecond } = await load.stop()
    expect(updated.code, updated.all).toBe(0)
    expect(failures).toEqual([])
    expect(perSecond).toBeGreaterThan(200)
    expect((await get(url)).body).toMatch(/Any Port Supplies/)
  })

  it('takes a bad update back, says why, and keeps serving', async () => {
    const main = readFileSync(join(w.dir, 'web/main.mjs'), 'utf8')
    w.write('web/main.mjs', "console.error('sprung a leak'); process.exit(3)\n")
    const bad = w.run('deploy', '--timeout', '120s')
    expect(bad.code, bad.all).toBe(6)
    expect(bad.all).toMatch(/sprung a leak/)
    expect((await get(url)).body).toMatch(/Any Port Supplies/)
    w.write('web/main.mjs', main)
    expect(w.run('deploy')).toMatchObject({ code: 0 })
  })

  it('goes on after the daemon was killed in the middle of a deploy', async () => {
    w.write(
      'compose.yaml',
      readFileSync(join(w.dir, 'compose.yaml'), 'utf8').replace('Any Port Supplies', 'Safe Harbour'),
    )
    const deploying = w.start('deploy')
    await until('the rollout has begun', () =>
      (w.json('ps') as { readonly replicas: readonly { readonly release: number }[] }).replicas.some(
        (r) => r.release > 2,
      ),
    )
    const { pid } = w.json('daemon', 'status') as { readonly pid: number } // the shape of DESIGN section 9
    process.kill(pid, 'SIGKILL')
    deploying.kill('SIGKILL')
    await deploying.ended
    const again = w.run('deploy')
    expect(again.code, again.all).toBe(0)
    expect((await get(url)).body).toMatch(/Safe Harbour/)
    expect((await ownedBy(engine, 'shop')).containers).toBe(6)
  })

  it('is destroyed without a trace', async () => {
    expect(w.run('destroy')).toMatchObject({ code: 0 })
    expect(await ownedBy(engine, 'shop')).toEqual({ containers: 0, networks: [], volumes: ['shop_redis-data'] })
    expect(w.run('destroy', '-p', 'shop', '--volumes', '--allow', 'destroy')).toMatchObject({ code: 0 })
    expect(await ownedBy(engine, 'shop')).toEqual({ containers: 0, networks: [], volumes: [] })
    await expect(get(url)).rejects.toThrow()
  })
})
