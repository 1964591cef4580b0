import { describe, expect, it } from 'vitest'
import { remoteContext, shownUrl } from './remote-name.ts'

describe('a build context', () => {
  it.each(['.', './dir', '/abs/dir', 'dir.git', 'oci', 'a@b/c'])('%s is a folder', (text) => {
    expect(remoteContext(text)).toBeNull()
  })

  it.each([
    ['https://host/a/b.git', { url: 'https://host/a/b.git', ref: null, folder: '' }],
    ['https://host/a/b.git#v1.2', { url: 'https://host/a/b.git', ref: 'v1.2', folder: '' }],
    ['https://host/a/b.git#main:docker/web', { url: 'https://host/a/b.git', ref: 'main', folder: 'docker/web' }],
    ['git@host:a/b.git#:sub', { url: 'git@host:a/b.git', ref: null, folder: 'sub' }],
    ['git://host/b', { url: 'git://host/b', ref: null, folder: '' }],
    ['ssh://git@host/b#x', { url: 'ssh://git@host/b', ref: 'x', folder: '' }],
    ['github.com/a/b#x', { url: 'https://github.com/a/b', ref: 'x', folder: '' }],
    ['https://github.com/a/b', { url: 'https://github.com/a/b', ref: null, folder: '' }],
  ])('%s is a repository', (text, parts) => {
    expect(remoteContext(text)).toEqual({ kind: 'git', ...parts })
  })

  it.each(['https://host/context.tar.gz', 'http://host/Dockerfile'])('%s is an archive', (url) => {
    expect(remoteContext(url)).toEqual({ kind: 'archive', url })
  })

  it('is shown without the password in its URL', () => {
    expect(shownUrl('https://user:canary@host/b.git')).toBe('https://host/b.git')
  })
})
