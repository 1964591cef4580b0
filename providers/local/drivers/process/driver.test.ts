// Real processes: what the driver promises about their life, also over the death of the daemon.

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AllocSpec, AllocState, Driver, DriverEvent, DriverLog } from '../../daemon/driver.ts'
import { createProcessDriver } from './index.ts'
import { MARK } from './launch.ts'
import { isAlive, pidsWithEnvironment, readBootId } from './proc.ts'
import { readPids } from './record.ts'

const never = new AbortController().signal
const grace = { gracePeriodMs: 3000, signal: null }

let root: string
let stateDir: string
let made: string[]
let drivers: Driver[]

const open = (logMaxBytes?: number): Driver => {
  const driver = createProcessDriver({
    node: 'n',
    host: null,
    stateDir,
    owner: 'test',
    labels: {},
    gpus: [],
    ...(logMaxBytes === undefined ? {} : { logMaxBytes }),
  })
  drivers.push(driver)
  return driver
}

const specOf = (
  command: readonly string[],
  more: Partial<AllocSpec> = {},
  container: Partial<AllocSpec['container']> = {},
): AllocSpec => {
  const id = randomBytes(6).toString('hex')
  made.push(id)
  return {
    id,
    app: 'a',
    target: 't',
    service: 's',
    slot: 1,
    release: 1,
    name: `a-s-1-${id.slice(0, 6)}`,
    ports: [],
    gpuIds: [],
    stop: grace,
    ...more,
    container: {
      image: null,
      pullPolicy: 'missing',
      command,
      entrypoint: null,
      environment: {},
      workingDir: root,
      mounts: [],
      files: [],
      networks: [],
      extraHosts: {},
      limits: { cpuMillis: null, memoryBytes: null, pids: null },
      labels: {},
      bestEffortLimits: false,
      compose: {},
      ...container,
    },
  }
}

const shell = (script: string): readonly string[] => ['sh', '-c', script]

const until = async <T>(
  what: string,
  ask: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  ms = 10_000,
): Promise<T> => {
  const deadline = Date.now() + ms
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const begin = async (driver: Driver, spec: AllocSpec): Promise<AllocState> => {
  await driver.create(spec, never)
  return driver.start(spec.id, never)
}

const exited = (driver: Driver, id: string): Promise<AllocState> =>
  until(`${id} has exited`, async () => {
    const state = await driver.inspect(id, never)
    return state?.phase === 'exited' && state
  })

const logsOf = async (
  driver: Driver,
  id: string,
  query: Partial<Parameters<Driver['logs']>[1]> = {},
  signal = never,
): Promise<DriverLog[]> => {
  const lines: DriverLog[] = []
  for await (const line of driver.logs(id, { follow: false, sinceMs: null, tail: null, ...query }, signal))
    lines.push(line)
  return lines
}

const hasLine = (driver: Driver, id: string, text: string): Promise<boolean> =>
  until(`log line ${text}`, async () => (await logsOf(driver, id)).some((line) => line.text === text))

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sp-process-'))
  stateDir = join(root, 'state')
  made = []
  drivers = []
})

afterEach(async () => {
  const driver = open()
  for (const id of made) await driver.remove(id, never)
  for (const each of drivers) await each.close()
  for (const id of made) expect(pidsWithEnvironment(MARK, id)).toEqual([])
  await rm(root, { recursive: true, force: true })
})

describe('life of a host process', () => {
  it('goes from created over running to exited, with code and times', async () => {
    const driver = open()
    const spec = specOf(shell('read line < gate; exit 3'))
    expect((await driver.create(spec, never)).phase).toBe('created')
    await writeFile(join(root, 'gate'), '')
    expect(['running', 'exited']).toContain((await driver.start(spec.id, never)).phase)
    const state = await exited(driver, spec.id)
    expect(state).toMatchObject({ exitCode: 3, signal: null, oomKilled: false, app: 'a', service: 's', slot: 1 })
    expect(Date.parse(state.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(state.startedAt ?? ''))
  })

  it('runs exactly the argv in the folder that the mounts give, and only a wrapper has more words', async () => {
    const driver = open()
    await writeFile(join(root, 'server.mjs'), 'setInterval(() => {}, 1000); console.log("up", process.argv.length)')
    const spec = specOf(
      ['node', 'server.mjs'],
      {},
      {
        workingDir: '/app',
        mounts: [
          { kind: 'bind', source: root, target: '/app', readOnly: false, createHostPath: true, propagation: null },
        ],
      },
    )
    const { native } = await begin(driver, spec)
    await hasLine(driver, spec.id, 'up 2')
    const pid = native.split(':')[0]
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe('node\0server.mjs\0')
    const shim = readPids(stateDir, spec.id)?.shim.pid
    expect(readFileSync(`/proc/${shim}/cmdline`, 'utf8')).not.toMatch(/^node/)
    await driver.stop(spec.id, grace, never)
  })

  it('passes the leased ports and the environment, and no secret on a command line', async () => {
    const driver = open()
    const ports = [
      { containerPort: 8080, hostPort: 20_123, protocol: 'tcp' as const, hostIp: null },
      { containerPort: 9090, hostPort: 20_124, protocol: 'tcp' as const, hostIp: null },
    ]
    const spec = specOf(
      shell('echo "$PORT $PORT_8080 $PORT_9090 $KEY"; exec sleep 60'),
      { ports },
      { environment: { KEY: 'hunter2-canary', PORT: '1' } },
    )
    await begin(driver, spec)
    await hasLine(driver, spec.id, '20123 20123 20124 hunter2-canary')
    const pids = readPids(stateDir, spec.id)
    for (const pid of [pids?.shim.pid, pids?.main.pid])
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('hunter2')
    expect(await driver.address(spec.id, 9090, never)).toEqual({ host: '127.0.0.1', port: 20_124 })
    expect(await driver.address(spec.id, 1, never)).toBeNull()
    await driver.stop(spec.id, grace, never)
  })

  it('is created and started once, however often it is asked', async () => {
    const driver = open()
    const spec = specOf(shell('echo once; exec sleep 60'))
    await driver.create(spec, never)
    const states = await Promise.all([1, 2, 3].map(() => driver.start(spec.id, never)))
    expect(new Set(states.map((state) => state.native)).size).toBe(1)
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'once')
    expect((await logsOf(driver, spec.id)).length).toBe(1)
    expect((await driver.list(never)).map((state) => state.id)).toEqual([spec.id])
  })

  it('stops by TERM and reports the exit code that the process chose', async () => {
    const driver = open()
    const spec = specOf(shell('trap "exit 5" TERM; echo up; while :; do sleep 0.05; done'))
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'up')
    expect(await driver.stop(spec.id, grace, never)).toMatchObject({ phase: 'exited', exitCode: 5, signal: null })
  })

  it('kills the whole group after the grace, also what left the group', async () => {
    const driver = open()
    const spec = specOf(
      shell(
        'trap "" TERM; setsid sh -c "trap \\"\\" TERM; sleep 60; sleep 60" & echo up; while :; do sleep 0.05; done',
      ),
    )
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'up')
    const state = await driver.stop(spec.id, { gracePeriodMs: 100, signal: 'SIGTERM' }, never)
    expect(state).toMatchObject({ phase: 'exited', exitCode: 137, signal: 'SIGKILL' })
    expect(pidsWithEnvironment(MARK, spec.id)).toEqual([])
  })

  it('uses the stop signal of the file', async () => {
    const driver = open()
    const spec = specOf(shell('trap "exit 9" USR1; echo up; while :; do sleep 0.05; done'))
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'up')
    expect((await driver.stop(spec.id, { gracePeriodMs: 3000, signal: 'USR1' }, never)).exitCode).toBe(9)
  })

  it('passes a TERM at the shim on and still writes the true exit code', async () => {
    const driver = open()
    const spec = specOf(shell('trap "sleep 0.1; exit 4" TERM; echo up; while :; do sleep 0.05; done'))
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'up')
    process.kill(readPids(stateDir, spec.id)?.shim.pid ?? 0, 'SIGTERM')
    expect((await exited(driver, spec.id)).exitCode).toBe(4)
  })

  it('ends what the process left behind when the process itself exits', async () => {
    const driver = open()
    const spec = specOf(shell('setsid sleep 60 & exit 0'))
    await begin(driver, spec)
    await exited(driver, spec.id)
    await until('nothing left', () => pidsWithEnvironment(MARK, spec.id).length === 0)
  })

  it('says in the log that a command does not exist, and exits 127', async () => {
    const driver = open()
    const spec = specOf(['no-such-command-here'])
    await begin(driver, spec)
    expect((await exited(driver, spec.id)).exitCode).toBe(127)
    expect((await logsOf(driver, spec.id)).map((line) => line.text).join()).toContain('no-such-command-here')
  })

  it('refuses a working directory that does not exist, before anything runs', async () => {
    const driver = open()
    const spec = specOf(shell('true'), {}, { workingDir: '/no/such/folder' })
    await driver.create(spec, never)
    await expect(driver.start(spec.id, never)).rejects.toMatchObject({ code: 'InvalidSpec' })
  })

  it('stopping and removing what is gone is fine', async () => {
    const driver = open()
    expect((await driver.stop('0123456789ab', grace, never)).phase).toBe('gone')
    await driver.remove('0123456789ab', never)
    expect(await driver.inspect('0123456789ab', never)).toBeNull()
  })

  it('removes everything that create made, also while it runs', async () => {
    const driver = open()
    const spec = specOf(
      shell('trap "" TERM; exec sleep 60'),
      {},
      { files: [{ target: '/run/secrets/key', content: 'x', uid: null, gid: null, mode: null }] },
    )
    await begin(driver, spec)
    const pids = readPids(stateDir, spec.id)
    await driver.remove(spec.id, never)
    expect(await driver.list(never)).toEqual([])
    expect(readdirSync(join(stateDir, 'allocs'))).toEqual([])
    await until('the shim is gone', () => pids !== null && !isAlive(pids.shim, readBootId()))
    expect(readdirSync(join(stateDir, 'exits'))).toEqual([])
  })

  it('gives configs and secrets as files that only the owner can read', async () => {
    const driver = open()
    const spec = specOf(
      shell('cat "$STORMPORT_SECRETS/key" "$KEY_FILE" "$0"'),
      {},
      {
        command: [
          'sh',
          '-c',
          'cat "$STORMPORT_SECRETS/key" "$KEY_FILE" "$0"; echo; stat -c %a "$0"',
          '/run/secrets/key',
        ],
        environment: { KEY_FILE: '/run/secrets/key' },
        files: [{ target: '/run/secrets/key', content: 'v', uid: null, gid: null, mode: 0o444 }],
      },
    )
    await begin(driver, spec)
    await exited(driver, spec.id)
    expect((await logsOf(driver, spec.id)).map((line) => line.text)).toEqual(['vvv', '400'])
  })
})

describe('noticing the end', () => {
  const collect = (driver: Driver, signal: AbortSignal): DriverEvent[] => {
    const events: DriverEvent[] = []
    const source = driver.events(signal)
    const run = async (): Promise<void> => {
      for await (const event of source) events.push(event)
    }
    run().catch(() => {})
    return events
  }

  it('tells the end of a killed process within 50 ms, in the middle of five', async () => {
    const driver = open()
    const stop = new AbortController()
    const events = collect(driver, stop.signal)
    const delays: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const spec = specOf(['sleep', '60'])
      const { native } = await begin(driver, spec)
      const at = performance.now()
      process.kill(Number(native.split(':')[0]), 'SIGKILL')
      await until('exited event', () => events.some((event) => event.kind === 'exited' && event.id === spec.id))
      delays.push(performance.now() - at)
      expect(await driver.inspect(spec.id, never)).toMatchObject({ exitCode: 137, signal: 'SIGKILL', oomKilled: false })
    }
    stop.abort()
    expect(delays.toSorted((a, b) => a - b)[2]).toBeLessThan(50)
    expect(events.filter((event) => event.kind === 'exited').length).toBe(5)
  })

  it('goes on without its shim, and the exit code is then unknown', async () => {
    const driver = open()
    const stop = new AbortController()
    const events = collect(driver, stop.signal)
    const spec = specOf(['sleep', '60'])
    await begin(driver, spec)
    const pids = readPids(stateDir, spec.id)
    process.kill(pids?.shim.pid ?? 0, 'SIGKILL')
    await until('the shim is gone', () => pids !== null && !isAlive(pids.shim, readBootId()))
    expect((await driver.inspect(spec.id, never))?.phase).toBe('running')
    process.kill(pids?.main.pid ?? 0, 'SIGTERM')
    await until('exited event', () => events.some((event) => event.kind === 'exited' && event.exitCode === null))
    expect(await driver.inspect(spec.id, never)).toMatchObject({ phase: 'exited', exitCode: null, signal: null })
    stop.abort()
  })

  it('tells start, end and removal in this order', async () => {
    const driver = open()
    const stop = new AbortController()
    const events = collect(driver, stop.signal)
    const spec = specOf(shell('exit 0'))
    await begin(driver, spec)
    await until('exited event', () => events.some((event) => event.kind === 'exited'))
    await driver.remove(spec.id, never)
    await until('removed event', () => events.some((event) => event.kind === 'removed'))
    expect(events.map((event) => event.kind)).toEqual(['started', 'exited', 'removed'])
    stop.abort()
  })
})

describe('the daemon dies', () => {
  it('and a new one finds what runs and what has ended meanwhile', async () => {
    const first = open()
    const [running, ended] = [specOf(['sleep', '60']), specOf(shell('echo up; read line < gate; exit 6'))]
    const { native } = await begin(first, running)
    await begin(first, ended)
    await first.close()
    await writeFile(join(root, 'gate'), '')
    const second = open()
    await exited(second, ended.id).catch(() => {})
    const states = new Map((await second.list(never)).map((state) => [state.id, state]))
    expect(states.get(running.id)).toMatchObject({ phase: 'running', native })
    expect(states.get(ended.id)).toMatchObject({ phase: 'exited' })
    expect((await second.stop(running.id, grace, never)).signal).toBe('SIGTERM')
  })

  it('recovers 50 processes in less than a second and starts none twice', async () => {
    const first = open()
    const specs = Array.from({ length: 50 }, () => specOf(['sleep', '60']))
    const before = performance.now()
    const states = await Promise.all(specs.map((spec) => begin(first, spec)))
    const startMs = performance.now() - before
    await first.close()
    const second = open()
    const at = performance.now()
    const found = await second.list(never)
    const recoverMs = performance.now() - at
    expect(found.map((state) => state.native).toSorted()).toEqual(states.map((state) => state.native).toSorted())
    await Promise.all(specs.map((spec) => second.start(spec.id, never)))
    expect((await second.list(never)).map((state) => state.native).toSorted()).toEqual(
      states.map((state) => state.native).toSorted(),
    )
    expect(recoverMs, `50 started in ${startMs} ms`).toBeLessThan(1000)
  })

  it('does not take a reused pid for its own', async () => {
    const driver = open()
    const spec = specOf(['sleep', '60'])
    await begin(driver, spec)
    await driver.stop(spec.id, grace, never)
    await driver.close()
    await rm(join(stateDir, 'exits', spec.id))
    const path = join(stateDir, 'allocs', spec.id, 'pids')
    const words = (await readFile(path, 'utf8')).trim().split(' ')
    await writeFile(path, `${process.pid} 1 ${process.pid} 1 ${words[4]}\n`)
    const again = open()
    expect(await again.inspect(spec.id, never)).toMatchObject({ phase: 'exited', exitCode: null })
    await again.remove(spec.id, never)
  })
})

describe('commands beside a process', () => {
  const run = async (
    driver: Driver,
    id: string,
    argv: readonly string[],
    signal = never,
  ): Promise<{ code: number; out: string; err: string }> => {
    const { PassThrough } = await import('node:stream')
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const text = (stream: NodeJS.ReadableStream, into: string[]): void =>
      void stream.on('data', (chunk: Buffer) => into.push(chunk.toString()))
    const [out, err]: [string[], string[]] = [[], []]
    text(stdout, out)
    text(stderr, err)
    const code = await driver.exec(id, argv, { stdin: null, stdout, stderr, tty: null }, signal)
    await new Promise((resolve) => setImmediate(resolve))
    return { code, out: out.join(''), err: err.join('') }
  }

  it('have its folder and environment, and give back their exit code', async () => {
    const driver = open()
    const spec = specOf(['sleep', '60'], {}, { environment: { KEY: 'v' } })
    await begin(driver, spec)
    expect(await run(driver, spec.id, shell('pwd; echo $KEY; echo oops >&2; exit 4'))).toEqual({
      code: 4,
      out: `${root}\nv\n`,
      err: 'oops\n',
    })
    expect((await run(driver, spec.id, ['no-such-command'])).code).toBe(127)
  })

  it('end at once when they are aborted', async () => {
    const driver = open()
    const spec = specOf(['sleep', '60'])
    await begin(driver, spec)
    const abort = new AbortController()
    const at = performance.now()
    const result = run(driver, spec.id, shell('sleep 60 & sleep 60'), abort.signal)
    await until('the command runs', () => pidsWithEnvironment(MARK, spec.id).length >= 4)
    abort.abort()
    expect((await result).code).toBe(137)
    expect(performance.now() - at).toBeLessThan(5000)
  })

  it('are refused when it does not run', async () => {
    const driver = open()
    const spec = specOf(['sleep', '60'])
    await driver.create(spec, never)
    await expect(run(driver, spec.id, ['true'])).rejects.toMatchObject({ code: 'Conflict' })
  })
})

describe('limits', () => {
  it('kill a process that takes more memory, and say so', async (context) => {
    const driver = open()
    const { enforces } = await driver.fingerprint(never)
    if (!enforces.memory) return context.skip('no memory control group can be made here')
    const spec = specOf(
      ['node', '-e', 'const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1))'],
      {},
      { limits: { cpuMillis: null, memoryBytes: 96 * 1024 * 1024, pids: null } },
    )
    await begin(driver, spec)
    expect(await exited(driver, spec.id)).toMatchObject({ exitCode: 137, signal: 'SIGKILL', oomKilled: true })
  })

  it('hold the number of processes and the share of CPU', async (context) => {
    const driver = open()
    const { enforces } = await driver.fingerprint(never)
    if (!enforces.pids || !enforces.cpu) return context.skip('no pids or cpu control group can be made here')
    const spec = specOf(
      shell('i=0; while [ $i -lt 20 ]; do sleep 60 & i=$((i + 1)); done; echo all'),
      {},
      { limits: { cpuMillis: 200, memoryBytes: null, pids: 5 } },
    )
    await begin(driver, spec)
    const state = await exited(driver, spec.id)
    expect(state.exitCode).not.toBe(0)
    expect((await logsOf(driver, spec.id)).map((line) => line.text)).not.toContain('all')
  })

  it('measure what it uses', async () => {
    const driver = open()
    const spec = specOf(['node', '-e', 'console.log("up"); for (;;);'])
    await begin(driver, spec)
    await hasLine(driver, spec.id, 'up')
    const usage = await until('some CPU', async () => {
      const stats = await driver.stats(spec.id, never)
      return stats !== null && stats.cpuMillis > 100 && stats
    })
    expect(usage.memoryBytes).toBeGreaterThan(10 * 1024 * 1024)
    expect(await driver.stats('0123456789ab', never)).toBeNull()
  })
})

describe('logs', () => {
  it('come in the order of time, by stream, from a time on and by the last lines', async () => {
    const driver = open()
    const spec = specOf(shell('echo one; sleep 0.2; echo two >&2; sleep 0.2; printf three'))
    await begin(driver, spec)
    await exited(driver, spec.id)
    const lines = await logsOf(driver, spec.id)
    expect(lines.map(({ stream, text }) => `${stream} ${text}`)).toEqual(['stdout one', 'stderr two', 'stdout three'])
    expect((await logsOf(driver, spec.id, { tail: 2 })).map((line) => line.text)).toEqual(['two', 'three'])
    expect(
      (await logsOf(driver, spec.id, { sinceMs: Date.parse(lines[1]?.at ?? '') })).map((line) => line.text),
    ).toEqual(['two', 'three'])
  })

  it('are followed across rotation without a lost line, until the process has ended', async () => {
    const driver = open(20_000)
    const spec = specOf(
      shell(
        'i=0; while [ $i -lt 3000 ]; do echo "line $i of a text that has some length"; i=$((i + 1)); [ $((i % 100)) = 0 ] && sleep 0.03; done; echo end',
      ),
    )
    await begin(driver, spec)
    const lines = (await logsOf(driver, spec.id, { follow: true })).map((line) => line.text)
    expect(lines.at(-1)).toBe('end')
    expect(new Set(lines).size).toBe(lines.length)
    expect(lines.length).toBeGreaterThan(2900)
    expect(existsSync(join(stateDir, 'allocs', spec.id, 'logs', 'stdout.1'))).toBe(true)
  })

  it('that were written while no daemon lived are all there', async () => {
    const first = open()
    const spec = specOf(shell('echo before; while [ ! -e gate ]; do sleep 0.02; done; echo while; exec sleep 60'))
    await begin(first, spec)
    await hasLine(first, spec.id, 'before')
    await first.close()
    await writeFile(join(root, 'gate'), '')
    const file = join(stateDir, 'allocs', spec.id, 'logs', 'stdout')
    await until('the line is written', () => readFileSync(file, 'utf8').includes('while'))
    const lines = await logsOf(open(), spec.id)
    expect(lines.map((line) => line.text)).toEqual(['before', 'while'])
    expect(Date.parse(lines[1]?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(lines[0]?.at ?? ''))
  })

  it('end by the signal', async () => {
    const driver = open()
    const spec = specOf(shell('echo up; exec sleep 60'))
    await begin(driver, spec)
    const abort = new AbortController()
    const at = performance.now()
    const done = logsOf(driver, spec.id, { follow: true }, abort.signal)
    await hasLine(driver, spec.id, 'up')
    abort.abort()
    await done
    expect(performance.now() - at).toBeLessThan(3000)
  })
})
