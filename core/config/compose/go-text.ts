// How the reference loader turns values into text and text into numbers. Labels, environment values and options are
// compared character by character, so the forms of its standard library are kept.
import type { Node } from './node.ts'

/** Sprint of a value: map[a:1], [x y], <nil>, 1e+06. */
export const printed = (node: Node): string => {
  switch (node.kind) {
    case 'string':
      return node.value
    case 'null':
      return '<nil>'
    case 'time':
      return node.text
    case 'float':
      return printFloat(node.value, node.single === true)
    case 'list':
      return `[${node.items.map(printed).join(' ')}]`
    case 'map':
      return `map[${[...node.entries]
        .sort(byKey)
        .map(([k, v]) => `${k}:${printed(v)}`)
        .join(' ')}]`
    default:
      return String(node.value)
  }
}

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number => compareText(a[0], b[0])

/** Byte order, which for UTF-8 is code point order. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const printFloat = (value: number, single: boolean): string => {
  if (Object.is(value, -0)) return '-0'
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  const shortest = single ? shortestSingle(value) : value
  const [digits = '', exponent = '0'] = shortest.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(shortest)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/** The double whose decimal text is the shortest one that names the same 32-bit float. */
export const shortestSingle = (value: number): number => {
  const single = Math.fround(value)
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(single.toPrecision(digits))
    if (Math.fround(candidate) === single) return candidate
  }
  return single
}

const DECIMAL = /^[+-]?[0-9]+$/
const MAX = 2n ** 63n - 1n
const MIN = -(2n ** 63n)

/** A decimal integer of 64 bits, or undefined. */
export const parseDecimal = (value: string): number | bigint | undefined => {
  if (!DECIMAL.test(value)) return undefined
  const big = BigInt(value.startsWith('+') ? value.slice(1) : value)
  return big > MAX || big < MIN ? undefined : narrow(big)
}

export const narrow = (value: bigint): number | bigint =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value

const BASED = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/

/** An integer with 0x, 0b, 0o or 0 prefix; unsigned up to 64 bits when not negative. */
export const parseBased = (value: string): number | bigint | undefined => {
  const found = BASED.exec(value)
  if (found === null) return undefined
  const [, sign = '', digits = ''] = found
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase()
  const magnitude = BigInt(octal)
  const signed = sign === '-' ? -magnitude : magnitude
  if (signed < MIN || signed > (sign === '' ? 2n ** 64n - 1n : MAX)) return undefined
  return narrow(signed)
}

const FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
const SPECIAL = /^[+-]?(?:inf|infinity|nan)$/i

export const parseFloatText = (value: string): number | undefined => {
  if (SPECIAL.test(value)) return /nan/i.test(value) ? Number.NaN : value.startsWith('-') ? -Infinity : Infinity
  if (!FLOAT.test(value)) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** Lexical path cleaning: no trailing slash, no dot segments, '' becomes '.'. */
export const cleanPath = (path: string): string => {
  const rooted = path.startsWith('/')
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (part !== '..' || !rooted) kept.push(part)
  }
  return rooted ? `/${kept.join('/')}` : kept.join('/') || '.'
}

export const joinPath = (...parts: readonly string[]): string => {
  const given = parts.filter((p) => p !== '')
  return given.length === 0 ? '' : cleanPath(given.join('/'))
}

export const parentOf = (path: string): string => {
  const cut = path.lastIndexOf('/')
  return cleanPath(cut < 0 ? '.' : path.slice(0, cut + 1))
}

/** The path from one folder to another, when both are absolute or both relative. */
export const relativePath = (from: string, to: string): string => {
  const base = cleanPath(from)
  const target = cleanPath(to)
  if (base.startsWith('/') !== target.startsWith('/')) return to
  const a = base === '.' || base === '/' ? [] : base.split('/').filter((p) => p !== '')
  const b = target === '.' || target === '/' ? [] : target.split('/').filter((p) => p !== '')
  let same = 0
  while (same < a.length && same < b.length && a[same] === b[same]) same++
  return [...a.slice(same).map(() => '..'), ...b.slice(same)].join('/') || '.'
}

/** Split at the first separator. */
export const cut = (value: string, separator: string): readonly [string, string | undefined] => {
  const at = value.indexOf(separator)
  return at < 0 ? [value, undefined] : [value.slice(0, at), value.slice(at + separator.length)]
}
