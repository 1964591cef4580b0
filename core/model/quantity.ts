// Amounts as people write them. compose.yaml follows Compose (256M = MiB); stormport.yaml and x-stormport take only
// MiB, GiB and TiB, because a bare M or G means two things. Parsing is total: it returns a value or the reason why not.

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string; readonly hint: string }

export const MEBIBYTE = 1024 ** 2
export const GIBIBYTE = 1024 ** 3
export const TEBIBYTE = 1024 ** 4

const POWER: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 }
const COMPOSE_BYTES = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i
const SIZE = /^(\d+(?:\.\d+)?) ?(MiB|GiB|TiB)$/
const UNIT: Readonly<Record<string, number>> = { MiB: MEBIBYTE, GiB: GIBIBYTE, TiB: TEBIBYTE }

/** `256M`, `1.5gb`, `268435456`: Compose's binary units, letter case ignored. null: not a size. */
export const parseComposeBytes = (text: string | number): number | null => {
  if (typeof text === 'number') return Number.isSafeInteger(text) && text >= 0 ? text : null
  const match = COMPOSE_BYTES.exec(text.trim())
  if (match === null) return null
  const bytes = Math.floor(Number(match[1]) * 1024 ** (POWER[(match[2] ?? '').toLowerCase()] ?? 0))
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** `16GiB` as stormport.yaml and x-stormport write it. */
export const parseSize = (text: string): Parsed<number> => {
  const match = SIZE.exec(text.trim())
  if (match === null) return { ok: false, reason: `"${text}" is not a size`, hint: sizeHint(text) }
  const bytes = Math.round(Number(match[1]) * (UNIT[match[2] ?? ''] ?? 1))
  if (!Number.isSafeInteger(bytes)) return { ok: false, reason: `"${text}" is too large`, hint: 'write a smaller size' }
  return { ok: true, value: bytes }
}

/** `>=24GiB` or `24GiB`: the least memory that a GPU must have. */
export const parseAtLeast = (text: string): Parsed<number> => parseSize(text.trim().replace(/^>=\s*/, ''))

const sizeHint = (text: string): string => {
  const letter = /^(\d+(?:\.\d+)?)\s*([mgt])(?:i?b?)$/i.exec(text.trim())
  if (letter === null) return 'write a number and MiB, GiB or TiB, such as 512MiB'
  return `write ${letter[1]}${(letter[2] ?? '').toUpperCase()}iB`
}

/** Cores as a number or text: 4, "0.5". */
export const parseCpus = (value: string | number): Parsed<number> => {
  const text = String(value).trim()
  if (/^\d+(?:\.\d+)?$|^\.\d+$/.test(text)) {
    const millis = Math.round(Number(text) * 1000)
    if (Number.isSafeInteger(millis)) return { ok: true, value: millis }
  }
  const millis = /^(\d+)m$/.exec(text)
  const hint = millis === null ? 'write cores as a number, such as "0.5"' : `write "${Number(millis[1]) / 1000}"`
  return { ok: false, reason: `"${text}" is not a number of CPUs`, hint }
}

/** The largest unit that shows the amount exactly, else one decimal: 256MiB, 1.5GiB, 300KiB, 12B. */
export const formatBytes = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let power = 0
  while (power < units.length - 1 && bytes >= 1024 ** (power + 1)) power++
  return `${Number((bytes / 1024 ** power).toFixed(1))}${units[power]}`
}

/** 1500 → '1.5', 100 → '0.1'. */
export const formatCpus = (cpuMillis: number): string => String(cpuMillis / 1000)
