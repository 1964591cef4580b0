import { expect, test } from 'vitest'
import type { Event, TargetOutcome } from '../core/model/event.ts'
import { testFolders } from '../test/builders/folders.ts'
import { events, type Recording, record, resultEvent } from './recording-world.ts'

const makeHome = testFolders('follow')

const deployed = async (words: string, told: readonly Partial<Event>[], tty = false): Promise<Recording> => {
  const home = makeHome()
  return record(words, {
    cwd: home,
    tty,
    env: { STORMPORT_HOME: home, NO_COLOR: '1' },
    engine: { deploy: () => events(...told) },
  })
}

const placed: Partial<Event> = {
  type: 'plan',
  code: 'SP-I3000',
  message: 'planned',
  data: {
    summary: {},
    unplaceable: [],
    exposed: [],
    ifLost: [],
    diagnostics: [],
    changes: [{ target: 'local', service: 'web' }],
    placements: [
      { service: 'web', target: 'local', count: 1 },
      { service: 'web', target: 'local', count: 1 },
      { service: 'db', target: 'local', count: 1 },
    ],
  },
}
const ready = (count: number): Partial<Event> => ({
  type: 'health',
  target: 'local',
  service: 'web',
  message: `web ${count}/2 ready`,
  data: { service: 'web', desired: 2, ready: count, release: 1, endpoints: ['http://127.0.0.1:8080'] },
})
const replica = (phase: string, reason: string | null = null): Partial<Event> => ({
  type: 'replica',
  target: 'local',
  service: 'web',
  message: `web.1 ${phase}${reason === null ? '' : `: ${reason}`}`,
  data: { id: 'a1', service: 'web', slot: 1, phase },
})
const outcome = (change: Partial<TargetOutcome> = {}): TargetOutcome => ({
  name: 'local',
  outcome: 'done',
  release: 1,
  reason: null,
  ...change,
})

const failing: readonly Partial<Event>[] = [
  placed,
  replica('failed', 'exited 7'),
  { type: 'log', target: 'local', service: 'web', message: 'boom \u001b[31mred' },
  {
    type: 'diagnostic',
    code: 'SP4010',
    target: 'local',
    service: 'web',
    message: 'web on local is not healthy: exited 7 three times',
    data: {
      code: 'SP4010',
      severity: 'error',
      message: 'web on local is not healthy: exited 7 three times',
      hint: 'stormport logs web',
      target: 'local',
      service: 'web',
    },
  },
  resultEvent({
    ok: false,
    exitCode: 6,
    targets: [outcome({ outcome: 'rolledBack', reason: 'exited 7 three times' })],
    next: ['stormport logs -p shop'],
  }),
]

test('a good deploy tells each change on stderr and the endpoints on stdout', async () => {
  const run = await deployed('deploy', [
    placed,
    replica('starting'),
    replica('starting'),
    ready(1),
    ready(2),
    resultEvent({ targets: [outcome()] }),
  ])
  expect(run.exitCode).toBe(0)
  expect(run.err).toMatchInlineSnapshot(`
    "local: web.1 starting
    local: web 1/2 ready
    local: web 2/2 ready
    "
  `)
  expect(run.out).toMatchInlineSnapshot(`
    "✔ shop release 1 is live on local (0.0s)
      web  http://127.0.0.1:8080
    "
  `)
})

test('a failed deploy shows the reason, the last log lines and the next command, without control sequences', async () => {
  const run = await deployed('deploy --progress quiet', failing)
  expect(run.exitCode).toBe(6)
  expect(run.out).toBe('')
  expect(run.err).toMatchInlineSnapshot(`
    "error[SP4010] web on local is not healthy: exited 7 three times
      help: stormport logs web
    last lines of web on local:
      │ boom red
    ✖ deploy of shop did not succeed (0.0s)
      ✖ local: rolled back, release 1: exited 7 three times
    Next: stormport logs -p shop
    "
  `)
})

test('with --json the same facts are lines', async () => {
  const run = await deployed('deploy --json', failing)
  const lines = run.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ type }) => type)).toEqual(['version', 'plan', 'replica', 'log', 'diagnostic', 'result'])
  expect(lines.at(-1)).toMatchObject({
    ok: false,
    exitCode: 6,
    summary: { targets: [{ outcome: 'rolledBack' }], next: ['stormport logs -p shop'] },
  })
  expect(run.err).toBe('')
})

test('on a terminal a table stands in place of the lines', async () => {
  const run = await deployed(
    'deploy',
    [placed, replica('starting'), ready(2), resultEvent({ targets: [outcome()] })],
    true,
  )
  expect(run.err).toMatchInlineSnapshot(`
    " ✔ local  web  2/2    0.0s  ready
    "
  `)
})

test('nothing to change says so', async () => {
  const run = await deployed('deploy', [resultEvent({ targets: [outcome({ outcome: 'unchanged' })] })])
  expect(run.out).toMatchInlineSnapshot(`
    "✔ nothing to change: shop release 1 is live on local
    "
  `)
})

test('a refusal before the first change ends with its findings', async () => {
  const refused = { code: 'SP2201', severity: 'error', message: 'db needs an engine', hint: 'start one' }
  const run = await deployed('deploy', [
    { type: 'diagnostic', code: 'SP2201', message: refused.message, data: refused },
    resultEvent({
      ok: false,
      exitCode: 5,
      targets: [outcome({ outcome: 'skipped', reason: 'refused before anything was changed' })],
    }),
  ])
  expect(run).toEqual({ exitCode: 5, out: '', err: 'error[SP2201] db needs an engine\n  help: start one\n' })
})

test('a stream that ends without a result is our bug', async () => {
  expect((await deployed('deploy', [])).exitCode).toBe(1)
})
