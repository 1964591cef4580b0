import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { identityOf, isAlive, parseStat, pidsWithEnvironment, readBootId, readStat, sendSignal } from './proc.ts'
import { signalName } from './signal-name.ts'

describe('processes', () => {
  it('are read right also when their name holds spaces and brackets', () => {
    const text = `12 (a) b) S ${Array.from({ length: 40 }, (_, index) => index + 4).join(' ')}\n`
    expect(parseStat(text)).toEqual({
      state: 'S',
      group: 5,
      startTicks: '22',
      cpuTicks: 14 + 15 + 16 + 17,
      memoryPages: 24,
    })
  })

  it('are the same only with the same start and the same boot', () => {
    const boot = readBootId()
    const own = identityOf(process.pid, boot)
    if (own === null) throw new Error('no /proc')
    expect(isAlive(own, boot)).toBe(true)
    expect(isAlive({ ...own, startTicks: '1' }, boot)).toBe(false)
    expect(isAlive(own, 'another boot')).toBe(false)
  })

  it('are found by the mark in their environment, and are gone when they have ended', async () => {
    const child = spawn('sleep', ['60'], { env: { ...process.env, SP_TEST_MARK: `m${process.pid}` } })
    try {
      await once(child, 'spawn')
      expect(pidsWithEnvironment('SP_TEST_MARK', `m${process.pid}`)).toEqual([child.pid])
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    expect(readStat(child.pid ?? 0)).toBeNull()
    expect(sendSignal(child.pid ?? 0, 'SIGTERM')).toBe(false)
  })
})

describe('signals', () => {
  it('have all the names that Compose files use', () => {
    expect([null, 'TERM', 'sigusr1', '9', 'SIGQUIT'].map(signalName)).toEqual([
      'SIGTERM',
      'SIGTERM',
      'SIGUSR1',
      'SIGKILL',
      'SIGQUIT',
    ])
    expect(() => signalName('SIGNOPE')).toThrow(/no signal/)
  })
})
