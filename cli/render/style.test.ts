import { describe, expect, test } from 'vitest'
import { createStyle } from './style.ts'

const isColored = (env: Readonly<Record<string, string>>, isTTY = true, wanted = true): boolean =>
  createStyle({ isTTY, columns: 80 }, env, wanted).red('x') !== 'x'

describe('colours', () => {
  test.each([
    ['a terminal', {}, true, true],
    ['a pipe', {}, false, false],
    ['NO_COLOR', { NO_COLOR: '1' }, true, false],
    ['NO_COLOR before FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['an empty NO_COLOR', { NO_COLOR: '' }, true, true],
    ['FORCE_COLOR in a pipe', { FORCE_COLOR: '1' }, false, true],
    ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, false],
    ['TERM=dumb', { TERM: 'dumb' }, true, false],
  ])('%s', (_, env, isTTY, colored) => {
    expect(isColored(env, isTTY)).toBe(colored)
  })

  test('--no-color', () => {
    expect(isColored({}, true, false)).toBe(false)
  })
})

test('symbols have ASCII twins where the locale has no UTF-8', () => {
  expect(createStyle({ isTTY: true, columns: 80 }, { LANG: 'C' }, true).symbols.done).toBe('ok')
  expect(createStyle({ isTTY: true, columns: 80 }, { LANG: 'C', LC_ALL: 'de_DE.utf8' }, true).symbols.done).toBe('✔')
})
