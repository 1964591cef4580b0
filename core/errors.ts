// The one error class. Expected outcomes are values (diagnostics, refusals, outcomes); this is for what stops a step.
import type { Diagnostic, SourceSpan } from './model/diagnostic.ts'

/** Closed set. Adapters map every SDK error to one of these in their own errors.ts; an unknown one becomes Internal. */
export type ErrorCode =
  | 'BadInput'
  | 'NotYet'
  | 'NotFound'
  | 'ImageNotFound'
  | 'Conflict'
  | 'Locked'
  | 'StalePlan'
  | 'Foreign'
  | 'Unauthenticated'
  | 'Forbidden'
  | 'QuotaExceeded'
  | 'InsufficientCapacity'
  | 'Unplaceable'
  | 'PortTaken'
  | 'Throttled'
  | 'Unreachable'
  | 'Timeout'
  | 'Unhealthy'
  | 'Declined'
  | 'InvalidSpec'
  | 'Unsupported'
  | 'Aborted'
  | 'Internal'

export interface ErrorDetails {
  /** Diagnostic code shown to the user, such as 'SP3105'. */
  readonly diagnostic?: string
  readonly source?: 'user' | 'target' | 'internal'
  readonly retry?: 'no' | 'later'
  readonly retryAfterMs?: number
  readonly target?: string
  readonly service?: string
  /** One next step, in the imperative. */
  readonly hint?: string
  readonly span?: SourceSpan
  /** All findings of the step that this error stands for: broken files are reported together. */
  readonly findings?: readonly Diagnostic[]
  readonly cause?: unknown
}

export class StormportError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'StormportError'
    this.code = code
    this.details = details
  }
}

/** Process exit status by code (DESIGN section 9); the outcome of several targets is folded by `worstExit`. */
export const EXITS: Readonly<Record<ErrorCode, number>> = {
  BadInput: 3,
  NotYet: 3,
  NotFound: 3,
  ImageNotFound: 3,
  InvalidSpec: 3,
  Conflict: 9,
  Locked: 9,
  StalePlan: 9,
  Foreign: 9,
  Unauthenticated: 4,
  Forbidden: 4,
  QuotaExceeded: 5,
  InsufficientCapacity: 5,
  Unplaceable: 5,
  PortTaken: 5,
  Unsupported: 5,
  Throttled: 7,
  Unreachable: 7,
  Unhealthy: 6,
  Timeout: 8,
  Declined: 10,
  Aborted: 130,
  Internal: 1,
}

export const exitOf = (code: ErrorCode): number => EXITS[code]

export const WORST_FIRST: readonly number[] = [1, 4, 9, 7, 6, 8, 5]

/** Several exit codes apply: the worst wins, in the order 1, 4, 9, 7, 6, 8, 5; anything else by its number. */
export const worstExit = (codes: readonly number[]): number => {
  for (const code of WORST_FIRST) if (codes.includes(code)) return code
  return codes.reduce((worst, code) => Math.max(worst, code), 0)
}

export const isStormportError = (error: unknown): error is StormportError => error instanceof StormportError
