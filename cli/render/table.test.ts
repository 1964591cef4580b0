import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createStyle } from './style.ts'
import { renderTable, seenWidth, wrap } from './table.ts'

const styleOf = (columns: number | null) =>
  createStyle({ isTTY: columns !== null, columns: columns ?? 80 }, { TERM: 'dumb' }, true)

test('columns line up and the last one wraps below itself', () => {
  const text = renderTable(
    ['A', 'LONGER', 'NOTE'],
    [
      ['x', 'y', 'one two three four five six'],
      ['xx', '', ''],
    ],
    styleOf(34),
  )
  expect(text).toMatchInlineSnapshot(`
    "A   LONGER  NOTE
    x   y       one two three four
                five six
    xx"
  `)
})

test('without a terminal nothing is wrapped', () => {
  const note = 'word '.repeat(60).trim()
  expect(renderTable(['NOTE'], [[note]], styleOf(null)).split('\n')).toEqual(['NOTE', note])
})

test('wrapping loses no word and keeps within the width wherever words allow it', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(words, fc.integer({ min: 9, max: 40 }), (list, width) => {
      const lines = wrap(list.join(' '), width)
      expect(lines.join(' ')).toBe(list.join(' '))
      expect(lines.every((line) => seenWidth(line) <= width)).toBe(true)
    }),
  )
})
