// Progress where nothing can be redrawn: one line per state change, and a sign of life every 30 seconds.
import type { Event } from '../../core/model/event.ts'
import { oneLine } from './plain-text.ts'
import type { Progress } from './progress-model.ts'
import { took } from './time.ts'

export const HEARTBEAT_MS = 30_000

/** The line that an event is worth; null where it says nothing new or is told at the end. */
export const plainLine = (event: Event, previous: string | null): string | null => {
  if (!['action', 'replica', 'health', 'wave', 'lock'].includes(event.type)) return null
  const where = event.target === undefined ? '' : `${event.target}: `
  const line = `${where}${oneLine(event.message)}`
  return line === previous ? null : line
}

export const heartbeat = (progress: Progress, now: number): string => {
  const waiting = progress.rows
    .filter((row) => row.state !== 'settled')
    .map((row) => `${row.service} ${row.ready}/${row.desired ?? '?'} on ${row.target}`)
  return `still waiting after ${took(now - progress.startedMs)}: ${waiting.length > 0 ? waiting.join(', ') : 'what is surplus has to end'}`
}
