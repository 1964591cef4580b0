// What an engine or a registry refuses, and what a program does wrong: the reason in words, the exit code that scripts rely
// on, and a rerun that goes on once the cause is gone. Through the built command line.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ran } from '../../e2e/world.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import type { EngineKind } from '../../engines/paths.ts'
import { startRegistry, type TestRegistry } from '../../engines/registry.ts'
import { BUSYBOX, createDeployments, type Deployments } from './deployments.ts'

const web = (...lines: readonly string[]): string =>
  [
    'services:',
    '  web:',
    `    image: ${BUSYBOX}`,
    '    stop_grace_period: 1s',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n')

interface Fault {
  readonly app: string
  readonly services: string
  readonly code: number
  readonly says: readonly RegExp[]
}

/** Each is found by running it; all of them run side by side. */
const FAULTS: readonly Fault[] = [
  {
    app: 'absent',
    services: 'services:\n  web:\n    image: stormport.test/none:1\n    pull_policy: never\n',
    code: 3,
    says: [/The image stormport\.test\/none:1 is not on the node/, /absent\.yaml:4:12/],
  },
  {
    app: 'greedy',
    services: web('command: [tail, /dev/zero]', 'deploy: { resources: { limits: { memory: 16M } } }'),
    code: 6,
    says: [/web\.1 (was killed: it ran out of its memory limit|was ended by SIGKILL; its memory limit of 16MiB)/],
  },
  {
    app: 'crashing',
    services: web('command: [sh, -c, "echo the rudder is gone; sleep 0.2; exit 3"]'),
    code: 6,
    says: [/web\.1 exited with 3/, /│ the rudder is gone/, /Next: stormport logs -p crashing/],
  },
  {
    app: 'ailing',
    services: web(
      'command: [sleep, "1000"]',
      'healthcheck: { test: [CMD, sh, -c, "echo bilge water; exit 1"], interval: 200ms, retries: 2 }',
    ),
    code: 6,
    says: [/web\.1 is not healthy: the check exits with 1: bilge water/],
  },
  {
    app: 'unprobed',
    services: web('command: [sleep, "1000"]', 'healthcheck: { test: [CMD, nosuchprobe], interval: 200ms, retries: 2 }'),
    code: 6,
    says: [/web\.1 is not healthy: .*nosuchprobe.*not found/],
  },
  {
    app: 'commandless',
    services: web('command: [nosuchprogram]'),
    code: 6,
    says: [/web\.1 could not start: The command nosuchprogram is not in the image/],
  },
  {
    app: 'deaf',
    services: web('command: [sleep, "1000"]', 'stop_signal: SIGFOO'),
    code: 6,
    says: [/web\.1 could not start: The engine knows no signal SIGFOO/],
  },
  {
    app: 'full',
    services: `${web('command: [sleep, "1000"]', 'volumes: ["tiny:/bin"]')}volumes:\n  tiny: { driver: local, driver_opts: { type: tmpfs, device: tmpfs, o: size=64k } }\n`,
    code: 6,
    says: [/web\.1 could not start: The disk of the engine is full/],
  },
]

describe.each<EngineKind>(['debian', 'current'])('on the %s engine', (kind) => {
  let engine: TestEngine
  let on: Deployments

  beforeAll(async () => {
    engine = await startEngine({ kind })
    await loadImage(engine.host, 'busybox')
    on = createDeployments(engine)
  })
  afterAll(async () => {
    await on?.world.end()
    await engine?.stop()
  })

  describe('a deploy that cannot become healthy says why', () => {
    const ended = new Map<string, Ran>()

    beforeAll(async () => {
      const runs = FAULTS.map(async (f) => ended.set(f.app, await on.start(f.app, f.services).ended))
      await Promise.all(runs)
    })

    it.each(FAULTS)('$app ends with $code', ({ app, code, says }) => {
      const ran = ended.get(app)
      expect(ran?.code, ran?.all).toBe(code)
      for (const words of says) expect(ran?.all).toMatch(words)
    })

    it('goes on when the cause is gone', () => {
      const mended = on.deploy('crashing', web('command: [sleep, "1000"]'))
      expect(mended.code, mended.all).toBe(0)
    })
  })

  it('a published port that is taken is named, with who has it, and opened by the rerun', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '0.0.0.0', resolve))
    const address = squatter.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const services = web('command: [httpd, -f, -p, "80", -h, /bin]', `ports: ["${port}:80"]`)
    try {
      const refused = on.deploy('moored', services)
      expect([5, 6], refused.all).toContain(refused.code)
      expect(refused.all).toMatch(new RegExp(`port ${port}/tcp is taken by .*\\(pid ${process.pid}\\)`))
      expect(await on.containers('moored')).toEqual([])
    } finally {
      await new Promise((resolve) => squatter.close(resolve))
    }
    const mended = on.deploy('moored', services)
    expect(mended.code, mended.all).toBe(0)
  })

  it.each([
    ['volume', `${web('command: [sleep, "1000"]', 'volumes: ["hold:/hold"]')}volumes:\n  hold: { external: true }\n`],
    [
      'network',
      `${web('command: [sleep, "1000"]', 'networks: [default, hold]')}networks:\n  hold: { external: true }\n`,
    ],
  ])('an external %s that is missing stops the deploy before anything is made', async (what, services) => {
    const app = `needs-${what}`
    for (const time of ['first', 'second']) {
      const refused = on.deploy(app, services)
      expect(refused.code, `${time}: ${refused.all}`).toBe(5)
      expect(refused.all).toMatch(new RegExp(`external ${what} hold does not exist`))
      expect(refused.all).toMatch(new RegExp(`docker ${what} create hold`))
    }
    expect(await on.containers(app)).toEqual([])
    expect(await on.networks(app)).toEqual([])
    await on.ask('POST', `/${what}s/create`, { Name: 'hold' })
    const mended = on.deploy(app, services)
    expect(mended.code, mended.all).toBe(0)
    expect(on.world.run('destroy', '-p', app, '--volumes', '--allow', 'destroy')).toMatchObject({ code: 0 })
    await on.ask('GET', `/${what}s/hold`)
  })
})

describe('a registry that refuses', () => {
  let engine: TestEngine
  let registry: TestRegistry
  let on: Deployments
  const signIn = (password: string): void => {
    const auth = Buffer.from(`${registry.user}:${password}`).toString('base64')
    const config = join(on.world.home, '.docker')
    mkdirSync(config, { recursive: true })
    writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: { [registry.address]: { auth } } }))
  }
  const image = (name: string): string =>
    `services:\n  web:\n    image: ${registry.address}/acme/${name}\n    command: [sleep, "1000"]\n    stop_grace_period: 1s\n`

  beforeAll(async () => {
    ;[engine, registry] = await Promise.all([startEngine({ kind: 'debian' }), startRegistry()])
    await loadImage(engine.host, 'busybox')
    await registry.push(engine.host, BUSYBOX, 'acme/tools:1')
    on = createDeployments(engine)
  })
  afterAll(async () => {
    await on?.world.end()
    await Promise.all([engine?.stop(), registry?.stop()])
  })

  it('wrong credentials end with 4, before anything is made where digests are required', async () => {
    signIn('wrong-password')
    const looked = on.deploy('private', image('tools:1'), '--require-digests')
    expect(looked.code, looked.all).toBe(4)
    expect(looked.all).toMatch(/does not let this user look at acme\/tools/)
    expect(await on.networks('private')).toEqual([])
    const pulled = on.deploy('private', image('tools:1'))
    expect(pulled.code, pulled.all).toBe(4)
    expect(pulled.all).toMatch(/web\.1 could not start: The registry refuses/)
    expect(pulled.all).not.toContain('wrong-password')
  })

  it('the right sign-in lets the rerun go on', () => {
    signIn(registry.password)
    const mended = on.deploy('private', image('tools:1'))
    expect(mended.code, mended.all).toBe(0)
  })

  it('an image that it has not ends with 3, at its line, with nothing touched', async () => {
    const missing = on.deploy('lost', image('none:1'))
    expect(missing.code, missing.all).toBe(3)
    expect(missing.all).toMatch(/image \S+\/acme\/none:1 was not found/)
    expect(missing.all).toMatch(/lost\.yaml:4:12/)
    expect(await on.networks('lost')).toEqual([])
    expect(on.world.json('releases', '-p', 'lost')).toMatchObject({ releases: [] })
  })
})

describe('a state folder without space', () => {
  let folder: string
  let engine: TestEngine
  let on: Deployments

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stormport-tiny-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
    engine = await startEngine({ kind: 'debian' })
    await loadImage(engine.host, 'busybox')
    on = createDeployments(engine, { STORMPORT_HOME: join(folder, 'state') })
  })
  afterAll(async () => {
    await on?.world.end()
    await engine?.stop()
    execFileSync('umount', [folder])
    rmSync(folder, { recursive: true })
  })

  it('is said in words with exit 6, at the first deploy and at a later one; with space the rerun goes on', async () => {
    const refused = on.deploy('stowed', web('command: [sleep, "1000"]'))
    expect(refused.code, refused.all).toBe(6)
    expect(refused.all).toMatch(/the disk of Stormport's state folder is full/)
    execFileSync('mount', ['-o', 'remount,size=600m', folder])
    expect(on.deploy('stowed', web('command: [sleep, "1000"]'))).toMatchObject({ code: 0 })
    const before = await on.containers('stowed')
    expect(() =>
      execFileSync('dd', ['if=/dev/zero', `of=${join(folder, 'fill')}`, 'bs=4k'], { stdio: 'ignore' }),
    ).toThrow()
    const full = on.deploy('stowed', web('command: [sleep, "1001"]'))
    expect(full.code, full.all).toBe(6)
    expect(full.all).toMatch(/the disk of Stormport's state folder is full/)
    expect(await on.containers('stowed')).toEqual(before)
    rmSync(join(folder, 'fill'))
    const mended = on.deploy('stowed', web('command: [sleep, "1001"]'))
    expect(mended.code, mended.all).toBe(0)
  })
})
