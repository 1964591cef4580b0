import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { StatusReport } from '../core/engine/api.ts'
import { StormportError } from '../core/errors.ts'
import { testFolders } from '../test/builders/folders.ts'
import { localFleet, NOW, record } from './recording-world.ts'

const makeFolder = testFolders('cli')

const healthy: StatusReport = {
  app: 'shop',
  release: 3,
  state: 'healthy',
  targets: [
    {
      name: 'local',
      provider: 'local',
      reachable: true,
      observedAt: new Date(NOW - 3_000).toISOString(),
      state: 'healthy',
      release: 3,
      owed: false,
      standby: { tier: 'none', release: null, ready: false, missing: [] },
      services: [{ name: 'web', desired: 2, ready: 2, release: 3, endpoints: ['http://127.0.0.1:8080'] }],
      because: null,
    },
  ],
  control: { active: false },
  daemon: { version: '0.1.0' },
}

describe('words', () => {
  test('--version prints the version alone', async () => {
    const run = await record('--version')
    expect(run).toEqual({ exitCode: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' })
  })

  test('without words the help is shown', async () => {
    const run = await record('')
    expect(run.exitCode).toBe(0)
    expect(run.out).toContain('deploy, up')
    expect(await record('--help')).toEqual(run)
    expect(await record('--no-color --help')).toEqual(run)
  })

  test('help of a verb shows its options', async () => {
    const run = await record('help deploy')
    expect(run).toEqual({ exitCode: 0, out: expect.stringContaining('--no-wait'), err: '' })
    expect(await record('deploy --help')).toEqual(run)
  })

  test.each([
    ['deplyo', 'SP1501', 'did you mean deploy?'],
    ['target lst', 'SP1501', 'did you mean list?'],
    ['plan --jsn', 'SP1502', 'did you mean --json?'],
    ['deploy --no-wiat', 'SP1502', 'did you mean --no-wait?'],
    ['scale', 'SP1503', 'add --help to see the form'],
    ['status web', 'SP1503', 'add --help to see the form'],
    ['deploy --timeout 10', 'SP1503', 'write a unit, such as 10s'],
    ['deploy --allow hostpath', 'SP1503', 'did you mean hostPath?'],
    ['deploy --on-failure rolback', 'SP1503', 'did you mean rollback?'],
    ['status --target lokal', 'SP1312', 'did you mean `local`?'],
    ['rollback two', 'SP1503', 'stormport releases lists them'],
    ['scale web', 'SP1503', 'write for example web=3'],
    ['logs --since yesterday', 'SP1503', 'write 10m, or 2026-01-31T12:00:00Z'],
    ['target', 'SP1503', 'add --help to see what may follow'],
    ['simulate', 'SP1505', 'stormport --help lists what is there'],
    ['scale web=2 --for 10m', 'SP1505', 'stormport --help lists what is there'],
    ['failover drill', 'SP1505', 'stormport --help lists what is there'],
    ['deploy --env prod', 'SP1505', 'stormport --help lists what is there'],
  ])('%s is refused with %s and a next step', async (words, code, hint) => {
    const run = await record(words)
    expect(run).toMatchObject({ exitCode: 3, out: '' })
    expect(run.err).toContain(`error[${code}]`)
    expect(run.err).toContain(`help: ${hint}`)
  })

  test('a refusal of a query verb with --json is one document', async () => {
    const run = await record('plan --jsn --json')
    expect(run.exitCode).toBe(3)
    expect(JSON.parse(run.out)).toMatchObject({
      error: { code: 'SP1502', message: "unknown option '--jsn'", span: null, hint: 'did you mean --json?' },
      diagnostics: [{ code: 'SP1502', severity: 'error' }],
    })
    expect(run.err).toBe('')
  })

  test('a refusal of a streaming verb with --json is version, diagnostics, result', async () => {
    const run = await record('deploy --on-failure x --json')
    const lines = run.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ type, seq }) => [type, seq])).toEqual([
      ['version', 0],
      ['diagnostic', 1],
      ['result', 2],
    ])
    expect(lines[0]).toMatchObject({ schema: 'stormport/1' })
    expect(lines[2]).toMatchObject({ ok: false, exitCode: 3, summary: { targets: [] } })
  })

  test('global options stand before or after the verb, and repeat', async () => {
    const asked: unknown[] = []
    const status = async (subject: unknown, targets: unknown): Promise<StatusReport> => {
      asked.push([subject, targets])
      return healthy
    }
    const find = async (app: string) => ({
      app,
      fleet: { ...localFleet, targets: localFleet.targets.map((target) => ({ ...target, name: 'old' })) },
    })
    await record('--target local -p other status --target old --json', { engine: { status, find } })
    expect(asked).toEqual([[expect.objectContaining({ app: 'other' }), ['local', 'old']]])
  })

  test('-f is --follow for logs and --file for status', async () => {
    const follow = await record('logs -f web', {
      engine: {
        async *logs(_, { follow, services }) {
          yield {
            at: '',
            target: 'local',
            service: services.join(),
            replica: 'a',
            slot: 1,
            stream: 'stdout',
            text: `follow ${follow}`,
          }
        },
      },
    })
    expect(follow.out).toBe('web.1 │ follow true\n')
    const seen: unknown[] = []
    const bindings = {
      loadCompose: async ({ options }: { readonly options: { readonly files: unknown } }) => {
        seen.push(options.files)
        throw new StormportError('BadInput', 'seen')
      },
    }
    await record('status -f other.yaml', { bindings })
    expect(seen[0]).toEqual(['other.yaml'])
  })

  test('aliases are the verbs that they stand for', async () => {
    const apps = async () => ({ apps: [] })
    const nodes = async () => []
    expect((await record('ls', { engine: { apps } })).out).toBe('no applications\n')
    expect((await record('nodes --json', { engine: { nodes } })).out).toBe('{\n  "targets": []\n}\n')
  })
})

describe('queries', () => {
  test('status is a table', async () => {
    const run = await record('status', { engine: { status: async () => healthy } })
    expect(run.out).toMatchInlineSnapshot(`
      "shop · release 3 · healthy  observed 3s ago
      TARGET  STATE    SERVICE  READY  RELEASE  ENDPOINTS              NOTE
      local   healthy  web      2/2    3        http://127.0.0.1:8080
      "
    `)
  })

  test('status --json is the report as it stands', async () => {
    const run = await record('status --json', { engine: { status: async () => healthy } })
    expect(JSON.parse(run.out)).toEqual(healthy)
  })

  test.each([
    [{}, 0],
    [{ state: 'degraded' as const }, 6],
    [{ targets: healthy.targets.map((target) => ({ ...target, reachable: false })) }, 7],
  ])('status --check of %j exits %i, status alone 0', async (change, exitCode) => {
    const engine = { status: async () => ({ ...healthy, ...change }) }
    expect((await record('status --check', { engine })).exitCode).toBe(exitCode)
    expect((await record('status', { engine })).exitCode).toBe(0)
  })

  test('a name is needed when there are no files', async () => {
    const loaded = {
      compose: {
        project: null,
        positions: { span: () => undefined, origin: () => ({ kind: 'literal' as const }) },
        files: [],
        overrideFile: null,
        environment: {},
        workingDir: '/project',
        projectRoot: '/project',
        diagnostics: [],
      },
    }
    const run = await record('status', { loaded })
    expect(run).toMatchObject({ exitCode: 3, out: '' })
    expect(run.err).toContain('--project-name')
  })

  test('with a name no compose file is read', async () => {
    const bindings = {
      loadCompose: async () => Promise.reject(new Error('read')),
      loadProject: async () => Promise.reject(new Error('read')),
    }
    const run = await record('status -p shop', { bindings, engine: { status: async () => healthy } })
    expect(run.exitCode).toBe(0)
  })

  test('broken files are one report with places, exit 3', async () => {
    const cwd = makeFolder()
    writeFileSync(join(cwd, 'compose.yaml'), 'services:\n  web:\n    imagee: x\n')
    const loaded = {
      app: null,
      diagnostics: [
        {
          code: 'SP1003',
          severity: 'error' as const,
          message: 'unknown key "imagee"',
          span: { file: join(cwd, 'compose.yaml'), line: 3, column: 5 },
          hint: 'did you mean `image`?',
        },
      ],
    }
    const run = await record('plan', { loaded, cwd })
    expect(run.exitCode).toBe(3)
    expect(run.err).toMatchInlineSnapshot(`
      "error[SP1003] unknown key "imagee"
        compose.yaml:3:5 │     imagee: x
                         │     ^^^^^^
        help: did you mean \`image\`?
      "
    `)
  })

  test('our own bug is exit 1 and says so', async () => {
    const run = await record('status', { engine: { status: () => Promise.reject(new TypeError('x is undefined')) } })
    expect(run.exitCode).toBe(1)
    expect(run.err).toContain('internal error: x is undefined')
  })
})

describe('files that the command line writes and reads', () => {
  test('init writes a starter file and never over one that is there', async () => {
    const cwd = makeFolder()
    expect((await record('init', { cwd })).exitCode).toBe(0)
    const again = await record('init', { cwd })
    expect(again.exitCode).toBe(3)
    expect(again.err).toContain('SP1509')
  })

  test('deploy --plan refuses what is no saved plan', async () => {
    const cwd = makeFolder()
    writeFileSync(join(cwd, 'p.json'), '{}')
    expect((await record('deploy --plan p.json', { cwd })).err).toContain('SP1510')
    expect((await record('deploy --plan q.json', { cwd })).err).toContain('SP1504')
  })
})

describe('texts', () => {
  test('explain tells a code, and all exit codes', async () => {
    expect((await record('explain sp1501')).out).toContain('unknown command')
    expect((await record('explain exit-codes')).out).toContain('130')
    expect((await record('explain SP15O1')).err).toContain('did you mean SP1501?')
  })

  test.each(['stormport', 'x-stormport', 'output'])('schema %s is JSON Schema', async (name) => {
    const run = await record(`schema ${name}`)
    expect(JSON.parse(run.out)).toMatchObject({ $schema: expect.stringContaining('json-schema.org') })
  })

  test('completion knows the shells', async () => {
    expect((await record('completion bash')).out).toContain('complete -F _stormport stormport')
    expect((await record('completion tcsh')).exitCode).toBe(3)
  })
})
