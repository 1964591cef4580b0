import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBytes, parseDuration, printDuration } from './quantity.ts'

describe('durations', () => {
  it('are read back as they are printed', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 17n }), (ns) => {
        expect(parseDuration(printDuration(ns))).toBe(ns)
      }),
    )
  })

  it.each([
    ['90s', '1m30s'],
    ['1.5h', '1h30m0s'],
    ['2d', '48h0m0s'],
    ['100ms', '100ms'],
    ['0', '0s'],
    ['-5s', '-5s'],
  ])('%s is printed as %s', (text, printed) => {
    expect(printDuration(parseDuration(text) ?? -1n)).toBe(printed)
  })

  it.each(['', '5', 's', '5x', '1h30'])('%s is none', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
})

describe('sizes', () => {
  it.each([
    ['512m', 536870912n],
    ['1.5gb', 1610612736n],
    ['1KiB', 1024n],
    ['100', 100n],
    ['-1', -1n],
    ['1 g', 1073741824n],
  ])('%s is %s bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes)
  })

  it.each(['', 'big', '5x', '-5m', '5 kbs'])('%s is none', (text) => {
    expect(parseBytes(text)).toBeUndefined()
  })
})
