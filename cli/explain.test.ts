// The verbs that explain, on the screen and as JSON: the same facts in both.
import { describe, expect, test } from 'vitest'
import type { DriftReport, MetricsReport, PoolsReport, StatusReport, WhyReport } from '../core/engine/api.ts'
import type { TargetEvent } from '../core/model/target-event.ts'
import { NOW, record, type Scene } from './recording-world.ts'

const why: WhyReport = {
  service: 'web',
  slot: 2,
  phase: 'pending',
  since: new Date(NOW - 90_000).toISOString(),
  reason: 'Unschedulable: no room',
  replica: 'web.2',
  target: 'rack',
  node: null,
  ready: false,
  restarts: 0,
  lastExit: null,
  refusals: [
    { target: 'rack', pool: 'general', node: 'n1', reason: 'not enough CPU; needs 4 CPUs', fix: 'free CPU' },
    { target: 'aws', pool: null, node: null, reason: 'aws is unreachable', fix: 'stormport target check aws' },
  ],
  events: [
    { at: '2026-01-31T11:59:00.000Z', severity: 'warning', reason: 'FailedScheduling', message: '0/3', count: 4 },
  ],
  lastLogs: ['boom\u001b[31m'],
  next: ['stormport pool list --target rack'],
}

const event = (over: Partial<TargetEvent> = {}): TargetEvent => ({
  at: '2026-01-31T11:59:00.000Z',
  target: 'rack',
  service: 'web',
  replica: 'web-1',
  slot: null,
  object: { kind: 'Pod', name: 'web-1' },
  severity: 'normal',
  reason: 'Scheduled',
  message: 'assigned to n1',
  count: 1,
  ...over,
})

const stream = (...events: readonly TargetEvent[]): AsyncIterable<TargetEvent> =>
  (async function* () {
    yield* events
  })()

describe('why', () => {
  const engine = { why: async () => why }

  test('tells who refuses and what to do, the events, the last lines and the next command', async () => {
    const { exitCode, out } = await record('why web.2', { engine })
    expect(exitCode).toBe(0)
    expect(out.split('\n')).toEqual([
      'web.2 on rack: pending for 1m: Unschedulable: no room',
      'refused:',
      '  │ rack/n1: not enough CPU; needs 4 CPUs → free CPU',
      '  │ aws: aws is unreachable → stormport target check aws',
      'events:',
      '  │ 2026-01-31T11:59:00.000Z FailedScheduling: 0/3 (4 times)',
      'last lines:',
      '  │ boom',
      'Next: stormport pool list --target rack',
      '',
    ])
  })

  test('--json is the report as it stands', async () => {
    expect(JSON.parse((await record('why web.2 --json', { engine })).out)).toEqual(why)
  })

  test('passes the name and the targets on', async () => {
    const asked: unknown[] = []
    await record('why web.2 --target local', {
      engine: { why: async (_, replica) => asked.push(replica) && why },
    } as Scene)
    expect(asked).toEqual([{ name: 'web.2', targets: ['local'] }])
  })
})

describe('events', () => {
  const told = [
    event(),
    event({
      replica: null,
      object: { kind: 'Deployment', name: 'web' },
      reason: 'ScalingReplicaSet',
      message: 'up to 2',
    }),
    event({ slot: 3, target: 'local', severity: 'warning', reason: 'Failed', message: 'exited 1', count: 2 }),
    event({
      service: null,
      replica: null,
      object: { kind: 'Target', name: 'aws' },
      reason: 'Unreachable',
      message: 'dead',
    }),
  ]

  test('are one line each', async () => {
    const { out } = await record('events', { engine: { events: () => stream(...told) } })
    expect(out.split('\n')).toEqual([
      '2026-01-31T11:59:00.000Z rack Pod web-1 Scheduled: assigned to n1',
      '2026-01-31T11:59:00.000Z rack Deployment web ScalingReplicaSet: up to 2',
      '2026-01-31T11:59:00.000Z local Pod web.3 Failed: exited 1 (2 times)',
      '2026-01-31T11:59:00.000Z rack Target aws Unreachable: dead',
      '',
    ])
  })

  test('are one object a line with --json, from version to result, at their own time', async () => {
    const { out } = await record('events --json', { engine: { events: () => stream(...told) } })
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map((line) => [line.type, line.seq])).toEqual([
      ['version', 0],
      ['replica', 1],
      ['action', 2],
      ['replica', 3],
      ['health', 4],
      ['result', 5],
    ])
    expect(lines[1]).toEqual({
      type: 'replica',
      seq: 1,
      time: '2026-01-31T11:59:00.000Z',
      app: 'shop',
      target: 'rack',
      service: 'web',
      code: 'SP-I4080',
      message: 'assigned to n1',
      data: {
        replica: 'web-1',
        slot: null,
        object: { kind: 'Pod', name: 'web-1' },
        severity: 'normal',
        reason: 'Scheduled',
        count: 1,
      },
    })
    expect(lines[4]).not.toHaveProperty('service')
  })

  test('are asked for by service, by time, and followed with -f', async () => {
    const asked: unknown[] = []
    const events = (_: unknown, request: unknown) => {
      asked.push(request)
      return stream()
    }
    await record('events web db -f --since 10m', { engine: { events } })
    expect(asked).toEqual([{ targets: null, services: ['web', 'db'], follow: true, sinceMs: NOW - 600_000 }])
  })
})

test('metrics stand beside requests and limits, and say where nothing is stated', async () => {
  const usage = {
    at: '',
    replica: 'web-1',
    service: 'web',
    target: 'rack',
    slot: 1,
    cpuMillis: 20,
    memoryBytes: 2 ** 26,
  }
  const requests = { cpuMillis: 250, memoryBytes: null }
  const report: MetricsReport = { samples: [{ ...usage, requests, limits: { cpuMillis: null, memoryBytes: 2 ** 28 } }] }
  const { out } = await record('top', { engine: { metrics: async () => report } })
  expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['REPLICA', 'TARGET', 'CPU', 'REQUEST', 'LIMIT', 'MEMORY', 'REQUEST', 'LIMIT'],
    ['web.1', 'rack', '0.02', '0.25', '-', '64MiB', '-', '256MiB'],
    [''],
  ])
})

test('pool list shows bounds, what is free, GPUs and price; a target that is dark keeps its reason', async () => {
  const pool = {
    name: 'gpu',
    label: 'karpenter.sh/nodepool',
    nodes: 2,
    cordoned: 1,
    zones: ['a'],
    total: { cpuMillis: 8_000, memoryBytes: 2 ** 35 },
    free: { cpuMillis: 4_000, memoryBytes: 2 ** 34 },
    gpus: [{ model: 'l4', total: 2, free: 1 }],
    priceUsdPerHour: 1.5,
    min: 0,
    max: 4,
  }
  const report: PoolsReport = {
    targets: [
      { target: 'local', provider: 'kubernetes', reachable: true, because: null, pools: [pool] },
      { target: 'aws', provider: 'eks', reachable: false, because: 'no answer in 5 s', pools: [] },
    ],
  }
  const scene: Scene = { engine: { pools: async () => report } }
  const { out } = await record('pools', scene)
  expect(out).toContain('l4 1 of 2 free  1.5       1 cordoned, by karpenter.sh/nodepool')
  expect(out).toMatch(/gpu +2 +0-4 +4 of 8 +16GiB of 32GiB/)
  expect(out).toMatch(/aws +- .*no answer in 5 s/)
  expect(JSON.parse((await record('pool list --json', scene)).out)).toEqual(report)
})

describe('plan --drift', () => {
  const row = { target: 'rack', service: 'web', kind: 'Service', name: 'web', field: 'spec.selector', manager: 'helm' }
  const drifted: DriftReport = { drift: [{ ...row, want: { a: 1 }, live: null }], unknown: [] }
  const dark: DriftReport = { drift: [], unknown: [{ target: 'aws', because: 'no answer' }] }
  const clean: DriftReport = { drift: [], unknown: [] }

  test.each([
    ['drift', drifted, 2],
    ['a target that cannot be compared', dark, 7],
    ['neither', clean, 0],
  ] as const)('ends with %s by --detailed-exitcode, else with 0', async (_, report, code) => {
    const scene: Scene = { engine: { drift: async () => report } }
    expect((await record('plan --drift --detailed-exitcode', scene)).exitCode).toBe(code)
    expect((await record('plan --drift', scene)).exitCode).toBe(0)
    expect(JSON.parse((await record('plan --drift --json', scene)).out)).toEqual(report)
  })

  test('shows the field, both values and who changed it', async () => {
    const { out } = await record('plan --drift', { engine: { drift: async () => drifted } })
    expect(out).toMatch(/rack +Service web +helm +spec\.selector +\{"a":1\} +null/)
    expect((await record('plan --drift', { engine: { drift: async () => clean } })).out).toContain('no drift')
    expect((await record('plan --drift', { engine: { drift: async () => dark } })).out).toContain('cannot be compared')
  })

  test('is of the named services only', async () => {
    const { out } = await record('plan db --drift --json', { engine: { drift: async () => drifted } })
    expect(JSON.parse(out).drift).toEqual([])
  })
})

describe('status --watch', () => {
  const status = (ready: number): StatusReport => ({
    app: 'shop',
    release: 3,
    state: ready === 2 ? 'healthy' : 'progressing',
    targets: [
      {
        name: 'local',
        provider: 'local',
        reachable: true,
        observedAt: new Date(NOW - ready).toISOString(),
        state: 'healthy',
        release: 3,
        owed: false,
        standby: { tier: 'none', release: null, ready: false, missing: [] },
        services: [{ name: 'web', desired: 2, ready, release: 3, endpoints: [] }],
        because: null,
      },
    ],
    control: { active: false },
    daemon: { version: null },
  })

  /** Looks three times, then Ctrl-C. */
  const watched = (words: string, scene: Scene = {}) => {
    let send: (signal: 'SIGINT') => void = () => undefined
    let looks = 0
    return record(words, {
      ...scene,
      ticks: true,
      signals: (sender) => (send = sender),
      engine: {
        status: async () => {
          looks += 1
          if (looks === 3) send('SIGINT')
          return status(Math.min(looks, 2))
        },
      },
    })
  }

  test('prints lines elsewhere only when something is new', async () => {
    const { exitCode, out } = await watched('status --watch')
    expect(exitCode).toBe(130)
    expect(out.match(/^shop/gm)).toHaveLength(2)
    expect(out).not.toContain('\u001b')
  })

  test('draws over itself on a terminal', async () => {
    const { out } = await watched('status --watch --no-color', { tty: true })
    expect(out.split('\u001b[3A\u001b[0J')).toHaveLength(3)
  })

  test('is one document a line with --json', async () => {
    const lines = (await watched('status --watch --json')).out.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).state)).toEqual(['progressing', 'healthy'])
  })
})

test('render --rbac asks for roles, and says so where no target takes any', async () => {
  const asked: unknown[] = []
  const render = async (_: unknown, options: { readonly rbac?: boolean }) => {
    asked.push(options.rbac)
    return { objects: [], diagnostics: [] }
  }
  const { out, err } = await record('render --rbac', { engine: { render } })
  expect(asked).toEqual([true])
  expect([out, err]).toEqual(['', 'no target here takes roles\n'])
})
