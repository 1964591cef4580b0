// A state folder that cannot be written is the machine's fault, not ours: told in words, with the exit code of DESIGN
// section 9, wherever a file or the store is written.
import { isStormportError, StormportError } from '../../core/errors.ts'

const SQLITE_FULL = 13
const SQLITE_READONLY = 8

/** For whatever wrote into the folder. The error itself when it is about something else. */
export const orStateFault = (error: unknown): unknown => {
  const code = wordOf(error, 'code')
  return code === 'EROFS' || code === 'EACCES' ? closed(error) : orStoreFault(error)
}

/** For work that touches other files too: a right that is missing there says nothing about the folder. */
export const orStoreFault = (error: unknown): unknown => {
  if (isStormportError(error)) return error
  const code = wordOf(error, 'code')
  const sqlite = wordOf(error, 'errcode')
  if (code === 'ENOSPC' || code === 'EDQUOT' || sqlite === SQLITE_FULL) return full(error)
  return sqlite === SQLITE_READONLY ? closed(error) : error
}

const wordOf = (error: unknown, key: string): unknown =>
  error instanceof Error ? Object.entries(error).find(([name]) => name === key)?.[1] : undefined

const full = (cause: unknown): StormportError =>
  new StormportError('Unhealthy', "the disk of Stormport's state folder is full; what runs stays up", {
    diagnostic: 'SP4006',
    source: 'user',
    hint: 'free space there (stormport doctor names the folder), then run the command again',
    cause,
  })

const closed = (cause: unknown): StormportError =>
  new StormportError('Forbidden', "Stormport's state folder cannot be written", {
    diagnostic: 'SP4007',
    source: 'user',
    hint: 'give this user the right to write there, or choose another folder with STORMPORT_HOME',
    cause,
  })
