// Files of the proxy in its state folder: the table in force, so that a killed proxy comes back with it; who runs it.
import { readFileSync } from 'node:fs'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identityOf, isAlive, type ProcessIdentity } from '../drivers/process/proc.ts'
import type { ProxyTable } from './types.ts'

export interface Snapshot {
  readonly table: ProxyTable
  /** Picked ports by key: kept over restarts. */
  readonly ports: Readonly<Record<string, number>>
}

export const EMPTY: Snapshot = { table: { entries: [] }, ports: {} }

const snapshotFile = (stateDir: string): string => join(stateDir, 'table.json')
const ownerFile = (stateDir: string, role: 'proxy' | 'supervisor'): string => join(stateDir, role)
export const logPath = (stateDir: string): string => join(stateDir, 'proxy.log')

export const makeStateFolder = async (stateDir: string): Promise<void> => {
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  await chmod(stateDir, 0o700)
}

/** One that is unreadable counts as empty: the daemon pushes its table anyway. */
export const readSnapshot = (stateDir: string): Snapshot => {
  try {
    return JSON.parse(readFileSync(snapshotFile(stateDir), 'utf8')) as Snapshot
  } catch {
    return EMPTY
  }
}

export const writeSnapshot = async (stateDir: string, snapshot: Snapshot): Promise<void> => {
  const path = snapshotFile(stateDir)
  await writeFile(`${path}.new`, JSON.stringify(snapshot), { mode: 0o600 })
  await rename(`${path}.new`, path)
}

export const removeSnapshot = (stateDir: string): Promise<void> => rm(snapshotFile(stateDir), { force: true })

/** 'pid startTicks bootId'; null: there is none, or it is not written whole. */
export const readOwner = (stateDir: string, role: 'proxy' | 'supervisor'): ProcessIdentity | null => {
  try {
    const [pid, startTicks, bootId] = readFileSync(ownerFile(stateDir, role), 'latin1').trim().split(' ')
    return bootId === undefined ? null : { pid: Number(pid), startTicks: startTicks ?? '', bootId }
  } catch {
    return null
  }
}

/** false: another one lives. The file is made exclusively, so of two that start at once one wins. */
export const claimProxy = async (stateDir: string, bootId: string): Promise<boolean> => {
  const own = identityOf(process.pid, bootId)
  const text = `${process.pid} ${own?.startTicks ?? '0'} ${bootId}\n`
  for (let round = 0; round < 2; round += 1) {
    try {
      await writeFile(ownerFile(stateDir, 'proxy'), text, { mode: 0o600, flag: 'wx' })
      return true
    } catch {
      const other = readOwner(stateDir, 'proxy')
      if (other !== null && isAlive(other, bootId)) return false
      await rm(ownerFile(stateDir, 'proxy'), { force: true })
    }
  }
  return false
}

export const releaseProxy = async (stateDir: string): Promise<void> => {
  if (readOwner(stateDir, 'proxy')?.pid === process.pid) await rm(ownerFile(stateDir, 'proxy'), { force: true })
}

/** Relative to the state folder, where the proxy stands: paths of unix sockets must be short. */
export const SOCKET = 'control.sock'
const MAX_SOCKET_PATH = 100

export const connectPath = (stateDir: string, pid: number): string => {
  const path = join(stateDir, SOCKET)
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : `/proc/${pid}/cwd/${SOCKET}`
}
