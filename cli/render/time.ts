// Times as people say them.
const STEPS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const

/** '4m' for what was 4 minutes and some seconds ago; '' where the time is not known. */
export const age = (since: string | null, nowMs: number): string => {
  if (since === null) return ''
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(since)) / 1000))
  for (const [unit, size] of STEPS) if (seconds >= size) return `${Math.floor(seconds / size)}${unit}`
  return Number.isNaN(seconds) ? '' : '0s'
}

/** '1.2s' below ten seconds, '38s' and '2m5s' above. */
export const took = (ms: number): string => {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
