import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testFolders } from '../../test/builders/folders.ts'
import type { EngineInput } from '../bindings.ts'
import { record } from '../recording-world.ts'

const makeFolder = testFolders('plugins')

const question = { command: 'aws', args: ['eks', 'get-token', '--token', 'hunter2', '--session-secret=hunter3'] }

/** The plugins that the command line hands to the engine, used while a verb runs. */
const answered = async (
  scene: { readonly tty?: boolean; readonly input?: string; readonly words?: string; readonly config?: string },
  use: (plugins: NonNullable<EngineInput['plugins']>) => unknown = (plugins) => plugins.ask?.(question) ?? null,
) => {
  let answer: unknown
  const config = scene.config ?? makeFolder()
  const run = await record(scene.words ?? 'apps', {
    ...scene,
    env: { XDG_CONFIG_HOME: config },
    bindings: {
      createEngine: async (_: unknown, { plugins }: EngineInput) => {
        if (plugins === undefined) throw new Error('no plugins were handed over')
        answer = await (async () => use(plugins))().catch((error: unknown) => error)
        // The two members that apps uses.
        return { apps: async () => ({ apps: [] }), close: async () => undefined } as never
      },
    },
  })
  return { answer, err: run.err, file: join(config, 'stormport', 'exec-plugins.json') }
}

describe('a credential plugin', () => {
  test('is shown with its words, without what they hold of secrets, and runs after a yes', async () => {
    const { answer, err } = await answered({ tty: true, input: 'y\n' })
    expect(answer).toBe(true)
    expect(err).toContain('aws eks get-token --token *** --session-secret=***')
    expect(err).not.toContain('hunter')
  })

  test('does not run after anything but a yes', async () => {
    expect((await answered({ tty: true, input: '\n' })).answer).toBe(false)
    expect((await answered({ tty: true, input: 'maybe\n' })).answer).toBe(false)
  })

  test('is asked about once, however many targets name it', async () => {
    const { answer, err } = await answered({ tty: true, input: 'y\n' }, (plugins) =>
      Promise.all([plugins.ask?.(question), plugins.ask?.(question)]),
    )
    expect(answer).toEqual([true, true])
    expect(err.match(/Run it\?/g)).toHaveLength(1)
  })

  test('that is always allowed is kept in a file of the user alone, beside what was there', async () => {
    const { answer, file } = await answered({ tty: true, input: 'a\n' })
    expect(answer).toBe(true)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ allow: ['aws'] })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const config = dirname(dirname(file))
    await answered({ tty: true, input: 'a\n', config }, (plugins) => plugins.ask?.({ command: 'kubelogin', args: [] }))
    expect((await answered({ config }, (plugins) => plugins.allowed())).answer).toEqual(['aws', 'kubelogin'])
  })

  test.each([
    ['without a terminal', {}],
    ['with --json', { tty: true, words: 'apps --json' }],
  ] as const)('is asked of nobody %s', async (_, scene) => {
    expect((await answered(scene, (plugins) => plugins.ask)).answer).toBeNull()
  })

  test.each([
    ['is broken', '{', 0o600],
    ['holds no list', '{"allow":"aws"}', 0o600],
    ['others may write to', '{"allow":["aws"]}', 0o622],
  ])('list that %s allows nothing and says so', async (_, text, mode) => {
    const config = makeFolder()
    mkdirSync(join(config, 'stormport'))
    const file = join(config, 'stormport', 'exec-plugins.json')
    writeFileSync(file, text)
    // The mode of a new file is cut by the umask.
    chmodSync(file, mode)
    const { answer } = await answered({ config }, (plugins) => plugins.allowed())
    expect(answer).toMatchObject({ code: 'BadInput', details: { diagnostic: 'SP1512' } })
  })
})
