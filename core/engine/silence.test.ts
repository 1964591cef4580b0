// A dead target is waited for once a command, and asked again by a later one.
import { expect, it } from 'vitest'
import { target } from '../../test/builders/app.ts'
import { StormportError } from '../errors.ts'
import type { EngineDeps } from './api.ts'
import { askTarget, createSilences } from './silence.ts'

const never = new AbortController().signal

const stand = (answerMs: number) => {
  let nowMs = 0
  let asked = 0
  const deps = { clock: { now: () => nowMs }, silences: createSilences() } as unknown as EngineDeps // no more is used
  const fail = async (): Promise<never> => {
    asked += 1
    nowMs += answerMs
    throw new StormportError('Unreachable', 'no answer in time')
  }
  return {
    ask: () => askTarget(target('east'), fail, deps, never),
    asked: () => asked,
    pass: (ms: number) => (nowMs += ms),
  }
}

it('asks a target no second time that has just been waited for in vain', async () => {
  const s = stand(5_000)
  expect([await s.ask(), await s.ask()].map((a) => a.kind)).toEqual(['silent', 'silent'])
  expect(s.asked()).toBe(1)
  s.pass(10_000)
  await s.ask()
  expect(s.asked()).toBe(2)
})

it('asks again where the refusal came at once', async () => {
  const s = stand(3)
  await s.ask()
  expect(await s.ask()).toMatchObject({ kind: 'silent', because: 'no answer in time' })
  expect(s.asked()).toBe(2)
})

it('throws what no adapter has named', async () => {
  const deps = { clock: { now: () => 0 } } as unknown as EngineDeps // no more is used
  const ask = askTarget(target('east'), () => Promise.reject(new TypeError('our bug')), deps, never)
  await expect(ask).rejects.toThrow(TypeError)
})
