import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { extract } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { App } from '../../../../../core/model/app.ts'
import type { ComposeBuild } from '../../../../../core/model/compose.ts'
import { Secret, type Text } from '../../../../../core/model/secret.ts'
import { app, service } from '../../../../../test/builders/app.ts'
import { buildxArguments } from './buildx.ts'
import { packContext } from './context.ts'
import { type BuildRequest, imageName, readBuild } from './request.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'stormport-context-'))
  await writeFile(join(root, 'Dockerfile'), 'FROM scratch\nCOPY . /\n')
  await writeFile(join(root, 'a.txt'), 'one')
})

afterEach(() => rm(root, { recursive: true, force: true }))

const key = async (): Promise<string> => 'aa'.repeat(32)

const shop = (spec: ComposeBuild, args: Readonly<Record<string, Text | null>> = {}): App => ({
  ...app([service('web', { image: null, build: { spec: { context: root, ...spec }, args } })]),
  name: 'shop',
  projectRoot: root,
  workingDir: root,
})

const means = {
  fetch: { cacheDir: join(tmpdir(), 'stormport-unused'), env: {} },
  nodePlatform: async () => 'linux/arm64',
}

const read = (spec: ComposeBuild = {}, args: Readonly<Record<string, Text | null>> = {}): Promise<BuildRequest> =>
  readBuild(shop(spec, args), 'web', { secretKey: key, ...means })

const packed = async (request: BuildRequest): Promise<readonly string[]> => {
  const names: string[] = []
  const reader = extract()
  reader.on('entry', (header, stream, next) => {
    names.push(header.type === 'symlink' ? `${header.name} -> ${header.linkname}` : header.name)
    stream.on('end', next)
    stream.resume()
  })
  const done = new Promise<void>((resolve, reject) => reader.on('finish', () => resolve()).on('error', reject))
  packContext(request.context).pipe(reader)
  await done
  return names
}

describe('the name of a built image', () => {
  test('is the same for the same content, whatever the times say, and says app and service', async () => {
    const first = await read()
    await utimes(join(root, 'a.txt'), 1, 1)
    const second = await read()
    expect(second.reference).toBe(first.reference)
    expect(first.reference).toMatch(/^shop-web:[0-9a-f]{16}$/)
  })

  test('changes with content, mode, Dockerfile, arguments, target, and not with ignored files', async () => {
    const hashes = [
      (await read()).hash,
      (await read({ target: 'x' })).hash,
      (await read({}, { A: '1' })).hash,
      (await read({ platforms: ['linux/arm64'] })).hash,
    ]
    await writeFile(join(root, 'a.txt'), 'two')
    hashes.push((await read()).hash)
    await chmod(join(root, 'a.txt'), 0o755)
    hashes.push((await read()).hash)
    await writeFile(join(root, 'Dockerfile'), 'FROM scratch\n')
    hashes.push((await read()).hash)
    expect(new Set(hashes).size).toBe(hashes.length)
    await writeFile(join(root, '.dockerignore'), '.dockerignore\nlogs\n')
    await mkdir(join(root, 'logs'))
    await writeFile(join(root, 'logs', 'x'), '1')
    const before = (await read()).hash
    await writeFile(join(root, 'logs', 'x'), '2')
    expect((await read()).hash).toBe(before)
  })

  test('changes with a secret argument under the key, and neither it nor a command line shows the value', async () => {
    const secret = (value: string): Secret => new Secret('web.build.args.TOKEN', value)
    const one = await read({}, { TOKEN: secret('canary-build-arg') })
    const two = await read({}, { TOKEN: secret('another-build-arg') })
    const other = await readBuild(shop({}, { TOKEN: secret('canary-build-arg') }), 'web', {
      secretKey: async () => 'bb'.repeat(32),
      ...means,
    })
    expect(new Set([one.hash, two.hash, other.hash]).size).toBe(3)
    const argv = buildxArguments(one, '/tmp/Dockerfile')
    expect(argv).toContain('TOKEN')
    expect(argv.join(' ')).not.toContain('canary')
  })

  test.each([
    ['shop', 'web', 'shop-web'],
    ['my_app', 'api.v2', 'my_app-api.v2'],
    ['shop', 'Web', /^shop-web-[0-9a-f]{6}$/],
    ['shop_', 'web', /^shop-web-[0-9a-f]{6}$/],
    ['shop', 'a___b', /^shop-a-b-[0-9a-f]{6}$/],
  ])('%s and %s are a valid image name', (appName, serviceName, expected) => {
    expect(imageName(appName, serviceName)).toMatch(expected)
  })
})

describe('a build context', () => {
  test('carries links as links, so that nothing outside comes in', async () => {
    await symlink('/etc/passwd', join(root, 'leak'))
    await symlink('..', join(root, 'up'))
    expect(await packed(await read())).toEqual([
      'Dockerfile',
      'a.txt',
      'leak -> /etc/passwd',
      'up -> ..',
      '.stormport.dockerfile',
    ])
  })

  test('refuses a Dockerfile that leads out of the project', async () => {
    await symlink('/etc/passwd', join(root, 'Evil'))
    await expect(read({ dockerfile: 'Evil' })).rejects.toMatchObject({
      code: 'BadInput',
      details: { diagnostic: 'SP4122' },
    })
    await expect(read({ dockerfile: '../../../../etc/passwd' })).rejects.toMatchObject({ code: 'BadInput' })
    await expect(read({ dockerfile: 'None' })).rejects.toMatchObject({ code: 'BadInput' })
    await expect(read({ context: join(root, 'none') })).rejects.toMatchObject({ code: 'BadInput' })
  })

  test('takes its Dockerfile from the file itself where it is written inline', async () => {
    expect((await read({ dockerfile_inline: 'FROM scratch\n' })).context.dockerfile).toBe('FROM scratch\n')
  })

  test('for several platforms is one for the platform of the engine, which must be among them', async () => {
    const several = { platforms: ['linux/amd64', 'linux/arm64'] }
    expect((await read(several)).platform).toBe('linux/arm64')
    expect((await read({ platforms: ['linux/amd64'] })).platform).toBe('linux/amd64')
    await expect(read({ platforms: ['linux/amd64', 'linux/s390x'] })).rejects.toMatchObject({
      code: 'Unsupported',
      details: { hint: expect.stringContaining('linux/arm64') },
    })
  })
})
