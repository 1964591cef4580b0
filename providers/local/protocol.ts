// What the client and the daemon say to each other: one JSON object a line over the daemon's unix socket. The first line
// each way is a Hello; its form and the `shutdown` request never change, so that any version can replace an older daemon.
import type { ErrorCode, ErrorDetails } from '../../core/errors.ts'
import { StormportError } from '../../core/errors.ts'
import type { LocalTarget } from '../../core/model/fleet.ts'
import type { NativeObject } from '../../core/model/native-object.ts'
import type { Head, HistoryEntry } from '../../core/model/release.ts'
import type { LogLine, Sample, StateDelta, TargetState } from '../../core/model/replica.ts'
import type { Capacity } from '../../core/model/resources.ts'
import type { TargetEvent } from '../../core/model/target-event.ts'
import type { AppEntry, Check, LeaseHolder } from '../../core/ports.ts'
import { orStoreFault } from './state-fault.ts'

export const PROTOCOL = 2

export interface Hello {
  readonly stormport: 'daemon' | 'client'
  readonly protocol: number
  readonly version: string
}

/** A target as the daemon must know it: with every request, so that a change of stormport.yaml arrives by itself. */
export interface TargetRef {
  readonly name: string
  readonly local: LocalTarget
  readonly here: boolean
  /** Engine of this machine as the command sees it: DOCKER_HOST (never replaced by another), else the default socket. */
  readonly engineHost: string
}

export interface DaemonNode {
  readonly target: string
  readonly name: string
  readonly driver: string
  readonly reachable: boolean
}

export interface DaemonInfo {
  readonly pid: number
  readonly version: string
  readonly socket: string
  readonly startedAt: string
  readonly nodes: readonly DaemonNode[]
}

export interface ApplyParams {
  readonly target: TargetRef
  readonly app: string
  readonly release: number
  /** True for `rollback`: one-shot jobs take their old spec without running. */
  readonly rollback: boolean
  readonly action:
    | { readonly kind: 'put'; readonly object: NativeObject }
    | { readonly kind: 'remove'; readonly id: string }
  /** Reference → value of the secrets in the body that the command knows. */
  readonly values: Readonly<Record<string, string>>
}

interface AppParams {
  readonly target: TargetRef
  readonly app: string
}

/** Requests with one answer. */
export interface Calls {
  readonly info: { readonly params: null; readonly result: DaemonInfo }
  readonly shutdown: { readonly params: { readonly all: boolean } | null; readonly result: null }
  readonly observe: { readonly params: AppParams; readonly result: TargetState }
  readonly capacity: { readonly params: { readonly target: TargetRef }; readonly result: Capacity }
  readonly check: { readonly params: { readonly target: TargetRef }; readonly result: readonly Check[] }
  readonly apply: { readonly params: ApplyParams; readonly result: { readonly changed: boolean } }
  readonly metrics: { readonly params: AppParams; readonly result: readonly Sample[] }
  readonly apps: { readonly params: null; readonly result: readonly AppEntry[] }
  readonly head: { readonly params: AppParams; readonly result: Head | null }
  readonly readRelease: { readonly params: AppParams & { readonly number: number }; readonly result: unknown }
  readonly writeRelease: {
    readonly params: AppParams & { readonly number: number; readonly release: unknown }
    readonly result: null
  }
  readonly setHead: {
    readonly params: AppParams & { readonly head: Head; readonly expectedVersion: number }
    readonly result: null
  }
  readonly removeRecords: { readonly params: AppParams; readonly result: null }
  readonly history: { readonly params: AppParams; readonly result: readonly HistoryEntry[] }
  readonly appendHistory: { readonly params: AppParams & { readonly entry: HistoryEntry }; readonly result: null }
  readonly secretKey: { readonly params: AppParams & { readonly create: boolean }; readonly result: string | null }
  readonly acquireLease: {
    readonly params: {
      readonly target: TargetRef
      readonly name: string
      readonly holder: LeaseHolder
      readonly ttlMs: number
    }
    readonly result: { readonly token: string }
  }
  readonly renewLease: { readonly params: LeaseParams; readonly result: null }
  readonly releaseLease: { readonly params: LeaseParams; readonly result: null }
}

interface LeaseParams {
  readonly target: TargetRef
  readonly name: string
  readonly token: string
}

export interface LogsParams extends AppParams {
  readonly services: readonly string[]
  readonly replicas: readonly string[]
  readonly follow: boolean
  readonly sinceMs: number | null
  readonly tail: number | null
}

export interface EventsParams extends AppParams {
  readonly services: readonly string[]
  readonly follow: boolean
  readonly sinceMs: number | null
}

export interface ExecParams extends AppParams {
  readonly replica: string
  readonly argv: readonly string[]
  readonly tty: { readonly columns: number; readonly rows: number } | null
}

export type ExecItem = { readonly stream: 'stdout' | 'stderr'; readonly data: string } | { readonly exitCode: number }

/** Requests that answer with items until they end or are cancelled. */
export interface Streams {
  readonly watch: { readonly params: AppParams; readonly item: StateDelta }
  readonly logs: { readonly params: LogsParams; readonly item: LogLine }
  readonly events: { readonly params: EventsParams; readonly item: TargetEvent }
  readonly exec: { readonly params: ExecParams; readonly item: ExecItem }
}

export type CallName = keyof Calls
export type StreamName = keyof Streams

export type ToDaemon =
  | { readonly id: number; readonly method: CallName | StreamName; readonly params: unknown }
  | { readonly id: number; readonly cancel: true }
  /** Base64 of what the user types; null ends it. */
  | { readonly id: number; readonly input: string | null }

export type ToClient =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly item: unknown }
  | { readonly id: number; readonly end: true }
  | { readonly id: number; readonly error: WireError }

export interface WireError {
  readonly code: ErrorCode
  readonly message: string
  readonly details: Pick<
    ErrorDetails,
    'diagnostic' | 'source' | 'retry' | 'retryAfterMs' | 'target' | 'service' | 'hint'
  >
  /** With 'Conflict' on a lease: who holds it. */
  readonly holder?: LeaseHolder
}

export const toWire = (thrown: unknown): WireError => {
  const error = orStoreFault(thrown)
  if (!(error instanceof StormportError))
    return {
      code: 'Internal',
      message: error instanceof Error ? error.message : 'unknown fault',
      details: { source: 'internal' },
    }
  const { span: _span, cause, findings: _findings, ...details } = error.details
  return { code: error.code, message: error.message, details, ...(isHolder(cause) ? { holder: cause } : {}) }
}

export const fromWire = (wire: WireError): StormportError =>
  new StormportError(wire.code, wire.message, {
    ...wire.details,
    ...(wire.holder === undefined ? {} : { cause: wire.holder }),
  })

const isHolder = (value: unknown): value is LeaseHolder =>
  typeof value === 'object' && value !== null && 'bootId' in value && 'pid' in value

/** One line may be long (a release), but never endless. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024

/** Cuts a byte stream into lines; a line beyond the bound is a fault of the other side. */
export const lineSplitter = (take: (line: string) => void): ((chunk: Buffer) => void) => {
  let held: Buffer[] = []
  let heldBytes = 0
  return (chunk) => {
    let rest = chunk
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      const line = Buffer.concat([...held, rest.subarray(0, at)]).toString('utf8')
      held = []
      heldBytes = 0
      rest = rest.subarray(at + 1)
      if (line !== '') take(line)
    }
    if (rest.length === 0) return
    heldBytes += rest.length
    if (heldBytes > MAX_LINE_BYTES)
      throw new StormportError('Internal', 'a line of the daemon protocol is too long', { source: 'internal' })
    held.push(rest)
  }
}
