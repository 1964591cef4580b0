// Finds or starts the daemon once and keeps the connection for every following request of this command.
import { existsSync } from 'node:fs'
import type { Connection, StreamHandle } from './connection.ts'
import { type ControlOptions, createDaemonControl } from './control.ts'
import { localPaths } from './paths.ts'
import type { CallName, Calls, StreamName, Streams } from './protocol.ts'

export interface LocalClient {
  /** Starts a daemon where none answers. */
  call<M extends CallName>(method: M, params: Calls[M]['params'], signal: AbortSignal): Promise<Calls[M]['result']>
  stream<M extends StreamName>(
    method: M,
    params: Streams[M]['params'],
    signal: AbortSignal,
  ): Promise<StreamHandle<Streams[M]['item']>>
  /** True when there is nothing that a daemon could tell: none runs and no app has left state. */
  idle(signal: AbortSignal): Promise<boolean>
  /** A connection to a daemon that runs already; null where none does. */
  running(signal: AbortSignal): Promise<Connection | null>
  close(): Promise<void>
}

export const createLocalClient = (options: ControlOptions): LocalClient => {
  const paths = localPaths(options.home)
  const control = createDaemonControl(options)
  let held: Promise<Connection> | null = null

  const running = async (signal: AbortSignal): Promise<Connection | null> => {
    const current = await held?.catch(() => null)
    if (current?.open()) return current
    const found = await control.find(signal)
    if (found !== null) held = Promise.resolve(found)
    return found
  }
  const connect = async (signal: AbortSignal): Promise<Connection> => {
    const current = await held?.catch(() => null)
    if (current?.open()) return current
    held = control.ensure(signal)
    return held
  }
  return {
    running,
    call: async (method, params, signal) => (await connect(signal)).call(method, params, signal),
    stream: async (method, params, signal) => (await connect(signal)).stream(method, params, signal),
    idle: async (signal) => !existsSync(paths.active) && (await running(signal)) === null,
    close: async () => {
      const current = await held?.catch(() => null)
      held = null
      current?.close()
      await current?.closed
    },
  }
}
