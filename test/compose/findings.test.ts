// What the loader says about broken files: everything at once, each finding with its place.
import { describe, expect, it } from 'vitest'
import { loadCompose } from '../../core/config/compose/index.ts'
import type { LoadOptions } from '../../core/config/types.ts'
import type { Files } from '../../core/ports.ts'
import { memoryFiles } from './memory-files.ts'

const options: LoadOptions = {
  workingDir: '/ROOT/app',
  files: null,
  env: {},
  envFiles: [],
  profiles: [],
  projectName: null,
  projectRoot: null,
  allowPaths: [],
  confine: true,
}

const load = (files: Readonly<Record<string, string>>, more: Partial<LoadOptions> = {}) => {
  const placed = Object.fromEntries(Object.entries(files).map(([path, text]) => [`app/${path}`, text]))
  return loadCompose({ ...options, ...more }, memoryFiles(placed))
}

const said = (files: Readonly<Record<string, string>>, more: Partial<LoadOptions> = {}): readonly string[] =>
  load(files, more).diagnostics.map((d) => {
    const place =
      d.span === undefined ? '-' : `${d.span.file.replace('/ROOT/app/', '')}:${d.span.line}:${d.span.column}`
    return `${place} ${d.code} ${d.message}${d.hint === undefined ? '' : ` (${d.hint})`}`
  })

describe('findings', () => {
  it('come all in one run, with suggestions', () => {
    const text = `services:
  web:
    imagee: x
    portss: ["80"]
  api:
    image: y
    deploy: { replicas: minus }
`
    expect(said({ 'compose.yaml': text })).toEqual([
      'compose.yaml:3:5 SP1101 unknown key "imagee" in services.web (did you mean `image`?)',
      'compose.yaml:4:5 SP1101 unknown key "portss" in services.web (did you mean `ports`?)',
      'compose.yaml:7:25 SP1009 services.api.deploy.replicas: the text "minus" is no integer',
    ])
  })

  it('name the line of a syntax error', () => {
    const [first] = said({ 'compose.yaml': 'services:\n  web:\n    image: [x\n' })
    expect(first).toMatch(/^compose\.yaml:[34]:\d+ SP1001 /)
  })

  it('point into the file that is wrong', () => {
    const found = said({
      'compose.yaml': 'include: [more/db.yaml]\nservices:\n  web: { image: x }\n',
      'more/db.yaml': 'services:\n  db:\n    image: 5\n',
    })
    expect(found).toEqual(['more/db.yaml:3:12 SP1102 services.db.image must be a string'])
  })

  it('point at what a later file adds', () => {
    const found = said({
      'compose.yaml': 'services:\n  web: { image: x }\n',
      'compose.override.yaml': 'services:\n  web:\n    networks: [gone]\n',
    })
    expect(found).toEqual([
      'compose.override.yaml:3:16 SP1111 service web refers to undefined network gone (define gone under networks:)',
    ])
  })

  it('of all stages come together', () => {
    const text = `services:
  web:
    image: x
    ports: ["nonsense:80"]
    volumes: ["dat:/d"]
    unknown: 1
  api:
    image: y
    depends_on: [wbe]
volumes: { data: }
`
    const codes = load({ 'compose.yaml': text }).diagnostics.map((d) => d.code)
    expect(codes).toEqual(['SP1107', 'SP1111', 'SP1101', 'SP1111'])
  })

  it('do not follow from others: a misspelled image is one finding', () => {
    expect(said({ 'compose.yaml': 'services:\n  web: { imagee: x }\n' })).toHaveLength(1)
  })

  it('never repeat values that came from variables', () => {
    const text = 'services:\n  web: { image: x, scale: "${SECRET}" }\n'
    const loaded = load({ 'compose.yaml': text, '.env': 'SECRET=canary-7f3a\n' })
    expect(loaded.diagnostics.map((d) => d.code)).toEqual(['SP1009'])
    expect(JSON.stringify(loaded.diagnostics)).not.toContain('canary-7f3a')
  })

  it('never repeat them in what was made of them', () => {
    const text = `services:
  web:
    image: x
    ports: ["\${SECRET}", { target: 80, host_ip: "\${SECRET}" }]
    volumes: ["\${SECRET}:/a:b:c"]
    devices: ["\${SECRET}:b:c:d"]
    extra_hosts: ["\${SECRET}"]
    environment: ["\${SECRET} =1"]
    stop_grace_period: "\${SECRET}"
    mem_limit: "\${SECRET}"
    command: "'\${SECRET}"
    cgroup: "\${SECRET}"
    pull_policy: "\${SECRET}"
    ulimits: { core: "\${SECRET}" }
    gpus: [ { count: "\${SECRET}" } ]
`
    const loaded = load({ 'compose.yaml': text, '.env': 'SECRET=canary-7f3a\n' })
    expect(loaded.diagnostics.length).toBeGreaterThanOrEqual(12)
    expect(JSON.stringify(loaded.diagnostics)).not.toContain('canary-7f3a')
  })

  it('never repeat the text of a broken environment file', () => {
    const text = 'services:\n  web: { image: x, env_file: s.env }\n'
    for (const broken of ['PASSWORD="canary-7f3a\n', 'A=1\nPASS WORD=canary-7f3a\n', 'P%=canary-7f3a\n']) {
      const loaded = load({ 'compose.yaml': text, 's.env': broken })
      expect(loaded.diagnostics.map((d) => d.code)).toEqual(['SP1008'])
      expect(JSON.stringify(loaded.diagnostics)).not.toContain('canary-7f3a')
    }
  })

  it('tell that a missing Compose file is missing', () => {
    expect(said({ 'readme.md': 'x' })[0]).toMatch(/^- SP1005 no compose\.yaml/)
  })

  it('warn about variables without a value and about version', () => {
    const text = 'version: "3"\nservices:\n  web: { image: "x:$TAG", labels: { tag: $TAG } }\n'
    const loaded = load({ 'compose.yaml': text })
    expect(loaded.diagnostics.map((d) => `${d.severity} ${d.code}`)).toEqual(['warning SP1013', 'warning SP1014'])
    expect(loaded.project?.services['web']?.image).toBe('x:')
  })
})

describe('limits', () => {
  it('stop aliases that multiply', () => {
    const lines = ['x-0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 9; i++)
      lines.push(`x-${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`)
    const found = said({ 'compose.yaml': `${lines.join('\n')}\nservices: { web: { image: x } }\n` })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/SP1003 more than \d+ values/)
  })

  it('stop nesting without end', () => {
    const deep = `x-deep: ${'['.repeat(150)}1${']'.repeat(150)}\nservices: { web: { image: x } }\n`
    expect(said({ 'compose.yaml': deep })[0]).toMatch(/SP1003 nested deeper/)
  })

  it('stop files that are too large', () => {
    const large = `# ${'x'.repeat(5 * 1024 * 1024)}\nservices: { web: { image: x } }\n`
    expect(said({ 'compose.yaml': large })[0]).toMatch(/SP1003 the file is larger/)
  })

  it('refuse the key __proto__, and keep it plain in environment files', () => {
    const found = said({ 'compose.yaml': 'services:\n  web: { image: x, environment: { __proto__: y } }\n' })
    expect(found[0]).toMatch(/SP1003 the key __proto__/)
    const loaded = load({
      'compose.yaml': 'services:\n  web: { image: x, env_file: a.env }\n',
      'a.env': '__proto__=y\n',
    })
    expect(Object.keys(loaded.project?.services['web']?.environment ?? {})).toEqual(['__proto__'])
  })

  it('stop includes that include each other', () => {
    const found = said({
      'compose.yaml': 'include: [a.yaml]\nservices: { web: { image: x } }\n',
      'a.yaml': 'include: [compose.yaml]\n',
    })
    expect(found[0]).toMatch(/SP1011 include cycle/)
  })
})

describe('confinement', () => {
  const outside = { 'sub/compose.yaml': '' }
  const secret = (files: Readonly<Record<string, string>>, more: Partial<LoadOptions> = {}) =>
    said({ ...outside, ...files }, { workingDir: '/ROOT/app/sub', ...more })

  it('refuses env_file, include, extends, secrets and build contexts outside the project, each with the remedy', () => {
    const text = `include: [../o.yaml]
services:
  web:
    image: x
    env_file: ../a.env
    secrets: [s]
  b: { build: .. }
  c: { extends: { file: ../o.yaml, service: o } }
secrets: { s: { file: ../../etc/shadow } }
`
    const found = secret({ 'sub/compose.yaml': text, 'a.env': 'A=1\n', 'o.yaml': 'services: { o: { image: y } }\n' })
    const refused = found.filter((line) => line.includes('SP1006'))
    expect(refused).toHaveLength(5)
    for (const line of refused) expect(line).toContain('--allow-path')
  })

  const envOutside = { 'sub/compose.yaml': 'services:\n  web: { image: x, env_file: ../a.env }\n', 'a.env': 'A=1\n' }

  it('lets an allowed folder through', () => {
    expect(secret(envOutside)).toHaveLength(1)
    expect(secret(envOutside, { allowPaths: ['/ROOT/app'] })).toEqual([])
    expect(secret(envOutside, { projectRoot: '/ROOT/app' })).toEqual([])
  })

  it('takes the git work tree as the project', () => {
    expect(secret({ ...envOutside, '.git/HEAD': '' })).toEqual([])
  })

  it('reads everything when it is off', () => {
    expect(secret(envOutside, { confine: false })).toEqual([])
  })

  it('counts the folder of every named file', () => {
    const files = ['/ROOT/app/sub/compose.yaml', '/ROOT/app/other/compose.yaml']
    const text = { 'sub/compose.yaml': 'services:\n  web: { image: x, env_file: ../other/a.env }\n' }
    const other = { 'other/compose.yaml': 'services: {}\n', 'other/a.env': 'A=1\n' }
    expect(secret({ ...text, ...other }, { files })).toEqual([])
  })

  it('follows symbolic links before it decides', () => {
    const placed = {
      'app/compose.yaml': 'services:\n  web: { image: x, env_file: link.env }\n',
      'app/link.env': 'A=1\n',
    }
    const plain = memoryFiles(placed)
    const linked: Files = {
      ...plain,
      realpath: (path) => (path === '/ROOT/app/link.env' ? '/etc/secret' : plain.realpath(path)),
    }
    expect(loadCompose(options, linked).diagnostics.map((d) => d.code)).toEqual(['SP1006'])
    expect(loadCompose(options, plain).diagnostics).toEqual([])
  })
})

describe('positions', () => {
  const loaded = load(
    {
      'compose.yaml': `services:
  web:
    image: "x:\${TAG}"
    env_file: a.env
    environment:
      OWN: 1
      FROM: \${TAG}
      BARE:
    command: run $TAG now
    ports: ["80:80"]
`,
      'a.env': 'FILE=1\n',
      '.env': 'TAG=7\n',
    },
    { env: { BARE: 'b' } },
  )
  const at = (...path: (string | number)[]): string => {
    const span = loaded.positions.span(['services', 'web', ...path])
    return `${span?.line}:${span?.column}`
  }

  it('of values are those of the file', () => {
    expect([at('image'), at('ports', 0, 'target'), at('environment', 'OWN')]).toEqual(['3:12', '10:13', '6:12'])
  })

  it('of what is missing are those of the nearest parent', () => {
    expect(at('image', 'deeper', 3)).toBe('3:12')
    expect(at('nowhere')).toBe(at())
  })

  it('know where values came from', () => {
    const origin = (...path: (string | number)[]) => loaded.positions.origin(['services', 'web', ...path])
    expect(origin('image')).toEqual({ kind: 'interpolated', variables: ['TAG'] })
    expect(origin('environment', 'OWN')).toEqual({ kind: 'literal' })
    expect(origin('environment', 'FROM')).toEqual({ kind: 'interpolated', variables: ['TAG'] })
    expect(origin('environment', 'FILE')).toEqual({ kind: 'envFile', file: '/ROOT/app/a.env' })
    expect(origin('environment', 'BARE')).toEqual({ kind: 'environment', variable: 'BARE' })
    expect(origin('command', 1)).toEqual({ kind: 'interpolated', variables: ['TAG'] })
    expect(origin('ports', 0)).toEqual({ kind: 'literal' })
  })
})

describe('the loaded project', () => {
  it('keeps the extensions of services and names all files in merge order', () => {
    const loaded = load({
      'compose.yaml': 'include: [a.yaml]\nservices:\n  web: { image: x, x-stormport: { process: always } }\n',
      'compose.override.yaml': 'services:\n  web: { tty: true }\n',
      'a.yaml': 'services:\n  a: { image: y }\n',
    })
    expect(loaded.project?.services['web']?.['x-stormport']).toEqual({ process: 'always' })
    expect(loaded.files).toEqual(['/ROOT/app/compose.yaml', '/ROOT/app/a.yaml', '/ROOT/app/compose.override.yaml'])
    expect(loaded.overrideFile).toBe('/ROOT/app/compose.override.yaml')
  })

  it('has no override file when the files are named', () => {
    const files = { 'compose.yaml': 'services: { a: { image: x } }\n', 'compose.override.yaml': 'services: {}\n' }
    const loaded = load(files, { files: ['compose.yaml', 'compose.override.yaml'] })
    expect(loaded.overrideFile).toBeNull()
    expect(loaded.files).toHaveLength(2)
  })

  it('carries the variables of .env under those of the process', () => {
    const files = { 'compose.yaml': 'services: { a: { image: x } }\n', '.env': 'A=file\nB=file\n' }
    const { environment } = load(files, { env: { A: 'process' } })
    expect([environment['A'], environment['B']]).toEqual(['process', 'file'])
  })
})
