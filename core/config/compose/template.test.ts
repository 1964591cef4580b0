import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { substitute } from './template.ts'

const values: Readonly<Record<string, string>> = { SET: 'v', EMPTY: '' }
const lookup = (name: string): string | undefined => (Object.hasOwn(values, name) ? values[name] : undefined)

const filled = (template: string): string => {
  const result = substitute(template, lookup)
  return 'ok' in result ? result.ok.value : `!${result.fault.kind}`
}

describe('substitute', () => {
  it.each([
    ['$SET', 'v'],
    ['${SET}-${EMPTY}', 'v-'],
    ['$$SET', '$SET'],
    ['${NO:-a}${EMPTY:-b}${EMPTY-c}', 'ab'],
    ['${SET:+x}${EMPTY:+x}${EMPTY+y}', 'xy'],
    ['${NO:-${NO2:-deep}}', 'deep'],
    ['${SET:?}', 'v'],
    ['${EMPTY:?no}', '!required'],
    ['${NO?no}', '!required'],
    ['${}', '!invalid'],
    ['a$', 'a$'],
    ['$1', '$1'],
  ])('reads %s as %s', (template, value) => {
    expect(filled(template)).toBe(value)
  })

  it('leaves text without a dollar alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = text.replaceAll('$', '')
        expect(filled(plain)).toBe(plain)
      }),
    )
  })

  it('gives back what was escaped', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(filled(text.replaceAll('$', '$$$$'))).toBe(text)
      }),
    )
  })

  it('tells which variables went in and which are missing', () => {
    expect(substitute('$SET ${NO} ${OTHER:-x}', lookup)).toEqual({
      ok: { value: 'v  x', used: ['SET'], missing: ['NO'] },
    })
  })
})
