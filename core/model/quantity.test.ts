import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCpus,
  GIBIBYTE,
  MEBIBYTE,
  parseAtLeast,
  parseComposeBytes,
  parseCpus,
  parseSize,
} from './quantity.ts'

describe('Compose sizes', () => {
  it.each([
    ['256M', 256 * MEBIBYTE],
    ['256m', 256 * MEBIBYTE],
    ['256mb', 256 * MEBIBYTE],
    ['256MiB', 256 * MEBIBYTE],
    ['1.5g', 1.5 * GIBIBYTE],
    ['1 gb', GIBIBYTE],
    ['300k', 300 * 1024],
    ['12b', 12],
    ['268435456', 268435456],
    [268435456, 268435456],
    ['0', 0],
  ])('reads %s as binary units', (text, bytes) => {
    expect(parseComposeBytes(text)).toBe(bytes)
  })

  it.each(['', 'M', '-1M', '1x', '1 m b', '1e3', '1,5g', 1.5, -1])('refuses %s', (text) => {
    expect(parseComposeBytes(text)).toBeNull()
  })
})

describe('stormport sizes', () => {
  it('takes MiB, GiB and TiB only', () => {
    expect(parseSize('512MiB')).toEqual({ ok: true, value: 512 * MEBIBYTE })
    expect(parseSize('16 GiB')).toEqual({ ok: true, value: 16 * GIBIBYTE })
    expect(parseAtLeast('>=24GiB')).toEqual({ ok: true, value: 24 * GIBIBYTE })
  })

  it.each([
    ['512M', 'write 512MiB'],
    ['16g', 'write 16GiB'],
    ['1.5GB', 'write 1.5GiB'],
    ['512', 'write a number and MiB, GiB or TiB, such as 512MiB'],
    ['>=24GiB', 'write a number and MiB, GiB or TiB, such as 512MiB'],
  ])('refuses %s and says what to write', (text, hint) => {
    expect(parseSize(text)).toMatchObject({ ok: false, hint })
  })

  it('a bare decimal unit never passes as a size', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom('', 'K', 'M', 'G', 'T', 'k', 'm', 'g', 'MB', 'GB', 'Mi', 'Gi'),
        (n, unit) => {
          expect(parseSize(`${n}${unit}`).ok).toBe(false)
        },
      ),
    )
  })

  it('reads back what formatBytes writes for whole units', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1023 }), fc.constantFrom(MEBIBYTE, GIBIBYTE), (n, unit) => {
        expect(parseSize(formatBytes(n * unit))).toEqual({ ok: true, value: n * unit })
      }),
    )
  })
})

describe('CPUs', () => {
  it.each([
    [4, 4000],
    ['0.5', 500],
    ['.25', 250],
    ['0.001', 1],
  ])('reads %s as thousandths', (text, millis) => {
    expect(parseCpus(text)).toEqual({ ok: true, value: millis })
  })

  it('turns a Kubernetes amount into the remedy', () => {
    expect(parseCpus('500m')).toMatchObject({ ok: false, hint: 'write "0.5"' })
    expect(parseCpus('all').ok).toBe(false)
    expect(parseCpus(-1).ok).toBe(false)
  })

  it('reads back every amount that formatCpus writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (millis) => {
        expect(parseCpus(formatCpus(millis))).toEqual({ ok: true, value: millis })
      }),
    )
  })
})
