import { describe, expect, it } from 'vitest'
import { StormportError, worstExit } from '../errors.ts'
import { type Ended, exitOfTarget, foldExits } from './finish.ts'

const verdicts = (...codes: readonly number[]) =>
  codes.map((exitCode, i) => ({
    exitCode,
    outcome: { name: `t${i}`, outcome: 'done' as const, release: 1, reason: null },
  }))

const running = { signal: new AbortController().signal }

describe('one exit code for several targets', () => {
  it.each([
    ['all good', [0, 0], false, 0],
    ['one unhealthy alone', [6], false, 6],
    ['good and unhealthy is mixed', [0, 6], false, 7],
    ['good and late is mixed', [0, 8], false, 7],
    ['our own bug outranks a mixed result', [0, 1], false, 1],
    ['a refused sign-in outranks a mixed result', [0, 4], false, 4],
    ['a conflict outranks unhealthy', [9, 6], false, 9],
    ['unhealthy outranks late', [8, 6], false, 6],
    ['all good but one owed', [0], true, 7],
  ])('%s', (_, codes, owed, exit) => {
    expect(foldExits(verdicts(...codes), owed, worstExit, running)).toBe(exit)
  })

  it('is 130 when the user interrupted', () => {
    const stop = new AbortController()
    stop.abort()
    expect(foldExits(verdicts(0, 6), false, worstExit, { signal: stop.signal })).toBe(130)
  })
})

it('is 9 when another command took the lock over', () => {
  const stop = new AbortController()
  stop.abort(new StormportError('Locked', 'taken over'))
  expect(foldExits(verdicts(0), false, worstExit, { signal: stop.signal })).toBe(9)
})

describe('the exit code of one target', () => {
  const { signal } = running
  const ended = (change: Partial<Ended>): number =>
    // The code does not look at what was observed.
    exitOfTarget({ observed: null as never, rollout: null, error: null, ...change }, signal)
  const failed = (cause: string | null): number =>
    ended({ rollout: { kind: 'failed', service: 'web', cause, reason: 'it failed', logs: [] } })

  it.each([
    ['ImageNotFound', 3],
    ['Forbidden', 4],
    ['Unauthenticated', 4],
    ['OutOfMemory', 6],
    [null, 6],
  ])('is for a replica that failed by %s %i', (cause, code) => {
    expect(failed(cause)).toBe(code)
  })

  it('is "does not fit" only while nothing was changed', () => {
    const error = new StormportError('PortTaken', 'port 80/tcp is taken')
    expect(ended({ error })).toBe(5)
    expect(ended({ error, changed: true })).toBe(6)
    expect(ended({ error: new StormportError('Foreign', 'theirs'), changed: true })).toBe(9)
  })
})
