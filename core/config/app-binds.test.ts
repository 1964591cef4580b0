import { describe, expect, it } from 'vitest'
import { fleet, service, target } from '../../test/builders/app.ts'
import { Secret } from '../model/secret.ts'
import { bindsOf } from './app-binds.ts'
import { fixtureFiles } from './fixture.ts'

const bind = (source: string) =>
  service('web', {
    mounts: [{ kind: 'bind', source, target: '/x', readOnly: true, createHostPath: false, propagation: null }],
  })

const cluster = fleet([target('rack', { provider: 'kubernetes' })])
const read = (source: string, contents: Readonly<Record<string, string>>, over = cluster) =>
  bindsOf({ services: [bind(source)], fleet: over, files: fixtureFiles(contents), roots: ['/project'] })[source]

describe('files that a service binds', () => {
  it('travel as secrets, with the paths below the folder', () => {
    const found = read('/project/conf', { '/project/conf/a.conf': 'a', '/project/conf/d/b.conf': 'b' })
    expect(found).toMatchObject({ kind: 'files', files: [{ path: 'a.conf' }, { path: 'd/b.conf' }] })
    const [first] = found?.kind === 'files' ? found.files : []
    expect(first?.content).toBeInstanceOf(Secret)
  })

  it('travel alone under an empty path', () => {
    expect(read('/project/web.conf', { '/project/web.conf': 'a' })).toMatchObject({ files: [{ path: '' }] })
  })

  it('stay where they are when they are not of the project or no target is a cluster', () => {
    expect(read('/etc/passwd', { '/etc/passwd': 'root' })).toBeUndefined()
    expect(read('/project/missing', {})).toBeUndefined()
    const local = fleet([target('here', { provider: 'local' })])
    expect(read('/project/web.conf', { '/project/web.conf': 'a' }, local)).toBeUndefined()
  })

  it.each([
    ['too large', { '/project/x': 'a'.repeat(1024 ** 2 + 1) }, 'larger than 1 MiB'],
    ['binary', { '/project/x': 'ELF\0' }, 'not text'],
    [
      'many',
      Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`/project/x/${i}`, 'a'])),
      'more than 200 files',
    ],
  ])('are refused with the reason when they are %s', (_what, contents, because) => {
    expect(read('/project/x', contents)).toEqual({ kind: 'unfit', because: expect.stringContaining(because) })
  })
})
