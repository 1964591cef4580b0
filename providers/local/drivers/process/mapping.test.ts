import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapArgument, mapPath, type PathMapping } from './mapping.ts'

const app: PathMapping = { target: '/app', source: '/home/me/project' }
const data: PathMapping = { target: '/app/data', source: '/state/volumes/data' }

describe('paths of a container', () => {
  it('become paths of the mount that holds them', () => {
    expect(mapPath('/app', [app])).toBe('/home/me/project')
    expect(mapPath('/app/', [app])).toBe('/home/me/project')
    expect(mapPath('/app/src/main.mjs', [app])).toBe('/home/me/project/src/main.mjs')
  })

  it('belong to the deepest mount, in whatever order the mounts stand', () => {
    for (const mappings of [
      [app, data],
      [data, app],
    ])
      expect(mapPath('/app/data/x', mappings)).toBe('/state/volumes/data/x')
  })

  it('that only begin with the same letters are another folder', () => {
    expect(mapPath('/application', [app])).toBeNull()
    expect(mapPath('/', [app])).toBeNull()
  })

  it('under a mount at the root are all mapped', () => {
    expect(mapPath('/etc/x', [{ target: '/', source: '/srv/root' }])).toBe('/srv/root/etc/x')
  })

  it('keep what lies below the target, for every target', () => {
    const name = fc.stringMatching(/^[a-z]{1,5}$/)
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.array(name, { maxLength: 4 }), (target, rest) => {
        const path = ['', ...target, ...rest].join('/')
        const mapped = mapPath(path, [{ target: `/${target.join('/')}`, source: '/s' }])
        expect(mapped).toBe(['/s', ...rest].join('/'))
      }),
    )
  })
})

describe('arguments', () => {
  it('are rewritten only when they are a whole path under a mount or a file', () => {
    const files = [{ target: '/run/secrets/key', source: '/alloc/files/run/secrets/key' }]
    const map = (word: string): string => mapArgument(word, [app], files)
    expect(map('/app/server.mjs')).toBe('/home/me/project/server.mjs')
    expect(map('/run/secrets/key')).toBe('/alloc/files/run/secrets/key')
    expect(map('--root=/app')).toBe('--root=/app')
    expect(map('server.mjs')).toBe('server.mjs')
    expect(map('/usr/bin/env')).toBe('/usr/bin/env')
  })
})
