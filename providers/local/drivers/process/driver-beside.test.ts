// The process driver on real processes: commands beside a process, limits, logs.
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Driver } from '../../daemon/driver.ts'
import { begin, exited, hasLine, logsOf, never, open, shell, specOf, stand, until, useStand } from './driver-stand.ts'
import { MARK } from './launch.ts'
import { pidsWithEnvironment } from './proc.ts'

useStand()

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
      out: `${stand.root}\nv\n`,
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
    expect(existsSync(join(stand.stateDir, 'allocs', spec.id, 'logs', 'stdout.1'))).toBe(true)
  })

  it('that were written while no daemon lived are all there', async () => {
    const first = open()
    const spec = specOf(shell('echo before; while [ ! -e gate ]; do sleep 0.02; done; echo while; exec sleep 60'))
    await begin(first, spec)
    await hasLine(first, spec.id, 'before')
    await first.close()
    await writeFile(join(stand.root, 'gate'), '')
    const file = join(stand.stateDir, 'allocs', spec.id, 'logs', 'stdout')
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
