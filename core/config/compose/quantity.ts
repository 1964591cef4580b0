// Durations and sizes as Compose writes them: 1m30s, 1.5h, 2d; 512m, 1.5gb, 64k.

const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  '\u00b5s': 1000n,
  '\u03bcs': 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
}

const MAX = 2n ** 63n - 1n

/** Nanoseconds, or undefined. */
export const parseDuration = (value: string): bigint | undefined => {
  const negative = value.startsWith('-')
  let rest = /^[+-]/.test(value) ? value.slice(1) : value
  if (rest === '0') return 0n
  if (rest === '') return undefined
  let total = 0n
  while (rest !== '') {
    const [whole, digits = '', fraction, unit = ''] = /^([0-9]*)(\.[0-9]*)?([^.0-9]+)/.exec(rest) ?? []
    const factor = Object.hasOwn(UNIT_NS, unit) ? UNIT_NS[unit] : undefined
    if (whole === undefined || factor === undefined || (digits === '' && (fraction ?? '.') === '.')) return undefined
    total += BigInt(digits === '' ? '0' : digits) * factor + part(fraction, factor)
    if (total > MAX) return undefined
    rest = rest.slice(whole.length)
  }
  return negative ? -total : total
}

const part = (fraction: string | undefined, factor: bigint): bigint => {
  const digits = (fraction ?? '').slice(1, 19)
  if (digits === '') return 0n
  return BigInt(Math.trunc(Number(digits) * (Number(factor) / 10 ** digits.length)))
}

/** 1h0m0s, 1.5s, 100ms, 0s. */
export const printDuration = (ns: bigint): string => {
  if (ns === 0n) return '0s'
  const sign = ns < 0n ? '-' : ''
  const size = ns < 0n ? -ns : ns
  if (size < 1_000_000_000n) return sign + small(size)
  const seconds = size / 1_000_000_000n
  const tail = `${seconds % 60n}${decimals(size % 1_000_000_000n, 9)}s`
  const minutes = seconds / 60n
  if (minutes === 0n) return sign + tail
  const hours = minutes / 60n
  return `${sign}${hours === 0n ? '' : `${hours}h`}${minutes % 60n}m${tail}`
}

const small = (size: bigint): string => {
  if (size < 1000n) return `${size}ns`
  if (size < 1_000_000n) return `${size / 1000n}${decimals(size % 1000n, 3)}\u00b5s`
  return `${size / 1_000_000n}${decimals(size % 1_000_000n, 6)}ms`
}

const decimals = (rest: bigint, width: number): string => {
  const digits = String(rest).padStart(width, '0').replace(/0+$/, '')
  return digits === '' ? '' : `.${digits}`
}

const POWERS = 'kmgtp'

/** Bytes, or undefined. */
export const parseBytes = (value: string): bigint | undefined => {
  if (/^[+-]?[0-9]+$/.test(value)) {
    const exact = BigInt(value.replace(/^\+/, ''))
    if (exact <= MAX && exact >= -MAX) return exact
  }
  const at = Math.max(...[...'0123456789. '].map((c) => value.lastIndexOf(c)))
  if (at < 0) return undefined
  const number = value.slice(0, value[at] === ' ' ? at : at + 1)
  const factor = suffix(value.slice(at + 1).toLowerCase())
  if (factor === undefined || !/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i.test(number)) return undefined
  const size = Number(number)
  return size < 0 || !Number.isFinite(size * factor) ? undefined : BigInt(Math.trunc(size * factor))
}

const suffix = (unit: string): number | undefined => {
  if (unit === '' || unit === 'b') return 1
  const power = POWERS.indexOf(unit.charAt(0))
  return power >= 0 && ['', 'b', 'ib'].includes(unit.slice(1)) ? 1024 ** (power + 1) : undefined
}
