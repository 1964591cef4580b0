// Scripted faults: what goes wrong, at which operation, how often.
export interface AwsFaultError extends Error {
  readonly code: string
  readonly status: number
  /** Further members of the error, as the service's model names them. */
  readonly members: Readonly<Record<string, unknown>>
}

/** An error of the service, thrown by handlers. */
export const fault = (
  code: string,
  message: string,
  more: { readonly status?: number; readonly members?: Readonly<Record<string, unknown>> } = {},
): AwsFaultError => Object.assign(new Error(message), { code, status: more.status ?? 400, members: more.members ?? {} })

export const isFault = (error: unknown): error is AwsFaultError =>
  error instanceof Error && 'code' in error && 'status' in error && 'members' in error

export type FaultKind =
  /** Answered with this error, nothing done. */
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly status: number }
  /** Done, and the connection is cut before the answer. */
  | { readonly kind: 'dropAfter' }
  /** The connection is cut, nothing done. */
  | { readonly kind: 'dropBefore' }
  /** A page of a proxy instead of an answer. */
  | { readonly kind: 'html' }

export interface PlannedFault {
  /** 'eks.CreateCluster', 'ec2.*', '*'. */
  readonly operation: string
  readonly times: number
  readonly fault: FaultKind
}

export interface Faults {
  add(planned: PlannedFault): void
  clear(): void
  /** The fault of this call, used up by it; null: none. */
  take(operation: string): FaultKind | null
}

export const createFaults = (): Faults => {
  let planned: { readonly plan: PlannedFault; left: number }[] = []
  return {
    add: (plan) => void planned.push({ plan, left: plan.times }),
    clear: () => {
      planned = []
    },
    take: (operation) => {
      const found = planned.find(({ plan, left }) => left > 0 && matches(plan.operation, operation))
      if (found === undefined) return null
      found.left -= 1
      return found.plan.fault
    },
  }
}

const matches = (pattern: string, operation: string): boolean =>
  pattern === '*' || pattern === operation || (pattern.endsWith('.*') && operation.startsWith(pattern.slice(0, -1)))

export const throttled: FaultKind = {
  kind: 'error',
  code: 'ThrottlingException',
  message: 'Rate exceeded',
  status: 429,
}
