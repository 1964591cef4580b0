import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDotenv } from './dotenv.ts'

const read = (text: string): Readonly<Record<string, string>> | string => {
  const parsed = parseDotenv(text, () => undefined)
  if ('fault' in parsed) return `${parsed.fault.line}: ${parsed.fault.message}`
  return Object.fromEntries(parsed.variables.map(({ key, value }) => [key, value]))
}

describe('parseDotenv', () => {
  it('reads what it is given in quotes', () => {
    const key = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/)
    const value = fc.string().map((text) => text.replaceAll(/['\\]/g, ''))
    fc.assert(
      fc.property(fc.dictionary(key, value, { noNullPrototype: true }), (variables) => {
        const text = Object.entries(variables).map(([k, v]) => `${k}='${v}'\n`)
        expect(read(text.join(''))).toEqual(variables)
      }),
    )
  })

  it('lets values use what stands above them', () => {
    expect(read('A=1\nB=$A-${A}\n')).toEqual({ A: '1', B: '1-1' })
  })

  it('names the line of a fault, and never the value', () => {
    expect(read('A=1\nB C=secret\n')).toBe('2: key cannot contain a space')
    expect(read('A="secret\n')).toMatch(/^\d+: unterminated quoted value$/)
  })

  it('takes later values over earlier ones', () => {
    expect(read('A=1\nA=2\n')).toEqual({ A: '2' })
  })
})
