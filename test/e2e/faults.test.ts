// Broken files, failing programs and parts that die, on nothing but Node: the reason in words, the right exit code, and a
// rerun that ends in the wanted state with nothing running twice.
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type Ran, until, type World } from './world.ts'

interface Ps {
  readonly replicas: readonly { readonly ready: boolean; readonly release: number; readonly phase: string }[]
}

/** Host processes of the project folder; the script's name tells the app. */
const service = (...lines: readonly string[]): string =>
  [
    'services:',
    '  web:',
    '    image: node:24',
    '    working_dir: /app',
    '    volumes: [".:/app"]',
    ...lines.map((line) => `    ${line}`),
    '    x-stormport: { process: always }',
    '',
  ].join('\n')

const SERVER = `import http from 'node:http'
http.createServer((_, answer) => answer.end(process.env.VERSION ?? '')).listen(process.env.PORT)
process.on('SIGTERM', () => process.exit(0))
`

describe('on nothing but Node', { timeout: 120_000 }, () => {
  let w: World
  const file = (app: string): string => join(w.dir, `${app}.yaml`)
  const write = (app: string, services: string): readonly string[] => {
    w.write(`${app}.yaml`, `name: ${app}\n${services}`)
    return ['deploy', '--file', file(app), '--timeout', '60s']
  }
  const deploy = (app: string, services: string, ...args: readonly string[]): Ran =>
    w.run(...write(app, services), ...args)
  const ps = (app: string): Ps['replicas'] => (w.json('ps', '-p', app) as Ps).replicas // the shape of DESIGN section 9

  beforeAll(() => {
    w = createWorld()
    w.write('server.mjs', SERVER)
  })
  afterAll(() => w?.end())

  it('a broken file is one report with every position, exit 3, and nothing is started', () => {
    const refused = deploy(
      'broken',
      'services:\n  web:\n    imagee: node:24\n    ports: ["80:eighty"]\n    x-stormport: { procces: true }\n',
    )
    expect(refused.code, refused.all).toBe(3)
    for (const place of [/broken\.yaml:4:5/, /broken\.yaml:5:\d+/]) expect(refused.all).toMatch(place)
    expect(w.json('daemon', 'status')).toMatchObject({ running: false })
  })

  it.each([
    [
      'crashing',
      service('command: [node, -e, "console.log(\'the rudder is gone\'); process.exit(3)"]'),
      [/web\.1 exited with 3/, /│ the rudder is gone/, /Next: stormport logs -p crashing/],
    ],
    [
      'commandless',
      service('command: [nosuchprogram]'),
      [/web\.1 exited with 127 \(command not found\)/, /│ .*nosuchprogram/],
    ],
    [
      'ailing',
      service(
        'command: [node, server.mjs]',
        'expose: ["80"]',
        'healthcheck: { test: [CMD, node, -e, "console.log(\'bilge water\'); process.exit(1)"], interval: 200ms, retries: 2 }',
      ),
      [/web\.1 is not healthy: the check exits with 1: bilge water/],
    ],
  ])('%s work ends with 6 and says why', (app, services, words) => {
    const failed = deploy(app, services)
    expect(failed.code, failed.all).toBe(6)
    for (const word of words) expect(failed.all).toMatch(word)
    const mended = deploy(app, service('command: [node, server.mjs]', 'expose: ["80"]'))
    expect(mended.code, mended.all).toBe(0)
    expect(w.run('destroy', '-p', app)).toMatchObject({ code: 0 })
  })

  it('a published port that is taken is named, and opened by the rerun', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '0.0.0.0', resolve))
    const address = squatter.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const services = service('command: [node, server.mjs]', `ports: ["${port}:80"]`)
    try {
      const refused = deploy('moored', services)
      expect(refused.code, refused.all).toBe(5)
      expect(refused.all).toMatch(new RegExp(`port ${port}/tcp is taken by .*\\(pid ${process.pid}\\)`))
      expect(ps('moored')).toEqual([])
    } finally {
      await new Promise((resolve) => squatter.close(resolve))
    }
    const mended = deploy('moored', services)
    expect(mended.code, mended.all).toBe(0)
  })

  const fleet = (version: number): string =>
    service(
      'command: [node, server.mjs]',
      'expose: ["80"]',
      `environment: { VERSION: "${version}" }`,
      'deploy: { replicas: 3, update_config: { monitor: 0s } }',
    )
  /** Whatever our own commands say. */
  const running = (): number => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isOfFleet(pid, w.dir)).length

  it.each([
    ['as soon as it begins', () => true],
    ['when the first new replica is there', (release: number) => ps('fleet').some((r) => r.release === release)],
    [
      'when the first new replica is ready',
      (release: number) => ps('fleet').some((r) => r.release === release && r.ready),
    ],
  ])('a kill of command and daemon %s leaves the work up, and a rerun ends as wanted', async (_, holds) => {
    if (ps('fleet').length === 0) {
      const first = deploy('fleet', fleet(0))
      expect(first.code, first.all).toBe(0)
    }
    const release = Math.max(...ps('fleet').map((r) => r.release)) + 1
    const deploying = w.start(...write('fleet', fleet(release)))
    await until('the moment', () => holds(release))
    const { pid } = w.json('daemon', 'status') as { readonly pid: number } // the shape of DESIGN section 9
    process.kill(pid, 'SIGKILL')
    deploying.kill('SIGKILL')
    await deploying.ended
    expect(running()).toBeGreaterThanOrEqual(3)
    const again = deploy('fleet', fleet(release))
    expect(again.code, again.all).toBe(0)
    expect(ps('fleet').map((r) => [r.phase, r.release])).toEqual(Array(3).fill(['ready', release]))
    expect(running()).toBe(3)
  })

  it('a second deploy waits for the lock or reports its holder; Ctrl-C ends with 130 and leaves the work', async () => {
    const late = service(
      'command: [node, late.mjs]',
      'expose: ["80"]',
      "healthcheck: { test: [CMD, node, -e, \"require('fs').accessSync('open')\"], interval: 200ms, retries: 500 }",
    )
    w.write('late.mjs', SERVER)
    const first = w.start(...write('busy', late))
    await until('the first has begun', () => ps('busy').length > 0)
    const refused = deploy('busy', late.replace('500', '501'), '--lock-wait', '0s')
    expect(refused.code, refused.all).toBe(9)
    expect(refused.all).toMatch(/busy is locked on local/)
    w.write('busy.yaml', `name: busy\n${late}`)
    first.kill('SIGINT')
    const ended = await first.ended
    expect(ended.code, ended.all).toBe(130)
    expect(ended.err).toMatch(/stopped waiting/)
    expect(ps('busy')).toHaveLength(1)
    w.write('open', '')
    const again = deploy('busy', late)
    expect(again.code, again.all).toBe(0)
    rmSync(join(w.dir, 'open'))
  })
})

const isOfFleet = (pid: string, dir: string): boolean =>
  partsOf(pid, 'cmdline').join(' ') === 'node server.mjs' &&
  partsOf(pid, 'environ').some((entry) => entry.startsWith('VERSION=')) &&
  readlinkSync(`/proc/${pid}/cwd`) === dir

const partsOf = (pid: string, file: 'cmdline' | 'environ'): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
      .split('\0')
      .filter((part) => part !== '')
  } catch {
    return []
  }
}
