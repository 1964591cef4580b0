// Long-running operations: what each request set going, when it is done, and the addresses at which a client asks. Header
// modes and addresses after the official examples and ARM's "Track asynchronous Azure operations".
import { type Ending, fault } from './faults.ts'
import type { Call, Reply } from './server/calls.ts'
import type { AzureState, ClusterRecord, Operation, PoolRecord } from './state.ts'

/** Where a client is told to ask: Azure-AsyncOperation with Location, Location alone, nowhere. */
export type HeaderMode = 'azureAsync' | 'location' | 'none'

export interface Lro {
  headers(mode: HeaderMode): void
  readonly mode: () => HeaderMode
  /** Operations that are under way, for tests that wait for none. */
  readonly running: () => readonly Operation[]
}

export const createLro = (state: AzureState, first: HeaderMode): Lro => {
  let mode = first
  return {
    headers: (next) => {
      mode = next
    },
    mode: () => mode,
    running: () => [...state.operations.values()].filter((each) => each.status === 'InProgress'),
  }
}

/** The status address has its own, older version (official example of the node image upgrade). */
export const STATUS_VERSION = '2018-07-31'

const MINUTE_MS = 60_000

export interface Begin {
  readonly request: string
  readonly cluster: ClusterRecord | null
  readonly pool?: PoolRecord | null
  readonly word: string
  readonly minutes: number
  readonly finish: () => void
  readonly result?: () => unknown
  /** Why it must fail, found before it began: quota, capacity. */
  readonly ending?: Ending | null
}

export const begin = (state: AzureState, of: Begin): Operation => {
  const now = state.clock.now()
  const operation: Operation = {
    id: state.nextId(),
    request: of.request,
    cluster: of.cluster,
    pool: of.pool ?? null,
    word: of.word,
    startedAtMs: now,
    doneAtMs: now + of.minutes * MINUTE_MS,
    ending: state.faults.takeEnding(of.request) ?? of.ending ?? null,
    finish: of.finish,
    result: of.result ?? (() => undefined),
    status: 'InProgress',
    error: null,
    endedAtMs: null,
    rested: false,
  }
  state.operations.set(operation.id, operation)
  mark(operation, of.word)
  return operation
}

/** What time has done since the last look. */
export const settle = (state: AzureState): void => {
  const now = state.clock.now()
  for (const operation of state.operations.values())
    if (!operation.rested && operation.doneAtMs <= now && operation.ending?.kind !== 'hangs') rest(operation, now)
}

const rest = (operation: Operation, now: number): void => {
  const { ending } = operation
  operation.rested = true
  if (ending?.kind === 'failed' || ending?.kind === 'canceled') {
    operation.status = ending.kind === 'failed' ? 'Failed' : 'Canceled'
    operation.error = ending.error ?? null
    mark(operation, operation.status)
  } else {
    if (ending?.kind !== 'stuck') operation.status = 'Succeeded'
    mark(operation, 'Succeeded')
    operation.finish()
  }
  if (operation.status !== 'InProgress') operation.endedAtMs = now
}

/** Ends what is under way because something else took its place. */
export const cancel = (operation: Operation, now: number, error: Operation['error'] = null): void => {
  operation.rested = true
  operation.status = 'Canceled'
  operation.endedAtMs = now
  operation.error = error
  mark(operation, 'Canceled')
}

const mark = ({ cluster, pool }: Operation, provisioningState: string): void => {
  if (pool !== null) pool.props = { ...pool.props, provisioningState }
  else if (cluster !== null) cluster.props = { ...cluster.props, provisioningState }
}

export const underWay = (state: AzureState, cluster: ClusterRecord): Operation | undefined =>
  [...state.operations.values()].find((each) => each.cluster === cluster && !each.rested)

/** One operation of a cluster at a time (bodies observed in Azure/AKS issues; see the error set). */
export const checkFree = (state: AzureState, cluster: ClusterRecord): void => {
  const busy = underWay(state, cluster)
  if (busy === undefined || !state.rules.holds('oneOperation')) return
  const words =
    busy.pool === null
      ? `Another operation (${busy.word}) is in progress, please wait for it to finish before starting a new operation.`
      : `Another agentpool operation (${busy.pool.name} - ${busy.word}) is in progress, please wait for it to finish before starting a new operation.`
  throw fault(409, ['OperationNotAllowed', `Operation is not allowed: ${words}`])
}

export interface Accepted {
  readonly mode: HeaderMode
  readonly origin: string
  readonly retryAfterSeconds: number | null
  readonly subscription: string
}

export const headersOf = (at: Accepted, operation: Operation, call: Call): Reply['headers'] => {
  const retry = at.retryAfterSeconds === null ? {} : { 'retry-after': String(at.retryAfterSeconds) }
  const where = `${at.origin}/subscriptions/${at.subscription}/providers/Microsoft.ContainerService/locations/${operation.cluster?.location ?? 'westeurope'}`
  const location = `${where}/operationresults/${operation.id}?api-version=${STATUS_VERSION}`
  if (at.mode === 'none') return {}
  if (at.mode === 'location') return { location, ...retry }
  const status = `${where}/operations/${operation.id}?api-version=${STATUS_VERSION}`
  // A PUT has no Location in the specification, all others have both.
  return { 'azure-asyncoperation': status, ...(call.operation.method === 'PUT' ? {} : { location }), ...retry }
}

/** What the status address answers. */
export const statusReply = (state: AzureState, call: Call, retryAfterSeconds: number | null): Reply => {
  const operation = found(state, call)
  const retry = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) }
  return {
    status: 200,
    headers: operation.status === 'InProgress' ? retry : {},
    body: {
      name: operation.id,
      status: operation.status,
      startTime: new Date(operation.startedAtMs).toISOString(),
      ...(operation.endedAtMs === null ? {} : { endTime: new Date(operation.endedAtMs).toISOString() }),
      ...(operation.error === null ? {} : { error: operation.error }),
    },
  }
}

/** What the Location answers: 202 while it runs, then what was asked for, or the error. */
export const resultReply = (state: AzureState, call: Call, at: Accepted): Reply => {
  const operation = found(state, call)
  if (operation.status === 'InProgress') return { status: 202, headers: headersOf(at, operation, call) ?? {} }
  if (operation.status !== 'Succeeded') {
    const error = operation.error ?? { code: 'OperationCanceled', message: 'The operation was canceled.' }
    throw fault(409, [error.code, error.message], { details: error.details ?? [] })
  }
  const body = operation.result()
  return body === undefined ? { status: 204 } : { status: 200, body }
}

const found = (state: AzureState, { at }: Call): Operation => {
  const operation = state.operations.get(at.operation ?? '')
  if (operation !== undefined && operation.ending?.kind !== 'statusLost') return operation
  throw fault(404, ['ResourceNotFound', `The entity was not found.`], { wrapped: true })
}
