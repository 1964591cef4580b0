import { describe, expect, test } from 'vitest'
import { parseIgnore } from './ignore.ts'

describe('.dockerignore', () => {
  test.each([
    ['node_modules', 'node_modules/a/b.js', true],
    ['node_modules', 'src/node_modules', false],
    ['**/node_modules', 'src/node_modules/x', true],
    ['/dist', 'dist/a', true],
    ['dist/', 'dist/a', true],
    ['*.log', 'a.log', true],
    ['*.log', 'logs/a.log', false],
    ['**/*.log', 'logs/deep/a.log', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['[ab].txt', 'b.txt', true],
    ['[^ab].txt', 'b.txt', false],
    ['a.b', 'axb', false],
    ['# comment', '# comment', false],
    ['./src/../lib', 'lib/x', true],
    ['**', 'anything/at/all', true],
    ['docs/**/draft', 'docs/draft', true],
    ['docs/**/draft', 'docs/a/b/draft', true],
    ['', 'a', false],
  ])('%j on %s: %s', (pattern, path, ignored) => {
    expect(parseIgnore(pattern).ignores(path)).toBe(ignored)
  })

  test('the last pattern that matches decides, and an exception brings files back', () => {
    const rules = parseIgnore('docs\n!docs/README.md\ndocs/README.md.bak')
    expect(rules.ignores('docs/a')).toBe(true)
    expect(rules.ignores('docs/README.md')).toBe(false)
    expect(rules.final).toBe(false)
    expect(parseIgnore('docs').final).toBe(true)
  })
})
