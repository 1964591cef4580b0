// Durations as Compose and Go write them (1m30s, 500ms, 10m, 1h), in milliseconds inside.
import type { Parsed } from './quantity.ts'

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)/y

/** Milliseconds, or null when the text is not a duration. A number without unit is none, but '0' is. */
export const parseDuration = (text: string): number | null => {
  const trimmed = text.trim()
  if (trimmed === '0') return 0
  let ms = 0
  let at = 0
  while (at < trimmed.length) {
    PART.lastIndex = at
    const part = PART.exec(trimmed)
    if (part === null) return null
    ms += Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? 0)
    at = PART.lastIndex
  }
  return at === 0 || !Number.isFinite(ms) ? null : Math.round(ms)
}

/** parseDuration with words for the user. */
export const readDuration = (text: string): Parsed<number> => {
  const ms = parseDuration(text)
  if (ms !== null) return { ok: true, value: ms }
  const bare = /^\d+(?:\.\d+)?$/.test(text.trim())
  return {
    ok: false,
    reason: `"${text}" is not a duration`,
    hint: bare ? `write a unit, such as ${text.trim()}s` : 'write a duration such as 30s, 10m or 1h30m',
  }
}

const STEPS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

/** 90000 → '1m30s', 500 → '500ms', 0 → '0s'. */
export const formatDuration = (ms: number): string => {
  let rest = Math.round(ms)
  let text = ''
  for (const [unit, size] of STEPS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) text += `${count}${unit}`
  }
  return text === '' ? '0s' : text
}
