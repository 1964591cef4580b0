// Cases about what runs: watch, logs, exec, metrics, capacity, secrets, aborts and dead targets.
import { PassThrough } from 'node:stream'
import { expect } from 'vitest'
import { isStormportError } from '../../core/errors.ts'
import type { LogLine, Replica, StateDelta, TargetState } from '../../core/model/replica.ts'
import type { ExecIo, LogQuery } from '../../core/ports.ts'
import type { Case, Cases } from './case.ts'
import { collect } from './collect.ts'

const everything = (app: string, over: Partial<LogQuery> = {}): LogQuery => ({
  app,
  services: [],
  replicas: [],
  follow: false,
  sinceMs: null,
  tail: null,
  ...over,
})

const firstReplica = (state: TargetState): Replica => {
  const replica = state.replicas.find((r) => r.ready)
  if (replica === undefined) throw new Error('no ready replica')
  return replica
}

const sink = (): { readonly io: ExecIo; text(): string } => {
  const chunks: Buffer[] = []
  const stdout = new PassThrough()
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  return {
    io: { stdin: null, stdout, stderr: new PassThrough().resume(), tty: null },
    text: () => Buffer.concat(chunks).toString('utf8'),
  }
}

const watches: Case = async (d) => {
  const app = d.newApp()
  const { provider, target } = d.harness
  await d.ready({ app, services: { web: 1 } })
  const watch = collect<StateDelta>((signal) => provider.watch(target, app, signal))
  try {
    await d.until('the present state', async () => watch.items.find((x) => x.kind === 'replica' && x.replica.ready))
    await d.deploy({ app, services: { web: 2 } })
    const readyIds = () =>
      new Set(watch.items.flatMap((x) => (x.kind === 'replica' && x.replica.ready ? [x.replica.id] : [])))
    await d.until(
      'the second replica ready in the watch',
      async () => (readyIds().size >= 2 ? true : undefined),
      d.harness.readyWithinMs,
    )
    await d.deploy({ app, services: { web: 1 } })
    await d.until(
      'a replica gone in the watch',
      async () =>
        watch.items.find(
          (x) => x.kind === 'replicaGone' || (x.kind === 'replica' && ['stopping', 'exited'].includes(x.replica.phase)),
        ),
      d.harness.readyWithinMs,
    )
    expect(watch.failed).toEqual([])
  } finally {
    await watch.end()
  }
}

const followsLogs: Case = async (d) => {
  const app = d.newApp()
  const { provider, target } = d.harness
  await d.ready({ app, services: { web: 1 }, say: 'line-of-the-suite' })
  const logs = collect<LogLine>((signal) => provider.logs(target, everything(app, { follow: true }), signal))
  try {
    const speakers = () => new Set(logs.items.filter((l) => l.text.includes('line-of-the-suite')).map((l) => l.replica))
    await d.until('the first replica’s line', async () => (speakers().size >= 1 ? true : undefined))
    await d.deploy({ app, services: { web: 2 }, say: 'line-of-the-suite' })
    await d.until(
      'the new replica’s line',
      async () => (speakers().size >= 2 ? true : undefined),
      d.harness.readyWithinMs,
    )
    for (const line of logs.items)
      expect(line).toMatchObject({
        target: target.name,
        service: 'web',
        stream: expect.stringMatching(/^std(out|err)$/),
        text: expect.not.stringContaining('\n'),
      })
    expect(logs.failed).toEqual([])
  } finally {
    await logs.end()
  }
}

const tailsLogs: Case = async (d) => {
  const app = d.newApp()
  const { provider, target } = d.harness
  await d.ready({ app, services: { web: 1, api: 1 }, say: 'first' })
  const read = async (query: LogQuery): Promise<readonly LogLine[]> => {
    const lines: LogLine[] = []
    for await (const line of provider.logs(target, query, d.signal())) lines.push(line)
    return lines
  }
  await d.until('a line of web', async () =>
    (await read(everything(app, { services: ['web'] }))).length > 0 ? true : undefined,
  )
  expect((await read(everything(app, { services: ['web'] }))).filter((l) => l.service !== 'web')).toEqual([])
  expect(await read(everything(app, { services: ['web'], tail: 0 }))).toEqual([])
  expect((await read(everything(app, { services: ['web'], tail: 1 }))).length).toBeLessThanOrEqual(1)
}

const executes: Case = async (d) => {
  const app = d.newApp()
  const { provider, target, argv } = d.harness
  const replica = firstReplica(await d.ready({ app, services: { web: 1 } }))
  const run = (words: readonly string[], io: ExecIo): Promise<number> =>
    provider.exec(target, app, replica, words, io, d.signal())
  expect(await run(argv.exit(0), sink().io)).toBe(0)
  expect(await run(argv.exit(7), sink().io)).toBe(7)
  const said = sink()
  expect(await run(argv.print('words of the suite'), said.io)).toBe(0)
  expect(said.text()).toContain('words of the suite')
  const gone: unknown = await provider
    .exec(
      target,
      app,
      { ...replica, id: 'no-such', slot: 99, native: { ...replica.native, name: 'no-such' } },
      argv.exit(0),
      sink().io,
      d.signal(),
    )
    .then(
      () => null,
      (e: unknown) => e,
    )
  expect(isStormportError(gone) && gone.code, 'a replica that is gone').toBe('NotFound')
}

const aborts: Case = async (d) => {
  const app = d.newApp()
  const { provider, target, argv } = d.harness
  const replica = firstReplica(await d.ready({ app, services: { web: 1 } }))
  const within = async (
    what: string,
    start: (signal: AbortSignal) => Promise<unknown>,
    started: Promise<unknown>,
  ): Promise<void> => {
    const abort = new AbortController()
    const ended = start(abort.signal).then(
      () => what,
      () => what,
    )
    await started
    const at = performance.now()
    abort.abort()
    const first = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000, 'still running'))])
    expect([what, first, performance.now() - at < 1_000]).toEqual([what, what, true])
  }
  const drain = async (stream: AsyncIterable<unknown>, onFirst: () => void): Promise<void> => {
    for await (const _ of stream) onFirst()
  }
  const watching = Promise.withResolvers<void>()
  await within('watch', (signal) => drain(provider.watch(target, app, signal), watching.resolve), watching.promise)
  const reading = Promise.withResolvers<void>()
  await within(
    'logs',
    (signal) => drain(provider.logs(target, everything(app, { follow: true }), signal), reading.resolve),
    reading.promise,
  )
  await within('exec', (signal) => provider.exec(target, app, replica, argv.wait, sink().io, signal), Promise.resolve())
  await within('observe', (signal) => provider.observe(target, app, signal), Promise.resolve())
}

const hidesSecrets: Case = async (d) => {
  const app = d.newApp()
  const { provider, target } = d.harness
  const value = 'canary-4f1c-conformance'
  await provider.records(target, app).secretKey(true)
  const wish = { app, services: { web: 1 }, secret: value }
  const watch = collect<StateDelta>((signal) => provider.watch(target, app, signal))
  try {
    const state = await d.ready(wish)
    const plan = d.plan({ ...wish, secret: `${value}-changed` }, state)
    expect(plan.actions.length, 'a changed secret must be a change').toBeGreaterThan(0)
    expect(
      d.plan(wish, state).actions.map((a) => a.because),
      'the same secret must be no change',
    ).toEqual([])
    const failure: unknown = await provider
      .exec(
        target,
        app,
        { ...firstReplica(state), id: 'no-such', native: { kind: 'none', name: 'no-such', namespace: null } },
        ['x'],
        sink().io,
        d.signal(),
      )
      .catch((e: unknown) => e)
    const seen = JSON.stringify([
      state,
      plan.actions.map((a) => ({ ...a, object: a.object })),
      watch.items,
      await provider.apps(target, d.signal()),
      await provider.check(target, d.signal()),
    ])
    expect(`${seen}${String(failure)}`).not.toContain(value)
  } finally {
    await watch.end()
  }
}

const measures: Case = async (d) => {
  const app = d.newApp()
  const state = await d.ready({ app, services: { web: 1 } })
  const look = async () => {
    const seen = await d.harness.provider.metrics(d.harness.target, app, d.signal())
    return seen.length > 0 ? seen : undefined
  }
  const samples = await d.until('a sample', look, d.harness.readyWithinMs)
  for (const sample of samples) {
    expect(sample).toMatchObject({ service: 'web', at: expect.stringMatching(/^\d{4}-/) })
    expect(state.replicas.map((r) => r.id)).toContain(sample.replica)
    expect(sample.cpuMillis >= 0 && sample.memoryBytes > 0).toBe(true)
  }
}

const knowsCapacity: Case = async (d) => {
  const capacity = await d.harness.provider.capacity(d.harness.target, d.signal())
  if (capacity.kind === 'unknown') return void expect(capacity.because).not.toBe('')
  expect(capacity.nodes.length).toBeGreaterThan(0)
  expect(new Set(capacity.nodes.map((n) => n.name)).size).toBe(capacity.nodes.length)
  for (const node of capacity.nodes)
    for (const amount of [node.total, node.free])
      expect([amount.cpuMillis, amount.memoryBytes].every((n) => Number.isInteger(n) && n >= 0)).toBe(true)
}

const checksTarget: Case = async (d) => {
  const checks = await d.harness.provider.check(d.harness.target, d.signal())
  expect(checks.length).toBeGreaterThan(0)
  expect(
    checks.filter((c) => !c.ok && c.hint === undefined),
    'a failed check without a next step',
  ).toEqual([])
}

const saysUnreachable: Case = async (d) => {
  const { unreachable, provider } = d.harness
  if (unreachable === undefined) return
  const at = performance.now()
  const state = await provider.observe(unreachable, d.newApp(), d.signal(10_000)).catch((error: unknown) => error)
  expect(performance.now() - at).toBeLessThan(5_500)
  if (isStormportError(state)) return void expect(state.code).toBe('Unreachable')
  expect(state).toMatchObject({ reachable: false, complete: false, because: expect.stringMatching(/./) })
}

export const streamCases: Cases = {
  'watches from the present state to ready': watches,
  'follows logs into a new replica': followsLogs,
  'limits logs to the tail': tailsLogs,
  'runs commands and returns their exit code': executes,
  'gives up within 1 s when aborted': aborts,
  'shows a secret value nowhere': hidesSecrets,
  'measures its replicas': measures,
  'reports capacity in whole numbers': knowsCapacity,
  'checks the target': checksTarget,
  'says that a dead target is unreachable, within 5 s and never as empty': saysUnreachable,
}
