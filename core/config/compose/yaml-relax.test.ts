import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { createFindings } from './findings.ts'
import { spanOf } from './node.ts'
import { toPlain } from './plain.ts'
import { readYaml } from './yaml-read.ts'
import { relaxIndentation } from './yaml-relax.ts'

describe('relaxIndentation', () => {
  it('changes no value of a file that can be read without it', () => {
    const text = fc.string({ maxLength: 20 })
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.integer(),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(text, tie('any'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).any
    const options = fc.constantFrom(
      {},
      { defaultStringType: 'QUOTE_DOUBLE' },
      { defaultStringType: 'QUOTE_SINGLE', lineWidth: 20 },
      { collectionStyle: 'flow' },
    )
    fc.assert(
      fc.property(value, options, (data, style) => {
        const written = stringify({ data }, style as object)
        expect(parse(relaxIndentation(written).text)).toEqual(parse(written))
      }),
    )
  })
})

describe('readYaml', () => {
  const read = (text: string) => {
    const findings = createFindings()
    return { documents: readYaml(text, 'f.yaml', findings), findings }
  }

  it('lets quotes and brackets go on at any indentation, with the positions of the file', () => {
    const { documents } = read('a:\n  b: "one\ntwo"\n  c: [x,\ny]\n')
    const root = documents?.[0]?.root
    expect(root && toPlain(root)).toEqual({ a: { b: 'one two', c: ['x', 'y'] } })
    const inner = root?.kind === 'map' ? root.entries.get('a') : undefined
    const list = inner?.kind === 'map' ? inner.entries.get('c') : undefined
    const last = list?.kind === 'list' ? list.items[1] : undefined
    expect(last && spanOf(last.at)).toMatchObject({ line: 5, column: 1 })
  })

  it('still refuses what is broken', () => {
    expect(read('a: [x\nb: y\n').documents).toBeUndefined()
    expect(read('a: "x\n').documents).toBeUndefined()
  })

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab:-[]{}"\'&*!|>#%@`,? \n\t<=$\\0') }), (text) => {
        const { documents, findings } = read(text)
        expect(documents !== undefined || findings.failed).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
