// What the daemon and the proxy process say to each other. The proxy decides nothing: it listens where the table says and
// spreads connections over the backends that the table calls ready. It outlives the daemon and keeps the last table.
import type { ErrorCode } from '../../../core/errors.ts'

export interface ProxyBackend {
  /** Unique in the table; the allocation id, or '<alloc>/<containerPort>' where one allocation serves several entries. */
  readonly id: string
  readonly host: string
  readonly port: number
  /** Gets no new connections and no further HTTP/1 exchange; what runs is finished. */
  readonly draining: boolean
}

export interface ProxyEntry {
  /** Stable for the port's life, such as '<target>/<app>/<service>/<containerPort>/tcp': a picked port is kept by it. */
  readonly key: string
  /** host: '0.0.0.0', '::' (both families where the machine has them) or one address. port 0: the proxy picks and keeps one. */
  readonly listen: { readonly host: string; readonly port: number }
  readonly protocol: 'tcp' | 'udp'
  /** 'tcp' forbids looking for HTTP/1 in the stream; default: the first bytes tell. */
  readonly appProtocol?: 'http' | 'tcp'
  /** Empty: connections are held for some seconds (a replica may be about to come), then refused. */
  readonly backends: readonly ProxyBackend[]
}

/** The whole table, each time: what is not in it is closed. */
export interface ProxyTable {
  readonly entries: readonly ProxyEntry[]
}

/** By entry key. An entry with an error does not listen; the others do. 'PortTaken' names the port and, if known, the holder. */
export interface ProxyReport {
  readonly ports: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, { readonly code: ErrorCode; readonly message: string }>>
}

export interface ProxyControlOptions {
  /** 0700 folder of the proxy: socket, snapshot (0600), pid file. Made when it is not there. */
  readonly stateDir: string
  /** How to run proxy-main: [node, file]. The state folder is appended as the last word. */
  readonly command: readonly string[]
  /** How long a start may take; default 10 s. */
  readonly startDeadlineMs?: number
}

export interface ProxyControl {
  /** Starts the process on demand; an empty table lets it end (and starts none). Serialised; the last call wins. */
  apply(table: ProxyTable, signal: AbortSignal): Promise<ProxyReport>
  /** Open connections of a backend, also of one that is no longer in the table; 0 when no proxy runs. */
  connections(backendId: string, signal: AbortSignal): Promise<number>
  /** What the running proxy listens on; null when none runs. Starts nothing. */
  report(signal: AbortSignal): Promise<ProxyReport | null>
  /** Resolves when the backend has no connection left, or after the deadline: true = drained. */
  drained(backendId: string, deadlineMs: number, signal: AbortSignal): Promise<boolean>
  /** The daemon leaves; the proxy goes on. */
  close(): Promise<void>
  /** Ends the proxy process and its shim; resolves when both are gone. */
  stop(signal: AbortSignal): Promise<void>
}
