// The daemon's hand on the proxy process: starts it on demand, adopts a running one, pushes the table, and pushes it again
// when the proxy was started anew.
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isStormportError, StormportError } from '../../../core/errors.ts'
import { isAlive, readBootId, sendSignal } from '../drivers/process/proc.ts'
import { PROTOCOL, type Question } from './channel.ts'
import { connectProxy, type ProxyClient } from './client.ts'
import { connectPath, logPath, makeStateFolder, readOwner } from './state.ts'
import { startSupervisor } from './supervisor.ts'
import type { ProxyControl, ProxyControlOptions, ProxyReport, ProxyTable } from './types.ts'

export type { ProxyBackend, ProxyControl, ProxyControlOptions, ProxyEntry, ProxyReport, ProxyTable } from './types.ts'

const START_DEADLINE_MS = 10_000
const STOP_DEADLINE_MS = 5000
const LOOK_MS = 10
const ASKS = 3
const NOTHING: ProxyReport = { ports: {}, errors: {} }

interface ControlState {
  readonly options: ProxyControlOptions
  readonly bootId: string
  client: ProxyClient | null
  /** Only one start at a time. */
  starting: Promise<ProxyClient> | null
  /** The last table that was asked for; pushed again to a proxy that came back. */
  table: ProxyTable | null
  work: Promise<unknown>
  closed: boolean
}

const runs = (state: ControlState, role: 'proxy' | 'supervisor'): boolean => {
  const owner = readOwner(state.options.stateDir, role)
  return owner !== null && isAlive(owner, state.bootId)
}

const tryConnect = async (state: ControlState): Promise<ProxyClient | null> => {
  if (state.client?.open === true) return state.client
  const owner = readOwner(state.options.stateDir, 'proxy')
  return owner === null || !isAlive(owner, state.bootId)
    ? null
    : connectProxy(connectPath(state.options.stateDir, owner.pid))
}

const lastLog = (stateDir: string): string => {
  try {
    return readFileSync(logPath(stateDir), 'utf8').trim().split('\n').slice(-3).join(' ')
  } catch {
    return ''
  }
}

const start = async (state: ControlState): Promise<ProxyClient> => {
  const { stateDir, command } = state.options
  await makeStateFolder(stateDir)
  const deadline = Date.now() + (state.options.startDeadlineMs ?? START_DEADLINE_MS)
  let launched = false
  while (Date.now() < deadline) {
    if (state.closed) throw new StormportError('Aborted', 'the daemon left the proxy')
    const client = await tryConnect(state)
    if (client !== null) return client
    // A living supervisor brings its proxy back by itself.
    if (!launched && !runs(state, 'supervisor') && !runs(state, 'proxy')) {
      await startSupervisor(stateDir, command)
      launched = true
    }
    await delay(LOOK_MS)
  }
  throw new StormportError('Internal', `the proxy does not start: ${lastLog(stateDir)}`, {
    hint: `look at ${logPath(stateDir)}`,
  })
}

/** After the proxy was killed: wait for its successor, and give it the table (it may have missed the last one). */
const guard = (state: ControlState, client: ProxyClient): void => {
  client.closed.then(async () => {
    if (state.client === client) state.client = null
    if (state.closed || state.table === null || state.table.entries.length === 0) return
    await inTurn(state, async () => {
      if (state.table !== null && state.table.entries.length > 0)
        await push(state, state.table, new AbortController().signal)
    }).catch(() => {})
  })
}

const connected = async (state: ControlState): Promise<ProxyClient> => {
  if (state.client?.open === true) return state.client
  state.starting ??= start(state).finally(() => {
    state.starting = null
  })
  const client = await state.starting
  if (state.client !== client) {
    state.client = client
    guard(state, client)
  }
  return client
}

const isGone = (error: unknown): boolean => isStormportError(error) && error.code === 'Unreachable'

/** A proxy of another protocol is replaced; its ports are closed for a moment. */
const push = async (state: ControlState, table: ProxyTable, signal: AbortSignal): Promise<ProxyReport> => {
  for (let round = 1; ; round += 1) {
    try {
      const client = await connected(state)
      const hello = await client.ask({ op: 'hello' }, 'hello', signal)
      if (hello.protocol === PROTOCOL) return (await client.ask({ op: 'apply', table }, 'report', signal)).report
      await stopProcess(state)
    } catch (error) {
      // It ended just now, as its table was empty; a new one is started.
      if (!isGone(error) || round >= ASKS) throw error
    }
  }
}

const inTurn = <T>(state: ControlState, step: () => Promise<T>): Promise<T> => {
  const next = state.work.then(step, step)
  state.work = next.catch(() => {})
  return next
}

const apply = (state: ControlState, table: ProxyTable, signal: AbortSignal): Promise<ProxyReport> => {
  state.table = table
  return inTurn(state, async () => {
    signal.throwIfAborted()
    if (table.entries.length === 0 && (await tryConnect(state)) === null && !runs(state, 'supervisor')) return NOTHING
    return push(state, table, signal)
  })
}

/** Asks a running proxy; null when none runs. */
const askRunning = async <T>(state: ControlState, ask: (client: ProxyClient) => Promise<T>): Promise<T | null> => {
  const client = state.client?.open === true ? state.client : await tryConnect(state)
  if (client === null) return null
  try {
    return await ask(client)
  } catch (error) {
    if (isGone(error)) return null
    throw error
  } finally {
    if (client !== state.client) client.close()
  }
}

/** The supervisor first, else it would start another; then ends by question, by TERM, by KILL. */
const stopProcess = async (state: ControlState): Promise<void> => {
  const { stateDir } = state.options
  const stop: Question = { op: 'stop' }
  await askRunning(state, (client) => client.ask(stop, 'stop', AbortSignal.timeout(STOP_DEADLINE_MS))).catch(() => {})
  const deadline = Date.now() + STOP_DEADLINE_MS
  for (let round = 0; runs(state, 'proxy') || runs(state, 'supervisor'); round += 1) {
    const signal = Date.now() > deadline ? 'SIGKILL' : 'SIGTERM'
    for (const role of ['supervisor', 'proxy'] as const) {
      const owner = readOwner(stateDir, role)
      if (owner !== null && isAlive(owner, state.bootId) && (round % 50 === 10 || signal === 'SIGKILL'))
        sendSignal(owner.pid, signal)
    }
    await delay(LOOK_MS)
  }
}

export const createProxyControl = (options: ProxyControlOptions): ProxyControl => {
  const state: ControlState = {
    options,
    bootId: readBootId(),
    client: null,
    starting: null,
    table: null,
    work: Promise.resolve(),
    closed: false,
  }
  return {
    apply: (table, signal) => apply(state, table, signal),
    connections: async (backend, signal) =>
      (await askRunning(state, (client) => client.ask({ op: 'connections', backend }, 'connections', signal)))?.count ??
      0,
    report: async (signal) =>
      (await askRunning(state, (client) => client.ask({ op: 'report' }, 'report', signal)))?.report ?? null,
    drained: async (backend, deadlineMs, signal) =>
      (await askRunning(state, (client) => client.ask({ op: 'drained', backend, deadlineMs }, 'drained', signal)))
        ?.drained ?? true,
    close: async () => {
      state.closed = true
      state.client?.close()
      state.client = null
    },
    stop: () => {
      state.table = { entries: [] }
      return inTurn(state, () => stopProcess(state))
    },
  }
}
