import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { along, partsOf, patternTable, serviceOf, shown } from './pattern.ts'

const fits = (pattern: readonly string[], path: readonly string[]): boolean =>
  pattern.length === path.length && pattern.every((part, i) => part === '*' || part === path[i])

describe('patternTable', () => {
  const segment = fc.constantFrom('a', 'b', 'c', '*')
  const paths = fc.array(segment, { minLength: 1, maxLength: 4 })

  it('finds exactly the places that a pattern fits', () => {
    fc.assert(
      fc.property(
        fc.array(paths, { maxLength: 6 }),
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }),
        (patterns, path) => {
          const table = patternTable(Object.fromEntries(patterns.map((p) => [p.join('.'), p.join('.')])))
          const found = along(table, path).state?.value
          const wanted = patterns.filter((p) => fits(p, path)).map((p) => p.join('.'))
          expect(found === undefined ? wanted.length === 0 : wanted.includes(found)).toBe(true)
        },
      ),
    )
  })

  it('has no state where nothing lies below', () => {
    const table = patternTable({ 'services.*.ports': 1 })
    expect(along(table, ['services', 'web', 'ports']).state?.value).toBe(1)
    expect(along(table, ['services', 'web', 'image']).state).toBeUndefined()
    expect(along(table, ['volumes']).state).toBeUndefined()
  })
})

describe('a trail', () => {
  it('is shown as a reader writes it', () => {
    const trail = along(patternTable({}), ['services', 'web', 'ports', '[]', 'target'])
    expect([shown(trail), serviceOf(trail)]).toEqual(['services.web.ports.target', 'web'])
    expect(partsOf(trail)).toHaveLength(5)
  })
})
