// The daemon's log: one line an event, on stderr, which is a file with a bound: when it is full it is moved aside once.
import { copyFileSync, fstatSync, ftruncateSync } from 'node:fs'

const MAX_BYTES = 5 * 1024 * 1024
const STDERR = 2

export const boundedLog =
  (path: string): ((message: string) => void) =>
  (message) => {
    if (isFull()) moveAside(path)
    console.error(`${new Date().toISOString()} ${message}`)
  }

/** A terminal (`daemon run`) has no size. */
const isFull = (): boolean => {
  try {
    const stat = fstatSync(STDERR)
    return stat.isFile() && stat.size > MAX_BYTES
  } catch {
    return false
  }
}

/** The file stays the same one, since it is open for appending. */
const moveAside = (path: string): void => {
  try {
    copyFileSync(path, `${path}.1`)
  } finally {
    ftruncateSync(STDERR)
  }
}
