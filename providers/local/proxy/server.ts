// The proxy process behind its control socket: takes tables, keeps the last one on disk, ends when it has nothing to do.
import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Answer, type Numbered, PROTOCOL, type Question, readJsonLines, sendLine } from './channel.ts'
import { readOwner, readSnapshot, removeSnapshot, SOCKET, writeSnapshot } from './state.ts'
import { createSwitchboard, type Switchboard } from './switchboard.ts'
import type { ProxyReport, ProxyTable } from './types.ts'

export interface ProxyServerOptions {
  readonly stateDir: string
  readonly holdMs: number
  /** After the last entry is gone open connections get this long. */
  readonly lingerMs: number
}

export interface ProxyServer {
  /** Resolves when there is nothing left to do. */
  readonly done: Promise<void>
  stop(): void
}

const SWEEP_MS = 1000
const LOOK_MS = 20
/** Time for the daemon to think again before a proxy without work leaves. */
const EMPTY_MS = 100

interface ServerState {
  readonly options: ProxyServerOptions
  readonly board: Switchboard
  table: ProxyTable
  /** Tables are applied one after another. */
  work: Promise<unknown>
  emptySinceMs: number | null
  readonly end: () => void
}

const isEmpty = (table: ProxyTable): boolean => table.entries.length === 0

const applyTable = async (state: ServerState, table: ProxyTable): Promise<ProxyReport> => {
  const { stateDir } = state.options
  const kept = { ...readSnapshot(stateDir).ports, ...state.board.report().ports }
  const report = await state.board.apply(table, kept)
  state.table = table
  state.emptySinceMs = isEmpty(table) ? Date.now() : null
  if (isEmpty(table)) setTimeout(() => sweep(state), EMPTY_MS)
  // A picked port that cannot be had for the moment stays the entry's own.
  const keys = new Set(table.entries.map(({ key }) => key))
  const ports = Object.fromEntries(Object.entries({ ...kept, ...report.ports }).filter(([key]) => keys.has(key)))
  await (isEmpty(table) ? removeSnapshot(stateDir) : writeSnapshot(stateDir, { table, ports }))
  return report
}

const inTurn = <T>(state: ServerState, step: () => Promise<T>): Promise<T> => {
  const next = state.work.then(step, step)
  state.work = next.catch(() => {})
  return next
}

/** Looks often, and only while somebody waits for a drain. */
const awaitDrained = async (state: ServerState, backend: string, deadlineMs: number): Promise<boolean> => {
  const until = Date.now() + deadlineMs
  while (state.board.connections(backend) > 0) {
    if (Date.now() >= until) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return true
}

const answerTo = async (state: ServerState, question: Question): Promise<Answer> => {
  switch (question.op) {
    case 'hello':
      return { op: 'hello', protocol: PROTOCOL, pid: process.pid }
    case 'apply':
      return { op: 'report', report: await inTurn(state, () => applyTable(state, question.table)) }
    case 'report':
      return { op: 'report', report: await inTurn(state, async () => state.board.report()) }
    case 'connections':
      return { op: 'connections', count: state.board.connections(question.backend) }
    case 'drained':
      return { op: 'drained', drained: await awaitDrained(state, question.backend, question.deadlineMs) }
    case 'stop':
      await removeSnapshot(state.options.stateDir)
      return { op: 'stop' }
  }
}

const serve = (state: ServerState, socket: Socket): void => {
  socket.on('error', () => {})
  readJsonLines<Question>(socket, ({ id, body }: Numbered<Question>) => {
    answerTo(state, body).then(
      (answer) => {
        sendLine<Answer>(socket, { id, body: answer })
        if (answer.op === 'stop') socket.end(() => state.end())
      },
      (error: unknown) =>
        sendLine<Answer>(socket, {
          id,
          body: { op: 'failed', message: error instanceof Error ? error.message : 'unknown' },
        }),
    )
  })
}

const sweep = (state: ServerState): void => {
  const nowMs = Date.now()
  state.board.sweep(nowMs)
  // The state folder was deleted, or another proxy took it over: nobody could ever stop this one.
  if (readOwner(state.options.stateDir, 'proxy')?.pid !== process.pid) state.end()
  if (state.emptySinceMs === null) return
  if (state.board.open() === 0 || nowMs - state.emptySinceMs > state.options.lingerMs) state.end()
}

/** Never had a table: its supervisor came late, after all was stopped, and nobody would ever stop it. */
const endUnused = (state: ServerState): void => {
  if (state.emptySinceMs === null && isEmpty(state.table)) state.end()
}

const listen = async (server: Server, stateDir: string): Promise<void> => {
  await rm(join(stateDir, SOCKET), { force: true })
  const before = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(SOCKET, () => resolve())
    })
  } finally {
    process.umask(before)
  }
}

/** The process stands in the state folder; the ports of the last table open before the control socket does. */
export const startProxyServer = async (options: ProxyServerOptions): Promise<ProxyServer> => {
  const { promise: done, resolve: end } = Promise.withResolvers<void>()
  const state: ServerState = {
    options,
    board: createSwitchboard({ holdMs: options.holdMs }),
    table: { entries: [] },
    work: Promise.resolve(),
    emptySinceMs: null,
    end,
  }
  const last = readSnapshot(options.stateDir)
  if (!isEmpty(last.table)) await applyTable(state, last.table)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)))
    serve(state, socket)
  })
  await listen(server, options.stateDir)
  const timer = setInterval(() => sweep(state), SWEEP_MS)
  const unused = setTimeout(() => endUnused(state), options.lingerMs)
  return {
    done: done.then(async () => {
      clearInterval(timer)
      clearTimeout(unused)
      // Nobody can ask any more before the ports close: a daemon that meets a closed socket starts a new proxy.
      server.close()
      for (const socket of sockets) socket.destroy()
      await rm(join(options.stateDir, SOCKET), { force: true })
      state.board.destroy()
    }),
    stop: end,
  }
}
