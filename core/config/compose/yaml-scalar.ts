// Which value a plain YAML scalar is. Compose's own reader decides by YAML 1.2 with the integers of 1.1: 0777 is octal,
// 1_000 is a thousand, yes and on are text, 08 is a float and 2020-01-01 a timestamp.
import { narrow, parseBased, parseFloatText } from './go-text.ts'

export type PlainScalar =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int'; readonly value: number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'time'; readonly text: string; readonly rfc3339: string; readonly written: string }

const WORDS: Readonly<Record<string, PlainScalar>> = {
  ...words(['true', 'True', 'TRUE'], { kind: 'bool', value: true }),
  ...words(['false', 'False', 'FALSE'], { kind: 'bool', value: false }),
  ...words(['', '~', 'null', 'Null', 'NULL'], { kind: 'null' }),
  ...words(['.nan', '.NaN', '.NAN'], { kind: 'float', value: Number.NaN }),
  ...words(['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'], { kind: 'float', value: Infinity }),
  ...words(['-.inf', '-.Inf', '-.INF'], { kind: 'float', value: -Infinity }),
  ...words(['-0', '-0.0'], { kind: 'float', value: -0 }),
}

function words(spellings: readonly string[], scalar: PlainScalar): Record<string, PlainScalar> {
  return Object.fromEntries(spellings.map((s) => [s, scalar]))
}

const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/

export const resolvePlain = (source: string): PlainScalar => {
  const word = Object.hasOwn(WORDS, source) ? WORDS[source] : undefined
  if (word !== undefined) return word
  if (/^\./.test(source)) return dotted(source)
  if (/^[-+0-9]/.test(source)) return numeric(source)
  return { kind: 'string', value: source }
}

const dotted = (source: string): PlainScalar => {
  const value = parseFloatText(source)
  return value === undefined ? { kind: 'string', value: source } : { kind: 'float', value }
}

const numeric = (source: string): PlainScalar => {
  const time = timestamp(source)
  if (time !== undefined) return time
  const plain = source.replaceAll('_', '')
  const integer = parseBased(plain)
  if (integer !== undefined) return { kind: 'int', value: typeof integer === 'bigint' ? narrow(integer) : integer }
  const float = FLOAT.test(plain) ? parseFloatText(plain) : undefined
  return float === undefined ? { kind: 'string', value: source } : { kind: 'float', value: float }
}

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/
const MOMENT = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt])| )(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/

const timestamp = (source: string): PlainScalar | undefined => {
  const date = DATE.exec(source)
  if (date !== null) return moment(date, { clock: ['00', '00', '00'], fraction: '', zone: 'Z' })
  const full = MOMENT.exec(source)
  if (full === null) return undefined
  const [, , , , mark, hour = '', minute = '', second = '', fraction = '', zone] = full
  // A zone belongs to the form with T, and only to it.
  if ((mark === undefined) !== (zone === undefined)) return undefined
  return moment(full, { clock: [hour, minute, second], fraction, zone: zone ?? 'Z' })
}

interface Time {
  readonly clock: readonly [string, string, string]
  readonly fraction: string
  readonly zone: string
}

const moment = (date: RegExpExecArray, { clock, fraction, zone }: Time): PlainScalar | undefined => {
  const [year = '', month = '', day = ''] = [date[1], date[2]?.padStart(2, '0'), date[3]?.padStart(2, '0')]
  const [hour, minute, second] = clock.map((c) => c.padStart(2, '0')) as [string, string, string]
  if (!inCalendar(Number(year), Number(month), Number(day))) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const trimmed = fraction.replace(/0+$/, '').replace(/^\.$/, '')
  const offset = zone === 'Z' ? '+0000' : zone.replace(':', '')
  const label = zone === 'Z' ? 'UTC' : offset === '+0000' ? '+0000' : offset
  const at = `${hour}:${minute}:${second}${trimmed}`
  return {
    kind: 'time',
    text: `${year}-${month}-${day} ${at} ${offset} ${label}`,
    rfc3339: `${year}-${month}-${day}T${at}${zone}`,
    written: date.input,
  }
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const inCalendar = (year: number, month: number, day: number): boolean => {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0)
  return day >= 1 && day <= days
}
