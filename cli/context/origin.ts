// Which project an application belongs to: its git remote and path, so that a clone over another protocol is the same
// project; without a remote a random id, kept under the project root's path in the state folder (DESIGN section 4).
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { orStateFault } from '../../providers/local/state-fault.ts'
import { readRemote } from './git.ts'

export const originOf = async (projectRoot: string, workingDir: string, stateDir: string): Promise<string> => {
  const remote = await readRemote(projectRoot)
  if (remote === null) return keptOrigin(workingDir, stateDir)
  const path = relative(projectRoot, workingDir).split(sep).join('/')
  return path === '' ? withoutCredentials(remote) : `${withoutCredentials(remote)}//${path}`
}

/** 'https://user:token@github.com/acme/shop.git' and 'git@github.com:acme/shop.git' are both 'github.com/acme/shop'. */
export const withoutCredentials = (remote: string): string => {
  const url = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?(.*)$/i.exec(remote)
  const scp = /^(?:[^/@:]*@)?([^/:]+):(?!\/\/)(.*)$/.exec(remote)
  const place = url?.[1] ?? (scp ? `${scp[1]}/${scp[2]?.replace(/^\//, '')}` : remote)
  return place.replace(/\/+$/, '').replace(/\.git$/, '')
}

const keptOrigin = (root: string, stateDir: string): string => {
  const folder = join(stateDir, 'origins')
  const file = join(folder, createHash('sha256').update(root).digest('hex').slice(0, 32))
  return readKept(file) ?? makeKept(folder, file)
}

const makeKept = (folder: string, file: string): string => {
  const id = randomBytes(16).toString('hex')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(file, id, { flag: 'wx', mode: 0o600 })
    return id
  } catch (error) {
    // Another command was quicker: its id counts.
    const kept = readKept(file)
    if (kept === null) throw orStateFault(error)
    return kept
  }
}

const readKept = (file: string): string | null => {
  try {
    const text = readFileSync(file, 'utf8').trim()
    return /^[0-9a-f]{32}$/.test(text) ? text : null
  } catch {
    return null
  }
}
