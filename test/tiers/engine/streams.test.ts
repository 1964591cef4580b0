// What flows out of real engines: events over restarts, logs, commands with terminal and input, statistics, the owner mark.
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DriverEvent, DriverLog } from '../../../providers/local/daemon/driver.ts'
import { claimEngine, releaseEngine } from '../../../providers/local/drivers/docker/index.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import { captured, createFixture, type Fixture } from './fixture.ts'

describe.each(['debian', 'current'] as const)('on the %s engine', (kind) => {
  let engine: TestEngine
  let on: Fixture

  beforeAll(async () => {
    engine = await startEngine({ kind, liveRestore: true })
    await loadImage(engine.host, 'busybox')
    on = await createFixture(engine.host)
  }, 90_000)

  afterAll(async () => {
    await on?.cleanUp()
    await engine?.stop()
  }, 90_000)

  test('events tell of starts, exits with their code, lack of memory and removals', async () => {
    const { events, stop } = watch(on)
    const { id } = await on.run({ container: { command: ['sh', '-c', 'sleep 0.2; exit 7'] } })
    await expect.poll(() => kinds(events, id)).toEqual(['started', 'exited'])
    expect(events.find((event) => event.kind === 'exited')?.exitCode).toBe(7)
    expect(await on.driver.inspect(id, on.signal)).toMatchObject({ phase: 'exited', exitCode: 7, oomKilled: false })
    await on.driver.remove(id, on.signal)
    await expect.poll(() => kinds(events, id)).toEqual(['started', 'exited', 'removed'])
    const eater = await on.run({
      container: {
        command: ['sh', '-c', 'tail /dev/zero'],
        limits: { cpuMillis: null, memoryBytes: 16 * 1024 * 1024, pids: null },
      },
    })
    await expect.poll(() => kinds(events, eater.id), { timeout: 15_000 }).toContain('exited')
    expect(kinds(events, eater.id)).toContain('oom')
    expect(await on.driver.inspect(eater.id, on.signal)).toMatchObject({ oomKilled: true })
    await stop()
  })

  test('a killed engine is reported once, what happened meanwhile is seen after its return, and work goes on', async () => {
    const { events, stop } = watch(on)
    const { id, native } = await on.run()
    await expect.poll(() => kinds(events, id)).toEqual(['started'])
    await engine.halt('kill')
    await expect.poll(() => events.filter((event) => event.kind === 'engineDown')).toHaveLength(1)
    await expect(on.driver.list(on.signal)).rejects.toMatchObject({
      code: 'Unreachable',
      details: { diagnostic: 'SP4101' },
    })
    await engine.resume()
    await expect.poll(() => events.filter((event) => event.kind === 'engineUp'), { timeout: 15_000 }).toHaveLength(1)
    expect(await on.driver.inspect(id, on.signal)).toMatchObject({ phase: 'running', native })
    await on.driver.stop(id, { gracePeriodMs: 1_000, signal: null }, on.signal)
    await expect.poll(() => kinds(events, id)).toContain('exited')
    expect(events.filter((event) => event.kind === 'engineDown')).toHaveLength(1)
    await stop()
  })

  test('logs come as lines of their stream with time, in full and from the end', async () => {
    const script = 'echo one; echo two >&2; printf "no end"; sleep 0.1'
    const { id } = await on.run({ container: { command: ['sh', '-c', script] } })
    await expect.poll(async () => (await on.driver.inspect(id, on.signal))?.phase).toBe('exited')
    const all = await collect(on.driver.logs(id, { follow: false, sinceMs: null, tail: null }, on.signal))
    expect(all.map(({ stream, text }) => `${stream} ${text}`).toSorted()).toEqual([
      'stderr two',
      'stdout no end',
      'stdout one',
    ])
    expect(Date.parse(all[0]?.at ?? '')).toBeGreaterThan(Date.now() - 60_000)
    expect(await collect(on.driver.logs(id, { follow: false, sinceMs: null, tail: 1 }, on.signal))).toHaveLength(1)
    expect(
      await collect(on.driver.logs(id, { follow: false, sinceMs: Date.now() + 60_000, tail: null }, on.signal)),
    ).toEqual([])
  })

  test('followed logs go on until the container ends or nobody listens', async () => {
    const { id } = await on.run({
      container: { command: ['sh', '-c', 'i=0; while [ $i -lt 50 ]; do echo line $i; i=$((i+1)); sleep 0.02; done'] },
    })
    expect(await collect(on.driver.logs(id, { follow: true, sinceMs: null, tail: null }, on.signal))).toHaveLength(50)
    const endless = await on.run({ container: { command: ['sh', '-c', 'while :; do echo tick; sleep 0.02; done'] } })
    const leave = new AbortController()
    const seen: DriverLog[] = []
    for await (const line of on.driver.logs(endless.id, { follow: true, sinceMs: null, tail: null }, leave.signal)) {
      seen.push(line)
      if (seen.length === 5) leave.abort()
    }
    expect(seen.length).toBeGreaterThanOrEqual(5)
  })

  test('a command reads its input to the end, and with a terminal it has that size', async () => {
    const { id } = await on.run()
    const stdin = new PassThrough()
    const piped = captured()
    const done = on.driver.exec(id, ['cat'], { ...piped.io, stdin }, on.signal)
    stdin.end('typed')
    expect(await done).toBe(0)
    expect(piped.text()).toBe('typed')
    const terminal = captured()
    const script =
      'test -t 1 && echo a terminal; i=0; while [ "$(stty size 2>/dev/null || /bin/busybox stty size)" != "33 111" ] && [ $i -lt 100 ]; do i=$((i+1)); sleep 0.05; done; /bin/busybox stty size'
    expect(
      await on.driver.exec(id, ['sh', '-c', script], { ...terminal.io, tty: { columns: 111, rows: 33 } }, on.signal),
    ).toBe(0)
    expect(terminal.text()).toContain('a terminal')
    expect(terminal.text()).toContain('33 111')
  })

  test('a command that is not there gives 127; one that is given up is ended inside too', async () => {
    const { id } = await on.run()
    const missing = captured()
    expect([126, 127]).toContain(await on.driver.exec(id, ['nosuchprogram'], missing.io, on.signal))
    expect(missing.text()).toContain('nosuchprogram')
    const leave = new AbortController()
    const given = on.driver.exec(id, ['sleep', '4321'], captured().io, leave.signal)
    await expect.poll(async () => (await on.sh(id, 'ps | grep -c "[s]leep 4321"')).out).toBe('1')
    leave.abort()
    await expect(given).rejects.toMatchObject({ code: 'Aborted' })
    await expect.poll(async () => (await on.sh(id, 'ps | grep -c "[s]leep 4321"')).out).toBe('0')
  })

  test('statistics show what a busy container uses', async () => {
    const { id } = await on.run({
      container: {
        command: ['sh', '-c', 'while :; do :; done'],
        limits: { cpuMillis: 300, memoryBytes: null, pids: null },
      },
    })
    await on.driver.stats(id, on.signal)
    const cpu = async (): Promise<number> => (await on.driver.stats(id, on.signal))?.cpuMillis ?? 0
    await expect
      .poll(cpu, { timeout: 20_000, interval: 600 })
      .toSatisfy((millis: number) => millis > 100 && millis < 450)
    const usage = await on.driver.stats(id, on.signal)
    expect(usage?.memoryBytes).toBeGreaterThan(0)
    await on.driver.stop(id, { gracePeriodMs: 0, signal: null }, on.signal)
    expect(await on.driver.stats(id, on.signal)).toBeNull()
  })

  test('draining cuts no connection', async () => {
    const { id } = await on.run()
    await on.driver.drain(id, on.signal)
    expect(await on.driver.address(id, 80, on.signal)).not.toBeNull()
  })

  test('running containers of Docker Compose are told from ours', async () => {
    const labels = { 'com.docker.compose.project': 'theirs', 'com.docker.compose.service': 'web' }
    const { spec } = await on.run({ container: { labels } })
    await on.run()
    expect(await on.driver.composeContainers?.('theirs', on.signal)).toEqual([spec.name])
    expect(await on.driver.composeContainers?.('shop', on.signal)).toEqual([])
  })

  test('an engine has one owner; a second live one is refused, a dead one is replaced', async () => {
    const { client } = on.driver
    const claim = (owner: string, alive: boolean): Promise<void> =>
      claimEngine(client, { owner, holder: `${owner} on this host`, isAlive: async () => alive }, on.signal)
    await claim('first', true)
    await claim('first', true)
    await expect(claim('second', true)).rejects.toMatchObject({
      code: 'Foreign',
      message: expect.stringContaining('first on this host'),
    })
    await claim('second', false)
    await expect(claim('first', true)).rejects.toMatchObject({ code: 'Foreign' })
    await engine.halt('term')
    await engine.resume()
    await claim('second', true)
    await expect(claim('first', true)).rejects.toMatchObject({
      message: expect.stringContaining('second on this host'),
    })
    await releaseEngine(client, 'first', on.signal)
    await expect(claim('first', true)).rejects.toMatchObject({ code: 'Foreign' })
    await releaseEngine(client, 'second', on.signal)
    await claim('first', true)
    await releaseEngine(client, 'first', on.signal)
  })
})

const watch = (on: Fixture): { readonly events: readonly DriverEvent[]; readonly stop: () => Promise<void> } => {
  const leave = new AbortController()
  const events: DriverEvent[] = []
  const reading = (async () => {
    for await (const event of on.driver.events(leave.signal)) events.push(event)
  })()
  return {
    events,
    stop: async () => {
      leave.abort()
      await reading
    },
  }
}

/** An event may come twice after a reconnect: equal neighbours count once. */
const kinds = (events: readonly DriverEvent[], id: string): readonly string[] =>
  events
    .filter((event) => event.id === id)
    .map((event) => event.kind)
    .filter((kind, index, all) => kind !== all[index - 1])

const collect = async (lines: AsyncIterable<DriverLog>): Promise<readonly DriverLog[]> => {
  const all: DriverLog[] = []
  for await (const line of lines) all.push(line)
  return all
}
