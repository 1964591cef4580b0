// Amounts in the form that the API server itself would store, so that what was applied and what is live are equal text.
const UNITS = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const

/** 1500 → '1500m', 2000 → '2'. */
export const cpuQuantity = (millis: number): string => (millis % 1000 === 0 ? `${millis / 1000}` : `${millis}m`)

/** 268435456 → '256Mi', 1000 → '1k' as the server writes it. */
export const bytesQuantity = (bytes: number): string => {
  let power = 0
  let value = bytes
  while (power < UNITS.length - 1 && value !== 0 && value % 1024 === 0) {
    value /= 1024
    power++
  }
  return power === 0 ? decimal(bytes) : `${value}${UNITS[power]}`
}

const decimal = (bytes: number): string => {
  const powers = ['', 'k', 'M', 'G', 'T']
  let power = 0
  let value = bytes
  while (power < powers.length - 1 && value !== 0 && value % 1000 === 0) {
    value /= 1000
    power++
  }
  return `${value}${powers[power]}`
}

/** Whole seconds, at least one: Kubernetes counts no finer. */
export const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))
