// The stand-in `docker` on PATH says what it was asked; docker buildx itself takes part in no test.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildxArguments, buildxBuild, hasBuildx } from './buildx.ts'
import { maskArgs } from './engine-build.ts'
import type { BuildRequest } from './request.ts'

const SCRIPT = `#!/bin/sh
[ "$2" = version ] && exit "\${BUILDX_ABSENT:-0}"
printf '%s\\n' "$@" > "$0.argv"
printf '%s' "$TOKEN" > "$0.token"
echo "#5 RUN use $TOKEN"
echo "#6 ERROR: process did not complete: $TOKEN" >&2
exit "\${BUILD_CODE:-0}"
`

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stormport-buildx-'))
  await writeFile(join(folder, 'docker'), SCRIPT, { mode: 0o755 })
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const request: BuildRequest = {
  service: 'web',
  context: { folder: '/project', entries: [], dockerfile: 'FROM scratch\n' },
  spec: {
    target: 'prod',
    labels: { tier: 'front' },
    ssh: ['default'],
    additional_contexts: { lib: '/lib' },
    no_cache: true,
    extra_hosts: ['db=10.0.0.1'],
  },
  args: { TOKEN: 'canary-build-arg', V: '1' },
  secretArgs: ['TOKEN'],
  platform: 'linux/amd64',
  hash: '0123456789abcdef',
  reference: 'shop-web:0123456789abcdef',
  tags: ['shop/web:dev'],
}

const env = (more: Record<string, string> = {}) => ({ PATH: `${folder}:/usr/bin:/bin`, ...more })
const signal = AbortSignal.timeout(20_000)

test('everything that the build states is handed on, and no value of an argument', () => {
  const argv = buildxArguments(request, '/tmp/Dockerfile').join(' ')
  for (const part of [
    '--tag shop-web:0123456789abcdef',
    '--tag shop/web:dev',
    '--build-arg TOKEN',
    '--target prod',
    '--label tier=front',
    '--ssh default',
    '--build-context lib=/lib',
    '--no-cache',
    '--add-host db:10.0.0.1',
    '--platform linux/amd64',
    '--load',
  ]) {
    expect(argv).toContain(part)
  }
  expect(argv).not.toContain('canary')
  expect(argv.endsWith(' /project')).toBe(true)
})

test('arguments travel in the environment, never on the command line', async () => {
  const said: string[] = []
  await buildxBuild(env(), { request, say: (line) => said.push(maskArgs(request, line)) }, signal)
  expect(await readFile(join(folder, 'docker.token'), 'utf8')).toBe('canary-build-arg')
  expect(await readFile(join(folder, 'docker.argv'), 'utf8')).not.toContain('canary')
  expect(said).toContain('#5 RUN use ***')
})

test('a failed build says its reason without the secret', async () => {
  const build = buildxBuild(env({ BUILD_CODE: '1' }), { request, say: () => {} }, signal)
  await expect(build).rejects.toMatchObject({
    code: 'InvalidSpec',
    message: 'web: the build failed: #6 ERROR: process did not complete: ***',
  })
})

test('a docker without buildx, or none at all, is seen', async () => {
  expect(await hasBuildx(env(), signal)).toBe(true)
  expect(await hasBuildx(env({ BUILDX_ABSENT: '1' }), signal)).toBe(false)
  expect(await hasBuildx({ PATH: '/nonexistent' }, signal)).toBe(false)
})
