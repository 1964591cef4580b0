// Requests were held against the client's schema before they come here, so that they may be read as the client's types.
import { fault } from '../faults.ts'
import type { Handler } from '../server.ts'
import type { AwsState, ClusterRecord } from '../state.ts'

export const typed =
  <I, O>(answer: (input: I) => O): Handler =>
  (input) =>
    answer(input as I)

export const notFound = (what: string, members: Readonly<Record<string, unknown>> = {}): Error =>
  fault('ResourceNotFoundException', `No ${what}.`, { status: 404, members })

export const inUse = (message: string, members: Readonly<Record<string, unknown>> = {}): Error =>
  fault('ResourceInUseException', message, { status: 409, members })

export const invalid = (message: string): Error => fault('InvalidParameterException', message)

export const badState = (message: string): Error => fault('InvalidRequestException', message)

/** As it is now: what has gone meanwhile is not there. @throws ResourceNotFoundException */
export const clusterOf = (state: AwsState, name: string | undefined): ClusterRecord => {
  const found = state.clusters.get(name ?? '')
  if (found === undefined) throw notFound(`cluster found for name: ${name}`, { clusterName: name })
  return found
}

/** The request without its token: two requests are the same when this is. */
export const requestKey = (input: object): string => JSON.stringify({ ...input, clientRequestToken: undefined })

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextToken: string | undefined
}

/** Pages of at most a hundred, as the service gives them. */
export const page = <T>(
  all: readonly T[],
  input: { maxResults?: number | undefined; nextToken?: string | undefined },
): Page<T> => {
  const from = Number(input.nextToken ?? 0)
  const to = from + Math.min(input.maxResults ?? 100, 100)
  return { items: all.slice(from, to), nextToken: to < all.length ? String(to) : undefined }
}

export const MINUTE = 60_000
