// Faults on order, one list for the whole server: each is used up as often as it says.

export type Fault =
  /** The connection is cut before anything is done. */
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'status'; readonly status: 401 | 403 | 410 | 429 | 500 | 503; readonly retryAfterMs?: number }
  /** The work is done, and the connection is cut before the answer. */
  | { readonly kind: 'dropAfterCommit' }
  /** Lists answer with a part only, and say so. */
  | { readonly kind: 'partialList' }
  | { readonly kind: 'slow'; readonly delayMs: number }

export interface PlannedFault {
  readonly fault: Fault
  /** GET, PATCH, …; absent: any. */
  readonly method?: string
  /** Part of the path; absent: any. */
  readonly path?: string
  /** Part of the query; absent: any. */
  readonly query?: string
  /** How often; absent: until removed. */
  readonly times?: number
}

export interface Faults {
  plan(fault: PlannedFault): () => void
  /** The faults that hit this request; each hit is counted. */
  take(method: string, path: string, query?: string): readonly Fault[]
}

export const createFaults = (): Faults => {
  const planned = new Map<PlannedFault, number>()
  return {
    plan: (fault) => {
      planned.set(fault, fault.times ?? Number.POSITIVE_INFINITY)
      return () => planned.delete(fault)
    },
    take: (method, path, query = '') => {
      const hits = [...planned].filter(
        ([f, left]) =>
          left > 0 && (f.method ?? method) === method && path.includes(f.path ?? '') && query.includes(f.query ?? ''),
      )
      for (const [f, left] of hits) planned.set(f, left - 1)
      return hits.map(([f]) => f.fault)
    },
  }
}
