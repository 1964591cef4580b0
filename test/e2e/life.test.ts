// The five-minute tour of the README, run as a user runs it: built command line, process driver, nothing but Node.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createWorld, filesUnder, get, until, type World } from './world.ts'

interface Status {
  readonly state: string
  readonly release: number | null
  readonly targets: readonly {
    readonly name: string
    readonly services: readonly {
      readonly name: string
      readonly desired: number
      readonly ready: number
      readonly endpoints: readonly string[]
    }[]
  }[]
}
interface Ps {
  readonly replicas: readonly {
    readonly id: string
    readonly service: string
    readonly ready: boolean
    readonly restarts: number
  }[]
}

const worlds: World[] = []
const world = (...args: Parameters<typeof createWorld>): World => {
  const made = createWorld(...args)
  worlds.push(made)
  return made
}
afterEach(async () => {
  for (const w of worlds.splice(0)) await w.end()
})

const status = (w: World): Status => w.json('status') as Status // the shape of DESIGN section 9
const ps = (w: World): Ps => w.json('ps') as Ps // the same
const endpoint = (w: World): string =>
  status(w)
    .targets.flatMap((t) => t.services)
    .flatMap((s) => s.endpoints)[0] ?? ''

describe('an application on nothing but Node', { timeout: 180_000 }, () => {
  it('is deployed by one command, answers, is changed, scaled, rolled back and destroyed without a trace', async () => {
    const w = world({ example: 'hello' })
    expect(w.run('deploy')).toMatchObject({ code: 0 })
    expect(status(w)).toMatchObject({ state: 'healthy', release: 1 })
    const url = endpoint(w)
    expect((await get(url)).body).toMatch(/^ahoy from process \d+, v1\n$/)

    const server = readFileSync(join(w.dir, 'server.mjs'), 'utf8')
    w.write('server.mjs', server.replace("'v1'", "'v2'"))
    expect(w.run('deploy')).toMatchObject({ code: 0 })
    expect((await get(url)).body).toMatch(/v2\n$/)

    expect(w.run('scale', 'web=3')).toMatchObject({ code: 0 })
    expect(ps(w).replicas.filter((r) => r.ready)).toHaveLength(3)
    expect(w.run('logs', 'web').all).toMatch(/listening on \d+/)

    w.write('server.mjs', "console.error('hull breach'); process.exit(9)\n")
    const bad = w.run('deploy', '--timeout', '60s')
    expect(bad.code).toBe(6)
    expect(bad.all).toMatch(/hull breach/)
    expect((await get(url)).status).toBe(200)

    w.write('server.mjs', server)
    expect(w.run('rollback', '1')).toMatchObject({ code: 0 })
    expect(w.run('destroy')).toMatchObject({ code: 0 })
    expect(ps(w).replicas).toEqual([])
    await expect(get(url)).rejects.toThrow()
  })

  it('takes a bad release back at once also when a count set by hand ends with it', async () => {
    const w = world({ example: 'hello' })
    w.run('deploy')
    w.run('scale', 'web=3')
    w.write('server.mjs', "console.error('hull breach'); process.exit(9)\n")
    const bad = w.run('deploy', '--timeout', '60s')
    expect(bad.code, bad.all).toBe(6)
    expect(bad.all).toMatch(/back on release 1/)
    expect(status(w)).toMatchObject({ state: 'healthy', release: 1 })
  })

  it('writes nothing and replaces nothing when nothing changed', () => {
    const w = world({ example: 'hello' })
    w.run('deploy')
    const before = ps(w).replicas.map((r) => r.id)
    expect(w.run('deploy')).toMatchObject({ code: 0 })
    expect(ps(w).replicas.map((r) => r.id)).toEqual(before)
    expect(w.json('releases')).toMatchObject({ releases: [{ number: 1, healthy: true }] })
  })

  it('goes on after the daemon was killed: nothing is lost, nothing runs twice', async () => {
    const w = world({ example: 'hello' })
    w.run('deploy')
    const before = ps(w)
      .replicas.map((r) => r.id)
      .sort()
    const { pid } = w.json('daemon', 'status') as { readonly pid: number } // the shape of DESIGN section 9
    process.kill(pid, 'SIGKILL')
    const url = endpoint(w)
    expect(
      ps(w)
        .replicas.map((r) => r.id)
        .sort(),
    ).toEqual(before)
    expect((await get(url)).status).toBe(200)
  })

  it('spreads over two targets of one machine, each with a port of its own', async () => {
    const w = world({ example: 'two-targets' })
    expect(w.run('deploy')).toMatchObject({ code: 0 })
    const { targets } = status(w)
    expect(targets.map((t) => [t.name, t.services[0]?.ready])).toEqual([
      ['port-side', 2],
      ['starboard', 2],
    ])
    for (const t of targets) expect((await get(t.services[0]?.endpoints[0] ?? '')).status).toBe(200)
    expect(w.json('plan')).toMatchObject({ changes: [], ifLost: [{ target: 'port-side' }, { target: 'starboard' }] })
  })

  it('shows a secret nowhere but in the process that needs it', async () => {
    const canary = 'canary-5d41402abc4b2a76'
    const w = world({ example: 'hello' })
    w.write('app.env', `API_TOKEN=${canary}\n`)
    w.write('compose.yaml', `${readFileSync(join(w.dir, 'compose.yaml'), 'utf8')}    env_file: app.env\n`)
    const said = [
      ['deploy'],
      ['plan', '--json'],
      ['status', '--json'],
      ['ps', '--json'],
      ['releases', '--json'],
      ['history', '--json'],
      ['render', '--mask'],
      ['config', '--mask'],
      ['doctor'],
    ].map((args) => w.run(...args).all)
    expect(said.filter((text) => text.includes(canary))).toEqual([])
    const holding = filesUnder(w.home).filter((f) => readFileSync(f).includes(canary))
    expect(holding.filter((f) => (statSync(f).mode & 0o077) !== 0 || /\.(db|sqlite|log)|-wal$/.test(f))).toEqual([])
    await until('the process has it', async () => (await get(endpoint(w))).status === 200)
  })
})
