// Images on real engines: pull policies, the user's sign-in at a real registry, pinned names.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createImages } from '../../../core/engine/registry/index.ts'
import { createDockerCredentials, createDockerDriver } from '../../../providers/local/drivers/docker/index.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import { startRegistry, type TestRegistry } from '../../engines/registry.ts'
import { createFixture, type Fixture } from './fixture.ts'

describe.each(['debian', 'current'] as const)('on the %s engine', (kind) => {
  let engine: TestEngine
  let registry: TestRegistry
  let on: Fixture
  let pushed: string
  const said: string[] = []
  const say = (line: string): void => {
    said.push(line)
  }

  beforeAll(async () => {
    ;[engine, registry] = await Promise.all([startEngine({ kind }), startRegistry()])
    const image = await loadImage(engine.host, 'busybox')
    pushed = await registry.push(engine.host, image, 'acme/tools:1')
    on = await createFixture(engine.host, { DOCKER_CONFIG: registry.dockerConfig, PATH: process.env['PATH'] })
  }, 90_000)

  afterAll(async () => {
    await on?.cleanUp()
    await Promise.all([engine?.stop(), registry?.stop()])
  }, 90_000)

  test('an image that is there is used without asking anybody', async () => {
    const id = await on.driver.ensureImage('stormport.test/busybox:1', 'missing', say, on.signal)
    expect(id).toMatch(/^sha256:/)
    await expect(on.driver.ensureImage('stormport.test/none:1', 'never', say, on.signal)).rejects.toMatchObject({
      code: 'ImageNotFound',
    })
  })

  test('a private image is pulled with the sign-in of the Docker config, once for several replicas', async () => {
    const pulls = [1, 2, 3].map(() => on.driver.ensureImage(pushed, 'missing', say, on.signal))
    const ids = await Promise.all(pulls)
    expect(new Set(ids).size).toBe(1)
    expect(said.join('\n')).toContain('Pull')
    expect(said.join('\n')).not.toContain(registry.password)
    expect(said.filter((line) => line.startsWith('1: Pulling from'))).toHaveLength(1)
  })

  test('the digest that the registry tells is what the engine runs', async () => {
    const images = createImages({
      credentials: createDockerCredentials({ DOCKER_CONFIG: registry.dockerConfig }),
      local: null,
    })
    const [answer] = await images.resolve([pushed], on.signal)
    expect(answer?.error).toBeNull()
    const pinned = `${pushed}@${answer?.digest}`
    await on.driver.ensureImage(pinned, 'always', say, on.signal)
    await on.driver.ensureImage(pinned, 'missing', say, on.signal)
    const { id, phase } = await on.run({ container: { image: pinned } })
    expect(phase).toBe('running')
    await on.driver.remove(id, on.signal)
    expect(await on.driver.images.resolve([pushed], on.signal)).toEqual([answer])
  })

  test('an image that was never pushed can be pinned all the same', async () => {
    const [answer] = await on.driver.images.resolve(['stormport.test/busybox:1'], on.signal)
    const pinned = `stormport.test/busybox:1@${answer?.digest}`
    await on.driver.ensureImage(pinned, 'missing', say, on.signal)
    expect((await on.run({ container: { image: pinned } })).phase).toBe('running')
  })

  test('missing, refused and silent registries are told apart', async () => {
    const pull = (image: string): Promise<string> => on.driver.ensureImage(image, 'always', say, on.signal)
    await expect(pull(`${registry.address}/acme/none:1`)).rejects.toMatchObject({ code: 'ImageNotFound' })
    await expect(pull('127.0.0.1:9/acme/web:1')).rejects.toMatchObject({ code: 'Unreachable' })
    const stranger = createDockerDriver(
      { node: 'n1', host: engine.host, stateDir: on.stateDir, owner: 'x', labels: {}, gpus: [] },
      { HOME: '/nonexistent' },
    )
    await expect(stranger.ensureImage(pushed, 'always', say, on.signal)).rejects.toMatchObject({ code: 'Forbidden' })
  })

  test('a credential helper is asked for its own registry only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stormport-helper-'))
    try {
      const log = join(folder, 'asked')
      const script = `#!/bin/sh\nread server\necho "$1 $server" >> ${log}\nprintf '{"ServerURL":"%s","Username":"${registry.user}","Secret":"${registry.password}"}' "$server"\n`
      await mkdir(join(folder, 'bin'))
      await writeFile(join(folder, 'bin', 'docker-credential-canary'), script, { mode: 0o755 })
      await writeFile(join(folder, 'config.json'), JSON.stringify({ credHelpers: { [registry.address]: 'canary' } }))
      const env = { DOCKER_CONFIG: folder, PATH: `${join(folder, 'bin')}:/usr/bin:/bin` }
      const credentials = createDockerCredentials(env)
      expect(await credentials.forRegistry(registry.address, on.signal)).toEqual({
        kind: 'password',
        username: registry.user,
        password: registry.password,
      })
      expect(await credentials.forRegistry('ghcr.io', on.signal)).toBeNull()
      const driver = createDockerDriver(
        { node: 'n1', host: engine.host, stateDir: folder, owner: 'x', labels: {}, gpus: [] },
        env,
      )
      await driver.ensureImage(pushed, 'always', say, on.signal)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
