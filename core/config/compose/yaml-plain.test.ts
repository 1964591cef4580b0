import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allCases } from '../../../test/compose/corpus.ts'
import { createFindings } from './findings.ts'
import type { Node } from './node.ts'
import { readPlainYaml } from './yaml-plain.ts'
import { readAnyYaml } from './yaml-read.ts'

const source = { file: 'compose.yaml', locate: () => ({ line: 1, column: 1 }) }

/** With the marks as numbers: where the two readers point must be the same. */
const shown = (node: Node): unknown => {
  const at = [node.at.start, node.at.end, node.keyAt?.start, node.keyAt?.end]
  if (node.kind === 'map') return { at, map: [...node.entries].map(([key, child]) => [key, shown(child)]) }
  if (node.kind === 'list') return { at, list: node.items.map(shown) }
  const { at: _at, keyAt: _keyAt, ...rest } = node
  return { ...rest, at }
}

/** What the full reader makes of it; undefined: it refuses. */
const fully = (text: string): unknown => {
  const findings = createFindings()
  const documents = readAnyYaml(text, 'compose.yaml', findings)
  if (documents === undefined || findings.sorted().length > 0) return undefined
  return { roots: documents.map((document) => shown(document.root)), resets: documents.flatMap((d) => d.resets) }
}

/** True when the reader of the subset took it. */
const compare = (text: string): boolean => {
  const plain = readPlainYaml(text, source)
  if (plain !== undefined) expect({ roots: [shown(plain)], resets: [] }, text).toEqual(fully(text))
  return plain !== undefined
}

const texts = allCases().flatMap((item) => Object.values(item.files))

/** Mostly of the subset, now and then what is not. */
const mostly = (sound: readonly string[], odd: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...sound) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })

const inline = mostly(
  [
    ...['a:1', '"a b"', "'x'", '80:80', '[1, {x: y}, -v]', '{ d: e, f: [g] }', '{}', '[ ]', 'http://x#y', '0777', '~'],
    ...['true', '-x', '1.5', '2020-01-01', 'a"b', '"a # b"', "'#'", 'a #b', '[a b, "c,d", e:f]', '{a: "b: c"}', 'a  b'],
  ],
  [
    ...[
      'a: b',
      '&a 1',
      '*a',
      '|',
      '"x\\n"',
      "'it''s'",
      '!!int 3',
      '[',
      '{a: b}x',
      '- x',
      'x:',
      '[a, ]',
      '{a}',
      '"u" a',
    ],
    ...['', '# none', '%a', '"a', "'", '[a]]', '{a: b, a: c}', '{"a": b}', '[a: b]', '- ', '>-', '`a`', '@a', 'a\tb'],
  ],
)
const key = mostly(['a', 'b', 'c', 'x-d', 'e.f', 'g_h', 'A/b'], ['a', 'true', '12', '<<', '"q"', 'a b', '__proto__'])
const tail = mostly(['', '', '', ' ', ' # note', '\n', '\n# note', '\n  # two', '\n    # deep'], ['\t', '#x', ' x'])
const step = fc.constantFrom(1, 2, 2, 2, 4)

/** Mostly sound: mappings and lists over each other, now and then with what the subset does not have. */
const block = (indent: number, depth: number): fc.Arbitrary<string> => {
  const pad = ' '.repeat(indent)
  const leaf = fc.tuple(inline, tail).map(([text, end]) => ` ${text}${end}\n`)
  const inner = depth === 0 ? leaf : fc.oneof(leaf, deeper(indent, depth))
  const entry = fc.tuple(key, inner).map(([name, value]) => `${pad}${name}:${value}`)
  const item = fc.tuple(inline, tail).map(([text, end]) => `${pad}- ${text}${end}\n`)
  const lines = (of: fc.Arbitrary<string>) => fc.array(of, { minLength: 1, maxLength: 4 }).map((all) => all.join(''))
  return fc.oneof({ weight: 3, arbitrary: lines(entry) }, { weight: indent === 0 ? 0 : 1, arbitrary: lines(item) })
}

const deeper = (indent: number, depth: number): fc.Arbitrary<string> =>
  fc.tuple(tail, step).chain(([end, by]) => block(indent + by, depth - 1).map((text) => `${end}\n${text}`))

describe('the reader of the common subset', () => {
  it('reads every file of the corpus that it takes as the full reader does', () => {
    const taken = texts.filter(compare).length
    expect(taken).toBeGreaterThan(texts.length / 3)
  })

  it('never differs from the full reader, and never takes what that refuses', () => {
    let taken = 0
    fc.assert(
      fc.property(block(0, 3), (text) => {
        if (compare(text)) taken++
      }),
      { numRuns: 3_000, seed: 11 },
    )
    expect(taken).toBeGreaterThan(100)
  })

  it('never differs on a corpus file with a line moved, repeated or left out', () => {
    const broken = fc
      .record({ text: fc.constantFrom(...texts), at: fc.nat(30), indent: fc.integer({ min: -2, max: 3 }) })
      .map(({ text, at, indent }) => {
        const lines = text.split('\n')
        const moved = lines[at % lines.length] ?? ''
        lines[at % lines.length] = indent < 0 ? moved.slice(-indent) : ' '.repeat(indent) + moved
        if (at % 3 === 0) lines.splice(at % lines.length, 0, moved)
        return lines.join('\n')
      })
    fc.assert(
      fc.property(broken, (text) => void compare(text)),
      { numRuns: 3_000, seed: 12 },
    )
  })

  it.each([
    'services:\n  a: &x 1\n',
    'a: |\n  b\n',
    'a:\tb\n',
    '--- \na: 1\n',
    'a: 1\na: 2\n',
    'a: "b\n  c"\n',
    'a: b\n  c\n',
  ])('leaves %j to the full reader', (text) => {
    expect(readPlainYaml(text, source)).toBeUndefined()
  })
})
