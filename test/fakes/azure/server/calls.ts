// What a request is once it is understood, and what answers it: the contract between the listener and the handlers.
import type { Node } from '../schema/types.ts'

export interface Caller {
  readonly objectId: string
  readonly clientId: string
}

export interface Call {
  /** Values of the address, by the names in the operation's path: group, cluster, pool … */
  readonly at: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Parsed and held against the operation's type; undefined: none was sent. */
  readonly body: unknown
  readonly caller: Caller
  readonly operation: Operation
}

export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Operation {
  /** As the SDK groups it: 'agentPools.createOrUpdate'. */
  readonly name: string
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD'
  /** '/subscriptions/{subscription}/resourceGroups/{group}'; a last '{+scope}' takes any number of segments. */
  readonly path: string
  /** Values of api-version that are served. */
  readonly versions: readonly string[]
  readonly request: Node | null
  readonly reply: Node | null
  readonly handler: (call: Call) => Reply | Promise<Reply>
  /** Throttling bucket; null: not counted. */
  readonly bucket?: string | null
}

export interface JournalEntry {
  /** 'managedClusters.createOrUpdate' */
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly at: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: unknown
  readonly mutating: boolean
  readonly status: number
  /** Error code; null: done. */
  readonly error: string | null
}

const NOT_MUTATING = /^(?:list|get|check|status)/

export const isMutating = ({ name, method }: Operation): boolean =>
  method !== 'GET' && method !== 'HEAD' && !NOT_MUTATING.test(name.split('.')[1] ?? '')
