// Builds by real engines without docker buildx: BuildKit's own features, the cache by content, words for failures.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { App } from '../../../core/model/app.ts'
import { Secret } from '../../../core/model/secret.ts'
import { createBuilder } from '../../../providers/local/drivers/docker/index.ts'
import { app, service } from '../../builders/app.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import { createFixture, type Fixture } from './fixture.ts'

const DOCKERFILE = `FROM stormport.test/busybox:1
ARG TOKEN=none
COPY greeting /greeting
RUN --mount=type=cache,target=/cache echo "built with $TOKEN" && printf %s "$TOKEN" > /token
CMD ["sleep", "3600"]
`

describe.each(['debian', 'current'] as const)('on the %s engine', (kind) => {
  let engine: TestEngine
  let on: Fixture
  let root: string
  const said: string[] = []

  beforeAll(async () => {
    engine = await startEngine({ kind })
    await loadImage(engine.host, 'busybox')
    on = await createFixture(engine.host)
  }, 90_000)

  afterAll(async () => {
    await on?.cleanUp()
    await engine?.stop()
  }, 90_000)

  beforeEach(async () => {
    said.length = 0
    root = await mkdtemp(join(tmpdir(), 'stormport-build-test-'))
    await writeFile(join(root, 'Dockerfile'), DOCKERFILE)
    await writeFile(join(root, 'greeting'), 'hello')
  })

  afterEach(() => rm(root, { recursive: true, force: true }))

  const shop = (args: Readonly<Record<string, string | Secret>> = {}): App => ({
    ...app([service('web', { image: null, build: { spec: { context: root }, args } })]),
    name: 'shop',
    projectRoot: root,
    workingDir: root,
  })
  const builder = () =>
    createBuilder({ host: engine.host, stateDir: on.stateDir, env: { PATH: '/nonexistent', HOME: '/nonexistent' } })
  const build = async (project: App): Promise<string> => {
    const built = await builder().build(project, ['web'], { force: false }, (_, line) => said.push(line), on.signal)
    return built['web'] ?? ''
  }

  test('an image is built once for its content and named by it', async () => {
    const first = await build(shop())
    expect(said.join('\n')).toContain('built with none')
    said.length = 0
    expect(await build(shop())).toBe(first)
    expect(said).toEqual([])
    expect(await builder().predict(shop(), ['web'])).toEqual({ web: first })
    const { id } = await on.run({ container: { image: first } })
    expect((await on.sh(id, 'cat /greeting')).out).toBe('hello')
    await writeFile(join(root, 'greeting'), 'ahoy')
    const second = await build(shop())
    expect(second).not.toBe(first)
    const changed = await on.run({ container: { image: second } })
    expect((await on.sh(changed.id, 'cat /greeting')).out).toBe('ahoy')
  })

  test('a secret argument reaches the build and no line of it', async () => {
    const image = await build(shop({ TOKEN: new Secret('web.build.args.TOKEN', 'canary-build-arg') }))
    const { id } = await on.run({ container: { image } })
    expect((await on.sh(id, 'cat /token')).out).toBe('canary-build-arg')
    expect(said.join('\n')).toContain('built with ***')
    expect(said.join('\n')).not.toContain('canary-build-arg')
  })

  test('a failing step is told with its reason, and what the builder cannot do before anything is built', async () => {
    await writeFile(join(root, 'Dockerfile'), 'FROM stormport.test/busybox:1\nRUN echo about to fail && exit 9\n')
    await expect(build(shop())).rejects.toMatchObject({
      code: 'InvalidSpec',
      details: { diagnostic: 'SP4121' },
      message: expect.stringContaining('exit code: 9'),
    })
    expect(said.join('\n')).toContain('about to fail')
    said.length = 0
    await writeFile(join(root, 'Dockerfile'), 'FROM scratch\nRUN --mount=type=secret,id=x true\n')
    await expect(build(shop())).rejects.toMatchObject({
      code: 'Unsupported',
      message: expect.stringContaining('RUN --mount=type=secret'),
    })
    expect(said).toEqual([])
  })
})
