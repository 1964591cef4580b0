// An open port of the proxy. Opening goes through the candidates and says in words why none could be had.
import type { ErrorCode } from '../../../core/errors.ts'
import type { ProxyBackend, ProxyEntry } from './types.ts'

export interface Listener {
  readonly port: number
  /** New backends for what is open and what comes. */
  replace(backends: readonly ProxyBackend[]): void
  connections(backendId: string): number
  sweep(nowMs: number): void
  /** Open client connections. */
  open(): number
  /** Accepts no more; what runs is finished. Resolves when the port is free. */
  close(): Promise<void>
  /** Ends everything now. */
  destroy(): void
}

export interface OpenFailure {
  readonly code: ErrorCode
  readonly message: string
}

export type OpenResult =
  | { readonly kind: 'open'; readonly listener: Listener }
  | { readonly kind: 'failed'; readonly failure: OpenFailure }

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Binds one address; rejects with the system's error. */
export type Bind = (address: ListenAddress) => Promise<Listener>

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

const failureOf = (
  entry: ProxyEntry,
  error: unknown,
  holder: (port: number, protocol: 'tcp' | 'udp') => string | null,
): OpenFailure => {
  const { host, port } = entry.listen
  const code = codeOf(error)
  if (code === 'EADDRINUSE') {
    const by = holder(port, entry.protocol)
    return { code: 'PortTaken', message: `port ${port}/${entry.protocol} is taken${by === null ? '' : ` by ${by}`}` }
  }
  if (code === 'EACCES')
    return { code: 'Forbidden', message: `port ${port}/${entry.protocol} needs a right that this user lacks` }
  if (code === 'EADDRNOTAVAIL') return { code: 'InvalidSpec', message: `${host} is no address of this machine` }
  return {
    code: 'Internal',
    message: `port ${port}/${entry.protocol} cannot be opened: ${error instanceof Error ? error.message : 'unknown'}`,
  }
}

const noSuchFamily = (error: unknown): boolean => ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(codeOf(error))

/** '::' is both families; where the machine has no IPv6 it is the other one. */
const bindHost = async (bind: Bind, address: ListenAddress): Promise<Listener> => {
  try {
    return await bind(address)
  } catch (error) {
    if (address.host !== '::' || !noSuchFamily(error)) throw error
    return bind({ ...address, host: '0.0.0.0' })
  }
}

export const openListener = async (
  entry: ProxyEntry,
  bind: Bind,
  {
    candidates,
    holder,
  }: {
    readonly candidates: readonly number[]
    readonly holder: (port: number, protocol: 'tcp' | 'udp') => string | null
  },
): Promise<OpenResult> => {
  let last: unknown = null
  for (const port of candidates) {
    try {
      return { kind: 'open', listener: await bindHost(bind, { host: entry.listen.host, port }) }
    } catch (error) {
      last = error
      if (codeOf(error) !== 'EADDRINUSE') break
    }
  }
  return { kind: 'failed', failure: failureOf(entry, last, holder) }
}
