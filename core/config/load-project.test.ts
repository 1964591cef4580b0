import { describe, expect, it } from 'vitest'
import { Secret } from '../model/secret.ts'
import { fixtureFiles } from './fixture.ts'
import { loadProject, type ProjectFiles, type ProjectOptions } from './load-project.ts'

const OPTIONS: ProjectOptions = {
  workingDir: '/project',
  files: null,
  env: {},
  envFiles: [],
  profiles: [],
  projectName: null,
  projectRoot: null,
  allowPaths: [],
  confine: true,
  config: null,
  targets: null,
}

const load = (files: Readonly<Record<string, string>>, options: Partial<ProjectOptions> = {}): ProjectFiles =>
  loadProject({ ...OPTIONS, ...options }, fixtureFiles({ '/project/.git/HEAD': '', ...files }))

const REMOTE = 'targets:\n  here: { provider: local }\n  rack: { provider: kubernetes, context: c }\n'

describe('a project', () => {
  it('is compose.yaml, stormport.yaml and x-stormport together', () => {
    const { app, fleet, diagnostics } = load(
      {
        '/project/compose.yaml':
          'name: shop\nservices:\n  web:\n    image: node:${V:-24}\n    env_file: web.env\n    environment: { WHO: "${WHO}", TAG: blue }\n    x-stormport: { targets: [here] }\n',
        '/project/stormport.yaml': REMOTE,
        '/project/web.env': 'FROM_FILE=canary-file\n',
      },
      { env: { WHO: 'canary-var' } },
    )
    expect(diagnostics).toEqual([])
    expect(fleet.file).toBe('/project/stormport.yaml')
    expect(app?.services[0]).toMatchObject({
      image: 'node:24',
      extension: { targets: [{ name: 'here' }] },
      environment: { TAG: 'blue' },
    })
    expect(app?.services[0]?.environment['FROM_FILE']).toBeInstanceOf(Secret)
    expect(app?.services[0]?.environment['WHO']).toBeInstanceOf(Secret)
    expect(JSON.stringify(app)).not.toContain('canary')
  })

  it('takes an image tag from the environment', () => {
    const { app } = load(
      { '/project/compose.yaml': 'name: shop\nservices: { web: { image: "node:${V:-24}" } }\n' },
      { env: { V: '26' } },
    )
    expect(app?.services[0]?.image).toBe('node:26')
  })

  it('reports the findings of all files at once, sorted by file and line', () => {
    const { app, diagnostics } = load({
      '/project/compose.yaml':
        'name: shop\nservices:\n  web:\n    image: x\n    portss: ["80"]\n    x-stormport: { gnag: true }\n',
      '/project/stormport.yaml': 'plce: {}\n',
    })
    expect(app).toBeNull()
    const errors = diagnostics.filter((found) => found.severity === 'error')
    expect(errors.map((found) => `${found.span?.file}:${found.span?.line}`)).toEqual([
      '/project/compose.yaml:5',
      '/project/compose.yaml:6',
      '/project/stormport.yaml:1',
    ])
  })

  it('refuses a --target that does not exist', () => {
    const { app, diagnostics } = load(
      { '/project/compose.yaml': 'name: shop\nservices: { web: { image: x } }\n', '/project/stormport.yaml': REMOTE },
      { targets: ['rak'] },
    )
    expect(app).toBeNull()
    expect(diagnostics).toMatchObject([{ code: 'SP1312', hint: 'did you mean `rack`?' }])
  })

  it('gives no app for a broken file, and does not throw', () => {
    const { app, diagnostics } = load({ '/project/compose.yaml': 'services:\n  web:\n    image: [x\n' })
    expect(app).toBeNull()
    expect(diagnostics.some((found) => found.severity === 'error' && found.span !== undefined)).toBe(true)
  })
})

describe('a found override file', () => {
  const FILES = {
    '/project/compose.yaml': 'name: shop\nservices: { web: { image: x } }\n',
    '/project/compose.override.yaml': 'services: { web: { image: y } }\n',
  }

  it('is merged when every selected target is this machine', () => {
    expect(load(FILES).app?.services[0]?.image).toBe('y')
    expect(load({ ...FILES, '/project/stormport.yaml': REMOTE }, { targets: ['here'] }).app?.services[0]?.image).toBe(
      'y',
    )
  })

  it('is refused with a remote target, with both ways out', () => {
    const { app, diagnostics } = load({ ...FILES, '/project/stormport.yaml': REMOTE })
    expect(app).toBeNull()
    expect(diagnostics).toMatchObject([
      { code: 'SP1326', target: 'rack', span: { file: '/project/compose.override.yaml' } },
    ])
    expect(diagnostics[0]?.hint).toContain('--file /project/compose.yaml, or name both')
  })

  it('is fine when it is named', () => {
    const { app } = load(
      { ...FILES, '/project/stormport.yaml': REMOTE },
      { files: ['compose.yaml', 'compose.override.yaml'] },
    )
    expect(app?.services[0]?.image).toBe('y')
  })
})
