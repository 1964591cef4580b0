import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeHolder, startTicksOf } from './holder.ts'

test('start ticks are the 22nd field, whatever the name of the process holds', () => {
  const rest = Array.from({ length: 30 }, (_, index) => String(index + 3)).join(' ')
  expect(startTicksOf(`12 (a) b (c d) ${rest}`)).toBe('22')
})

test('the holder is this process', () => {
  const holder = describeHolder('stormport deploy')
  expect(holder).toMatchObject({
    pid: process.pid,
    command: 'stormport deploy',
    startTicks: startTicksOf(readFileSync('/proc/self/stat', 'utf8')),
  })
  expect(holder.startTicks).toMatch(/^\d+$/)
  expect(holder.bootId).toMatch(/^[0-9a-f-]{36}$/)
})
