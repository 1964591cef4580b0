import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { oneLine, plainText } from './plain-text.ts'

describe('text from elsewhere', () => {
  test.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]8;;https://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['\u001bP1$r\u001b\\after', 'after'],
    ['good\rbad', 'goodbad'],
    ['a\u0008b\u007fc\u009bd', 'abcd'],
    ['\u202eevil', 'evil'],
    ['tab\tand\nline', 'tab\tand\nline'],
    ['grüße 東京 🙂', 'grüße 東京 🙂'],
    ['\u001b', ''],
  ])('%j is shown as %j', (text, shown) => {
    expect(plainText(text)).toBe(shown)
  })

  test('whatever comes in, no control character gets through', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('\u001b', '[', ']', '0', ';', 'm', 'a', '\u0007', '\u009b', '\r', 'P', '\\', ' '),
    })
    fc.assert(fc.property(nasty, (text) => !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(plainText(text))))
  })

  test('one line stays one line', () => {
    expect(oneLine(' a \n\n b\r\nc ')).toBe('a b c')
  })
})
