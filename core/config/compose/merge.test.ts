import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFindings } from './findings.ts'
import { merge } from './merge.ts'
import { clone, equal, type Node } from './node.ts'
import { toPlain } from './plain.ts'
import { readYaml } from './yaml-read.ts'

const tree = (value: unknown): Node => {
  const root = readYaml(JSON.stringify(value), 'compose.yaml', createFindings())?.[0]?.root
  if (root === undefined) throw new Error('not readable')
  return root
}

const at = { path: [], findings: createFindings() }

const merged = (base: unknown, over: unknown): unknown => toPlain(merge(tree(base), tree(over), at))

const service = fc.record(
  {
    image: fc.constantFrom('a', 'b'),
    ports: fc.array(fc.constantFrom('80:80', '81:81', '82:82')),
    environment: fc.dictionary(fc.constantFrom('A', 'B', 'C'), fc.constantFrom('1', '2'), { noNullPrototype: true }),
    command: fc.array(fc.constantFrom('x', 'y')),
    depends_on: fc.uniqueArray(fc.constantFrom('p', 'q')),
    logging: fc.record({ driver: fc.constantFrom('d', 'e') }),
  },
  { requiredKeys: [], noNullPrototype: true },
)
const file = service.map((web) => ({ services: { web } }))

describe('merge', () => {
  it('with an empty file changes nothing', () => {
    fc.assert(
      fc.property(file, (base) => {
        expect(merged(base, {})).toEqual(base)
      }),
    )
  })

  it('gives the later file the last word on single values', () => {
    fc.assert(
      fc.property(file, file, (base, over) => {
        const { web } = (merged(base, over) as { services: { web: Record<string, unknown> } }).services
        expect(web['image']).toBe(over.services.web.image ?? base.services.web.image)
        expect(web['command']).toEqual(over.services.web.command ?? base.services.web.command)
      }),
    )
  })

  it('of the same file a second time changes nothing more', () => {
    fc.assert(
      fc.property(file, file, (base, over) => {
        // The first merge may also turn short forms into long ones.
        const settled = merge(merge(tree(base), tree(over), at), tree(over), at)
        expect(equal(merge(clone(settled), tree(over), at), settled)).toBe(true)
      }),
    )
  })

  it('reports a mapping over a list and keeps the list', () => {
    const findings = createFindings()
    const base = tree({ services: { web: { cap_add: ['A'] } } })
    const kept = merge(base, tree({ services: { web: { cap_add: { A: 1 } } } }), { path: [], findings })
    expect(findings.sorted().map((d) => d.code)).toEqual(['SP1106'])
    expect(toPlain(kept)).toEqual({ services: { web: { cap_add: ['A'] } } })
  })
})
