import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration, readDuration } from './duration.ts'

describe('durations', () => {
  it.each([
    ['1m30s', 90_000],
    ['500ms', 500],
    ['10m', 600_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['1500us', 2],
    ['0', 0],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', '10', 's', '1x', '-1s', '1m 30s', '1s1'])('refuses "%s"', (text) => {
    expect(parseDuration(text)).toBeNull()
  })

  it('says which unit a bare number may have meant', () => {
    expect(readDuration('30')).toMatchObject({ ok: false, hint: 'write a unit, such as 30s' })
  })

  it('reads back every duration that formatDuration writes', () => {
    fc.assert(fc.property(fc.nat({ max: 10 ** 12 }), (ms) => parseDuration(formatDuration(ms)) === ms))
  })

  it('is additive over its parts', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(59), fc.nat(59), (h, m, s) => {
        expect(parseDuration(`${h}h${m}m${s}s`)).toBe(h * 3_600_000 + m * 60_000 + s * 1000)
      }),
    )
  })
})
