// Progress where nothing can be redrawn: one line per state change, and a sign of life every 30 seconds.
import type { Event } from '../../core/model/event.ts'
import { asReplica } from './event-data.ts'
import { oneLine } from './plain-text.ts'
import type { Progress } from './progress-model.ts'
import { took } from './time.ts'

export const HEARTBEAT_MS = 30_000

/** Lines for events: null where an event says nothing new of its subject, or is told at the end. */
export const createPlainLines = (): ((event: Event) => string | null) => {
  const said = new Map<string, string>()
  return (event) => {
    if (!['action', 'replica', 'health', 'wave', 'lock'].includes(event.type)) return null
    const line = `${event.target === undefined ? '' : `${event.target}: `}${oneLine(event.message)}`
    const subject = [event.type, event.target, event.service, asReplica(event.data)?.id].join('\0')
    if (said.get(subject) === line) return null
    said.set(subject, line)
    return line
  }
}

export const heartbeat = (progress: Progress, now: number): string => {
  const waiting = progress.rows
    .filter((row) => row.state !== 'settled')
    .map((row) => `${row.service} ${row.ready}/${row.desired ?? '?'} on ${row.target}`)
  return `still waiting after ${took(now - progress.startedMs)}: ${waiting.length > 0 ? waiting.join(', ') : 'what is surplus has to end'}`
}
