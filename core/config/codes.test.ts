import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { codes } from '../model/codes/index.ts'

describe('diagnostic codes of this folder', () => {
  const sources = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  const used = new Set(
    sources.flatMap((name) => readFileSync(`${import.meta.dirname}/${name}`, 'utf8').match(/'SP\d{4}'/g) ?? []),
  )

  it('all have a title, a meaning and a remedy', () => {
    expect(used.size).toBeGreaterThan(30)
    for (const code of used)
      expect(codes[code.slice(1, -1)], code).toMatchObject({
        title: expect.any(String),
        meaning: expect.any(String),
        remedy: expect.any(String),
      })
  })

  it('are the only ones of their range', () => {
    const registered = Object.keys(codes).filter((code) => /^SP1[39]/.test(code))
    expect(registered.filter((code) => !used.has(`'${code}'`))).toEqual([])
  })
})
