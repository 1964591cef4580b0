import { expect, test } from 'vitest'
import { createFresh } from './in-turn.ts'

const stand = () => {
  let time = 0
  let asked = 0
  const fresh = createFresh(() => time)
  const ask = (): Promise<number> => fresh.ask('network shop', async () => ++asked)
  const pass = (ms: number): void => {
    time += ms
  }
  return { ask, forget: () => fresh.forget('network shop'), pass }
}

test('an answer counts for a second', async () => {
  const { ask, pass } = stand()
  expect(await ask()).toBe(1)
  pass(999)
  expect(await ask()).toBe(1)
  pass(1)
  expect(await ask()).toBe(2)
})

test('what was changed is asked for again at once', async () => {
  const { ask, forget } = stand()
  expect(await ask()).toBe(1)
  forget()
  expect(await ask()).toBe(2)
})

test('a failure is not kept', async () => {
  const fresh = createFresh(() => 0)
  await expect(fresh.ask('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away')
  expect(await fresh.ask('a', async () => 'there')).toBe('there')
})
