import { describe, expect, it } from 'vitest'
import { StormportError } from '../../core/errors.ts'
import { fromWire, lineSplitter, toWire } from './protocol.ts'

describe('lines', () => {
  it('come whole, however the bytes arrive', () => {
    const text = '{"a":"ü"}\n\n{"b":2}\n'
    for (let size = 1; size < 8; size++) {
      const lines: string[] = []
      const take = lineSplitter((line) => lines.push(line))
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length; at += size) take(bytes.subarray(at, at + size))
      expect(lines).toEqual(['{"a":"ü"}', '{"b":2}'])
    }
  })
})

describe('errors on the wire', () => {
  it('keep code, words, hint and the holder of a lease', () => {
    const holder = { host: 'h', bootId: 'b', pid: 1, startTicks: '2', user: 'u', command: 'c' }
    const error = new StormportError('Conflict', 'held', {
      diagnostic: 'SP4024',
      retry: 'later',
      hint: 'wait',
      cause: holder,
    })
    const back = fromWire(JSON.parse(JSON.stringify(toWire(error))))
    expect(back).toMatchObject({
      code: 'Conflict',
      message: 'held',
      details: { diagnostic: 'SP4024', retry: 'later', hint: 'wait', cause: holder },
    })
  })

  it('make anything else our own fault', () => {
    expect(fromWire(toWire(new TypeError('x is undefined')))).toMatchObject({ code: 'Internal' })
  })
})
