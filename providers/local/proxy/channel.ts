// The proxy's control socket: one JSON object a line, question and answer by id. Both ends are ours and of one user
// (0600 socket in a 0700 folder), so shapes are trusted; a line that is no JSON ends the connection.
import type { Socket } from 'node:net'
import type { ProxyReport, ProxyTable } from './types.ts'

export const PROTOCOL = 1

export type Question =
  | { readonly op: 'hello' }
  | { readonly op: 'apply'; readonly table: ProxyTable }
  | { readonly op: 'report' }
  | { readonly op: 'connections'; readonly backend: string }
  | { readonly op: 'drained'; readonly backend: string; readonly deadlineMs: number }
  | { readonly op: 'stop' }

export type Answer =
  | { readonly op: 'hello'; readonly protocol: number; readonly pid: number }
  | { readonly op: 'report'; readonly report: ProxyReport }
  | { readonly op: 'connections'; readonly count: number }
  | { readonly op: 'drained'; readonly drained: boolean }
  | { readonly op: 'stop' }
  | { readonly op: 'failed'; readonly message: string }

export interface Numbered<T> {
  readonly id: number
  readonly body: T
}

const MAX_LINE_CHARS = 64 * 1024 * 1024

export const sendLine = <T>(socket: Socket, line: Numbered<T>): void => {
  socket.write(`${JSON.stringify(line)}\n`)
}

/** Calls back for each whole line. */
export const readJsonLines = <T>(socket: Socket, onLine: (line: Numbered<T>) => void): void => {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_CHARS) {
      socket.destroy()
      return
    }
    try {
      for (const line of lines) onLine(JSON.parse(line) as Numbered<T>)
    } catch {
      socket.destroy()
    }
  })
}
