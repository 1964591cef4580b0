import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { App, Service } from '../../core/model/app.ts'
import { Secret } from '../../core/model/secret.ts'
import { testFolders } from '../../test/builders/folders.ts'
import { hashCode } from './code-hash.ts'

const makeFolder = testFolders('code')
let root = ''
beforeEach(() => {
  root = makeFolder()
  write('server.mjs', 'one')
})

const write = (path: string, text: string): void => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

/** The fields that the hash reads. */
const appOf = (service: Partial<Service>, watch: readonly string[] = []): App => {
  const whole = {
    name: 'web',
    entrypoint: null,
    command: ['node', 'server.mjs'],
    mounts: [],
    compose: {},
    extension: { process: { when: 'always', watch } },
    ...service,
  } as unknown as Service
  return {
    name: 'shop',
    services: [whole],
    networks: [],
    volumes: [],
    configs: [],
    secrets: [],
    projectRoot: root,
    workingDir: root,
    files: [],
  }
}

const changes = async (app: App, path: string): Promise<boolean> => {
  const before = await hashCode(app, 'web')
  write(path, 'two')
  return (await hashCode(app, 'web')) !== before
}

test('changed code of the command is a change, another file is none', async () => {
  expect(await changes(appOf({}), 'server.mjs')).toBe(true)
  expect(await changes(appOf({}), 'readme.md')).toBe(false)
})

test('the script is found through working_dir and its bind mount', async () => {
  write('app/main.py', 'one')
  const bind = {
    kind: 'bind' as const,
    source: join(root, 'app'),
    target: '/srv/code',
    readOnly: false,
    createHostPath: true,
    propagation: null,
  }
  const app = appOf({ command: ['python3', 'main.py'], mounts: [bind], compose: { working_dir: '/srv/code' } })
  expect(await changes(app, 'app/main.py')).toBe(true)
})

test('watched files count, new ones too, but not dependencies', async () => {
  const app = appOf({}, ['**/*.mjs'])
  expect(await changes(app, 'lib/new.mjs')).toBe(true)
  expect(await changes(app, 'node_modules/x/index.mjs')).toBe(false)
})

test('files outside the project root never count', async () => {
  const outside = makeFolder()
  writeFileSync(join(outside, 'x.mjs'), 'one')
  const app = appOf({ command: ['node', join(outside, 'x.mjs')] }, [join(outside, '*.mjs')])
  const before = await hashCode(app, 'web')
  writeFileSync(join(outside, 'x.mjs'), 'two')
  expect(await hashCode(app, 'web')).toBe(before)
})

test('a service that is no host process has none, and a secret word is not looked up', async () => {
  expect(await hashCode(appOf({ extension: { process: null } as unknown as Service['extension'] }), 'web')).toBeNull()
  expect(await hashCode(appOf({ command: ['node', new Secret('web.command.1', 'server.mjs')] }), 'web')).toMatch(
    /^[0-9a-f]{32}$/,
  )
})
