// Canaries in every place that holds a secret: none is seen in what any command says, in anything that Stormport writes, or
// in the arguments of any process. Where they may be is the container's environment, its mounts, and files of mode 0600.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesUnder } from '../../e2e/world.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import { startRegistry, type TestRegistry } from '../../engines/registry.ts'
import { BUSYBOX, createDeployments, type Deployments } from './deployments.ts'

const CANARIES = {
  envFile: 'canary-env-file-51c2',
  secretFile: 'canary-secret-file-8e07',
  environment: 'canary-environment-94ab',
  secretVariable: 'canary-secret-variable-3d6f',
  buildArg: 'canary-build-arg-c770',
}

const services = (image: string, command: string): string => `services:
  web:
    image: ${image}
    command: ${command}
    env_file: app.env
    stop_grace_period: 1s
    environment: { TOKEN: "\${TOKEN:?}", DSN: "postgres://shop:\${TOKEN}@db/shop" }
    secrets: [password, pin]
    healthcheck: { test: [CMD-SHELL, "test -n '\${TOKEN}'"], interval: 200ms, retries: 2 }
  built:
    build: { context: ., args: { KEY: "\${BUILD_KEY}" } }
    command: [sleep, "1000"]
    stop_grace_period: 1s
secrets:
  password: { file: ./password.txt }
  pin: { environment: PIN }
`

describe('secrets', () => {
  let engine: TestEngine
  let registry: TestRegistry
  let on: Deployments
  let image: string
  const said: { readonly of: string; readonly text: string }[] = []
  const canaries = (): readonly string[] => [
    ...Object.values(CANARIES),
    registry.password,
    Buffer.from(`${registry.user}:${registry.password}`).toString('base64'),
    ...Object.values(CANARIES).map((c) => Buffer.from(c).toString('base64')),
  ]
  const holds = (text: string): boolean => canaries().some((c) => text.includes(c))
  const say = (...args: readonly string[]): number | null => {
    const ran = on.world.run(...args)
    said.push({ of: args.join(' '), text: ran.all })
    return ran.code
  }
  const deploy = (command: string, ...args: readonly string[]): number | null => {
    const ran = on.deploy('shop', services(image, command), ...args)
    said.push({ of: `deploy ${command} ${args.join(' ')}`, text: ran.all })
    return ran.code
  }

  beforeAll(async () => {
    ;[engine, registry] = await Promise.all([startEngine({ kind: 'debian' }), startRegistry()])
    await loadImage(engine.host, 'busybox')
    image = await registry.push(engine.host, BUSYBOX, 'acme/web:1')
    on = createDeployments(engine, {
      DOCKER_CONFIG: registry.dockerConfig,
      TOKEN: CANARIES.environment,
      PIN: CANARIES.secretVariable,
      BUILD_KEY: CANARIES.buildArg,
    })
    on.world.write('app.env', `API_KEY=${CANARIES.envFile}\n`)
    on.world.write('password.txt', CANARIES.secretFile)
    on.world.write('Dockerfile', `FROM ${BUSYBOX}\nARG KEY\nRUN echo "got $KEY" && test -n "$KEY"\n`)
  })
  afterAll(async () => {
    await on?.world.end()
    await Promise.all([engine?.stop(), registry?.stop()])
  })

  it('reach the container', async () => {
    expect(deploy('[sleep, "1000"]'), said.at(-1)?.text).toBe(0)
    const see = (line: string): string => on.world.run('exec', '-p', 'shop', 'web', '--', 'sh', '-c', line).out
    expect(see('echo $API_KEY $TOKEN $DSN')).toContain(
      `${CANARIES.envFile} ${CANARIES.environment} postgres://shop:${CANARIES.environment}@db/shop`,
    )
    expect(see('cat /run/secrets/password /run/secrets/pin')).toContain(
      `${CANARIES.secretFile}${CANARIES.secretVariable}`,
    )
  })

  it('are in no process list while all of it runs', () => {
    const seen = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => holds(argvOf(pid)))
    expect(seen).toEqual([])
  })

  it('are in nothing that a command says, as text or as data, also when it fails', () => {
    const f = ['--file', join(on.world.dir, 'shop.yaml')]
    expect(deploy('[sh, -c, "exit 3"]', '--json')).toBe(6)
    expect(deploy('[sleep, "1001"]', '--progress', 'plain')).toBe(0)
    expect(deploy('[nosuchprogram]')).toBe(6)
    for (const words of [
      ['plan', ...f, '--full', '--why', 'web'],
      ['plan', ...f, '--full'],
      ['plan', ...f, '--native'],
      ['check', ...f],
      ['status', ...f],
      ['ps', ...f],
      ['why', 'web', ...f],
      ['releases', ...f],
      ['history', ...f],
      ['apps'],
      ['target', 'list', ...f],
      ['target', 'check', ...f],
      ['node', 'list', ...f],
      ['daemon', 'status'],
      ['doctor', ...f],
      ['lock', 'status', ...f],
      ['render', '--mask', ...f],
      ['config', '--mask', ...f],
      ['metrics', ...f],
      ['logs', ...f],
      ['scale', 'web=2', ...f],
      ['restart', 'web', ...f],
      ['rollback', '1', ...f],
    ]) {
      say(...words)
      if (!/^(scale|restart|rollback|logs)$/.test(words[0] ?? '')) say(...words, '--json')
    }
    expect(said.filter((s) => holds(s.text))).toEqual([])
    // The one verb that shows what the user's own files say proves that a canary would be seen.
    expect(holds(on.world.run('config', ...f).all)).toBe(true)
    expect(said.filter((s) => /unknown (command|option)|internal error/.test(s.text))).toEqual([])
  })

  it('are in no file but those of mode 0600 that hold a value each, and gone with the app', () => {
    const files = (): readonly string[] => filesUnder(on.world.home).filter((f) => holds(readFileSync(f, 'latin1')))
    const holding = files()
    expect(holding.length).toBeGreaterThan(0)
    expect(holding.filter((f) => (statSync(f).mode & 0o177) !== 0)).toEqual([])
    expect(holding.filter((f) => /\.(db|sqlite|log|json)|-wal$|-shm$/.test(f))).toEqual([])
    expect(say('destroy', '-p', 'shop', '--volumes', '--allow', 'destroy')).toBe(0)
    expect(files()).toEqual([])
  })
})

const argvOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
