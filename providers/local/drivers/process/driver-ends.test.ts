// The process driver on real processes: ends that are noticed, daemons that die.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Driver, DriverEvent } from '../../daemon/driver.ts'
import { begin, exited, grace, never, open, shell, specOf, stand, until, useStand } from './driver-stand.ts'
import { isAlive, readBootId } from './proc.ts'
import { readPids } from './record.ts'

useStand()

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
    const pids = readPids(stand.stateDir, spec.id)
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
    await writeFile(join(stand.root, 'gate'), '')
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
    await rm(join(stand.stateDir, 'exits', spec.id))
    const path = join(stand.stateDir, 'allocs', spec.id, 'pids')
    const words = (await readFile(path, 'utf8')).trim().split(' ')
    await writeFile(path, `${process.pid} 1 ${process.pid} 1 ${words[4]}\n`)
    const again = open()
    expect(await again.inspect(spec.id, never)).toMatchObject({ phase: 'exited', exitCode: null })
    await again.remove(spec.id, never)
  })
})
