import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { manifestText } from './manifests.ts'

const VERSIONS = ['1.1', '1.2'] as const

const read = (text: string, version: '1.1' | '1.2'): readonly unknown[] =>
  parseAllDocuments(text, { version, merge: true }).map((document) => document.toJS())

describe('manifestText', () => {
  it.each(['yes', 'no', 'on', 'Off', 'y', 'n', '1:30', '0777', '0o17', '1_000', '0x1F', '2024-01-01', '~', '<<', '='])(
    'keeps the text %s for readers of YAML 1.1 and 1.2',
    (value) => {
      const object = { kind: 'ConfigMap', data: { value, [`${value}${value === '<<' ? '.' : ''}`]: 'key' } }
      for (const version of VERSIONS) expect(read(manifestText([object]), version), version).toEqual([object])
    },
  )

  it('quotes nothing that nobody misreads', () => {
    expect(manifestText([{ kind: 'Service', spec: { type: 'ClusterIP', ports: [80] } }])).toBe(
      '---\nkind: Service\nspec:\n  type: ClusterIP\n  ports:\n    - 80\n',
    )
  })

  it('is read back as the same objects, whatever their texts say', () => {
    const text = fc.oneof(
      fc
        .string({ unit: 'binary' })
        .filter((s) => s.isWellFormed() && !/[\0-\x08\x0B-\x1F\x7F-\x9F\uFEFF\uFFFE\uFFFF]/.test(s)),
      fc.stringMatching(/^[-+0-9:._eoxb]{1,8}$/),
      fc.constantFrom('Yes', 'NO', 'null', 'True', '.inf', '.NaN', '- a', 'a: b', '# a', '!!x', '&a', '*a', '|', '%'),
    )
    fc.assert(
      fc.property(
        fc.dictionary(
          text.filter((key) => key !== '__proto__' && key !== '<<'),
          text,
        ),
        (data) => {
          const object = { data: { ...data } }
          for (const version of VERSIONS)
            expect(read(manifestText([object, object]), version)).toEqual([object, object])
        },
      ),
      { numRuns: 40 },
    )
  })
})
