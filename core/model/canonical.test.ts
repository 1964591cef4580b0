import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, contentHash, isSameContent } from './canonical.ts'
import { Secret } from './secret.ts'

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, reversed(v)]),
  )
}

describe('canonical JSON', () => {
  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        (value) => void expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value))),
      ),
    )
  })

  it('has the same bytes in whatever order keys were written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => void expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))),
    )
  })

  it('sorts keys and leaves out what is undefined', () => {
    expect(canonicalJson({ b: [undefined, 1], a: undefined, 'a"b': null, A: true })).toBe(
      '{"A":true,"a\\"b":null,"b":[null,1]}',
    )
  })

  it('writes numbers and dates as JSON does', () => {
    const value = [-0, 1e21, 0.1, Number.NaN, Number.POSITIVE_INFINITY, new Date(0)]
    expect(canonicalJson(value)).toBe(JSON.stringify(value))
  })

  it('takes a secret by its reference, so that the value is in no hash', () => {
    const key = '0f'.repeat(32)
    const [one, two] = ['x', 'y'].map((value) => new Secret('n', value))
    expect(canonicalJson({ s: one })).toBe('{"s":{"name":"n","secret":"new"}}')
    expect(contentHash(one)).toBe(contentHash(two))
    expect(contentHash(one?.keyed(key))).not.toBe(contentHash(two?.keyed(key)))
  })
})

describe('same content', () => {
  it('is said only of values with the same canonical JSON', () => {
    const value = fc.jsonValue({ maxDepth: 2, depthSize: 'small' })
    fc.assert(
      fc.property(value, value, (a, b) => {
        if (isSameContent(a, b)) expect(canonicalJson(a)).toBe(canonicalJson(b))
      }),
    )
  })

  it('is said of a copy, in whatever order its keys were written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => void expect(isSameContent(value, reversed(reversed(value)))).toBe(true)),
    )
    expect(isSameContent({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 })).toBe(true)
  })

  it('is not said of what differs in a key, a value, a length or a secret', () => {
    expect(isSameContent({ a: 1 }, { a: 1, b: undefined })).toBe(false)
    expect(isSameContent({ a: undefined }, { b: undefined })).toBe(false)
    expect(isSameContent([1], [1, 2])).toBe(false)
    expect(isSameContent([], {})).toBe(false)
    expect(isSameContent(new Date(0), new Date(1))).toBe(false)
    expect(isSameContent(new Secret('a', 'x', 'one'), new Secret('a', 'x', 'two'))).toBe(false)
  })
})
