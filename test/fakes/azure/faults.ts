// Scripted faults: what goes wrong, at which operation, how often; for single requests and for what they set going.
export interface ArmErrorBody {
  readonly code: string
  readonly message: string
  readonly details?: readonly unknown[] | null
  readonly subcode?: string
  readonly target?: string
}

export interface AzureFaultError extends Error {
  readonly status: number
  readonly body: ArmErrorBody
  /** ARM itself puts its error inside `error`; the provider behind it answers flat. */
  readonly wrapped: boolean
  readonly headers: Readonly<Record<string, string>>
}

export interface AzureFaultOptions {
  readonly wrapped?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly details?: readonly unknown[]
}

/** An error of the service, thrown by handlers: 'code: message'. */
export const fault = (
  status: number,
  [code, message]: readonly [code: string, message: string],
  more: AzureFaultOptions = {},
): AzureFaultError =>
  Object.assign(new Error(message), {
    status,
    body: { code, message, ...(more.details === undefined ? {} : { details: more.details }) },
    wrapped: more.wrapped ?? false,
    headers: more.headers ?? {},
  })

export const isFault = (error: unknown): error is AzureFaultError =>
  error instanceof Error && 'status' in error && 'body' in error && 'wrapped' in error

export type FaultKind =
  /** Answered with this error, nothing done. */
  | {
      readonly kind: 'error'
      readonly status: number
      readonly body: unknown
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Done, and the connection is cut before the answer. */
  | { readonly kind: 'dropAfter' }
  /** The connection is cut, nothing done. */
  | { readonly kind: 'dropBefore' }
  /** A page of a proxy instead of an answer. */
  | { readonly kind: 'html' }

/** How a long-running operation ends otherwise than well. */
export type Ending =
  | { readonly kind: 'failed'; readonly error: ArmErrorBody }
  | { readonly kind: 'canceled'; readonly error?: ArmErrorBody }
  /** Its status URL answers 404; the resource goes its way (aks.md section 1, trap 6). */
  | { readonly kind: 'statusLost' }
  /** Its status stays InProgress for ever though the resource is Succeeded (Azure/AKS#1968). */
  | { readonly kind: 'stuck' }
  /** Neither the status nor the resource moves (Azure/AKS#2341), until it is aborted. */
  | { readonly kind: 'hangs' }

export interface PlannedFault {
  /** 'agentPools.createOrUpdate', 'agentPools.*', 'status.get', '*'. */
  readonly operation: string
  readonly times: number
  readonly fault: FaultKind
}

export interface PlannedEnding {
  readonly operation: string
  readonly times: number
  readonly ending: Ending
}

export interface Faults {
  add(planned: PlannedFault): void
  /** For the next operations that are set going by such a request. */
  end(planned: PlannedEnding): void
  clear(): void
  /** The fault of this call, used up by it; null: none. */
  take(operation: string): FaultKind | null
  takeEnding(operation: string): Ending | null
}

export const createFaults = (): Faults => {
  const requests = createQueue<PlannedFault>()
  const endings = createQueue<PlannedEnding>()
  return {
    add: requests.add,
    end: endings.add,
    clear: () => {
      requests.clear()
      endings.clear()
    },
    take: (operation) => requests.take(operation)?.fault ?? null,
    takeEnding: (operation) => endings.take(operation)?.ending ?? null,
  }
}

const createQueue = <T extends { readonly operation: string; readonly times: number }>() => {
  let planned: { readonly plan: T; left: number }[] = []
  return {
    add: (plan: T): void => void planned.push({ plan, left: plan.times }),
    clear: (): void => {
      planned = []
    },
    take: (operation: string): T | null => {
      const found = planned.find(({ plan, left }) => left > 0 && matches(plan.operation, operation))
      if (found === undefined) return null
      found.left -= 1
      return found.plan
    },
  }
}

const matches = (pattern: string, operation: string): boolean =>
  pattern === '*' || pattern === operation || (pattern.endsWith('.*') && operation.startsWith(pattern.slice(0, -1)))

export const throttled = (retryAfterSeconds: number): FaultKind => ({
  kind: 'error',
  status: 429,
  headers: { 'retry-after': String(retryAfterSeconds) },
  body: { error: { code: 'Throttled', message: 'The request has been throttled. Try again later.' } },
})

export const unavailable = (retryAfterSeconds: number): FaultKind => ({
  kind: 'error',
  status: 503,
  headers: { 'retry-after': String(retryAfterSeconds) },
  body: { error: { code: 'ServiceUnavailable', message: 'The service is unavailable now.' } },
})
