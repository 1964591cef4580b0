import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { testFolders } from '../../test/builders/folders.ts'
import { parseStatus, readSource } from './git.ts'
import { originOf, withoutCredentials } from './origin.ts'

const makeFolder = testFolders('origin')
let folder = ''
beforeEach(() => {
  folder = makeFolder()
})

const git = (...args: readonly string[]): void =>
  void execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { stdio: 'ignore' })

describe('origin', () => {
  test.each([
    ['https://user:token@github.com/acme/shop.git', 'github.com/acme/shop'],
    ['https://github.com/acme/shop', 'github.com/acme/shop'],
    ['git@github.com:acme/shop.git', 'github.com/acme/shop'],
    ['ssh://git@github.com/acme/shop.git', 'github.com/acme/shop'],
    ['github.com:acme/shop/', 'github.com/acme/shop'],
    ['/srv/git/shop.git', '/srv/git/shop'],
  ])('%s is %s', (remote, origin) => {
    expect(withoutCredentials(remote)).toBe(origin)
  })

  test('with a remote it is the remote and the path in the work tree', async () => {
    git('init', '-q')
    git('remote', 'add', 'origin', 'https://u:p@example.com/acme/shop.git')
    expect(await originOf(folder, folder, join(folder, 'state'))).toBe('example.com/acme/shop')
    expect(await originOf(folder, join(folder, 'deploy', 'eu'), join(folder, 'state'))).toBe(
      'example.com/acme/shop//deploy/eu',
    )
  })

  test('without one it is an id that stays, for this folder alone, in a file of its owner', async () => {
    const state = join(folder, 'state')
    const [first, second] = await Promise.all([originOf(folder, folder, state), originOf(folder, folder, state)])
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(second).toBe(first)
    expect(await originOf(folder, join(folder, 'other'), state)).not.toBe(first)
    expect(statSync(join(state, 'origins')).mode & 0o077).toBe(0)
  })
})

describe('source', () => {
  test('commit, branch and uncommitted changes are told', async () => {
    git('init', '-q', '-b', 'main')
    writeFileSync(join(folder, 'a'), '1')
    git('add', 'a')
    git('commit', '-q', '-m', 'a')
    expect(await readSource(folder)).toEqual({
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      ref: 'main',
      dirty: false,
    })
    mkdirSync(join(folder, 'new'))
    writeFileSync(join(folder, 'new', 'b'), '1')
    expect(await readSource(folder)).toMatchObject({ dirty: true })
  })

  test('outside a repository there is none', async () => {
    expect(await readSource(folder)).toEqual({ commit: null, ref: null, dirty: false })
  })

  test('a repository without a commit and a detached head have no such thing', () => {
    expect(parseStatus('# branch.oid (initial)\n# branch.head main\n')).toEqual({
      commit: null,
      ref: 'main',
      dirty: false,
    })
    expect(parseStatus('# branch.oid abc\n# branch.head (detached)\n1 .M N... a\n')).toEqual({
      commit: 'abc',
      ref: null,
      dirty: true,
    })
  })
})
