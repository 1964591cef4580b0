// What Azure answered when it refused: kept whole, since the SDK drops the details of failed long-running operations and of
// their first requests. Bodies come flat (the AKS service) or inside `error` (ARM), with details inside details.
export interface AzureFault extends Error {
  readonly status: number
  readonly code: string
  /** Outer first. */
  readonly details: readonly { readonly code: string; readonly message: string }[]
  readonly retryAfterMs: number | null
}

export interface Answered {
  readonly status: number
  readonly body: string
  readonly retryAfter: string | null
}

export const azureFault = ({ status, body, retryAfter }: Answered): AzureFault => {
  const error = errorOf(parsed(body))
  return Object.assign(new Error(error.message), {
    name: 'AzureFault',
    status,
    code: error.code === '' ? `HTTP ${status}` : error.code,
    details: error.details,
    retryAfterMs: seconds(retryAfter),
  })
}

export const isAzureFault = (error: unknown): error is AzureFault =>
  error instanceof Error && error.name === 'AzureFault' && 'status' in error && 'details' in error

/** Not there, or in a group that is being deleted with all that lies in it. */
export const isGone = (error: unknown): boolean =>
  isAzureFault(error) && (error.status === 404 || error.code === 'ResourceGroupBeingDeleted')

interface Flat {
  readonly code: string
  readonly message: string
  readonly details: readonly { readonly code: string; readonly message: string }[]
}

/** The error in a body, whichever form it has. `details` may hold further ones, and messages may hold JSON. */
export const errorOf = (body: unknown): Flat => {
  const at = record(record(body)['error'] ?? body)
  const code = text(at['code'])
  const message = text(at['message'])
  const listed = Array.isArray(at['details']) ? at['details'] : []
  const inner = [...listed, ...embedded(message)].map(errorOf).filter((each) => each.code + each.message !== '')
  return {
    code,
    message: message === '' ? (inner[0]?.message ?? '') : message,
    details: inner.flatMap((each) => [{ code: each.code, message: each.message }, ...each.details]),
  }
}

/** AKS quotes the answer of the compute service in its own message: `… Body: {"error": …}`. */
const embedded = (message: string): readonly unknown[] => {
  const start = message.indexOf('{')
  if (start < 0 || !message.includes('"code"')) return []
  const found = parsed(message.slice(start, message.lastIndexOf('}') + 1))
  return found === null ? [] : [found]
}

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const seconds = (header: string | null): number | null => {
  const value = Number(header)
  return header === null || !Number.isFinite(value) ? null : value * 1000
}
