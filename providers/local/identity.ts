// The daemon's name for life: made once by whoever asks first, the same for every daemon process of this state folder.
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import type { LocalPaths } from './paths.ts'
import { orStateFault } from './state-fault.ts'

export const daemonIdentity = (paths: LocalPaths): string => {
  const found = readIdentity(paths)
  if (found !== null) return found
  const mine = `${paths.daemonId}.${process.pid}`
  try {
    mkdirSync(paths.home, { recursive: true, mode: 0o700 })
    writeFileSync(mine, randomBytes(8).toString('hex'), { mode: 0o600 })
  } catch (error) {
    throw orStateFault(error)
  }
  try {
    // Linking is exclusive: of two commands that start at once, one name wins and both read it.
    linkSync(mine, paths.daemonId)
  } catch {
    // Somebody else's name is there; it is read below.
  } finally {
    unlinkSync(mine)
  }
  return readIdentity(paths) ?? ''
}

const readIdentity = (paths: LocalPaths): string | null => {
  try {
    return readFileSync(paths.daemonId, 'utf8').trim() || null
  } catch {
    return null
  }
}
