// The folder of an allocation: what was to be run, who runs it, how it ended. Disk is the truth; the daemon may die at any
// moment. Files hold revealed secrets: 0600 (0400 for the workload's own) in 0700 folders, never logged.
//   allocs/ID/spec.json   what to run            allocs/ID/claim   a shim took it
//   allocs/ID/pids        shim and process       exits/ID          exit code, or 'unknown'
//   allocs/ID/logs/       stdout, stderr         allocs/ID/files/  configs and secrets
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { constants as osConstants } from 'node:os'
import { dirname, join } from 'node:path'
import type { AllocSpec } from '../../daemon/driver.ts'
import type { Launch } from './launch.ts'
import type { ProcessIdentity } from './proc.ts'

/** What is kept of an AllocSpec: enough to start, stop, run inside and report, also by a later daemon. */
export interface AllocRecord {
  readonly id: string
  readonly owner: string
  readonly app: string
  readonly target: string
  readonly service: string
  readonly slot: number
  readonly launch: Launch
  readonly ports: AllocSpec['ports']
  readonly limits: AllocSpec['container']['limits']
}

export interface Pids {
  readonly shim: ProcessIdentity
  readonly main: ProcessIdentity
  readonly startedAtMs: number
}

export interface Exit {
  /** null: unknown. */
  readonly code: number | null
  readonly signal: string | null
  readonly atMs: number
}

export const allocsFolder = (stateDir: string): string => join(stateDir, 'allocs')
export const exitsFolder = (stateDir: string): string => join(stateDir, 'exits')
export const allocFolder = (stateDir: string, id: string): string => join(stateDir, 'allocs', id)
export const exitFile = (stateDir: string, id: string): string => join(stateDir, 'exits', id)
export const logFile = (stateDir: string, id: string, stream: 'stdout' | 'stderr'): string =>
  join(stateDir, 'allocs', id, 'logs', stream)
export const volumesFolder = (stateDir: string): string => join(stateDir, 'volumes')

export const makeFolders = async (stateDir: string): Promise<void> => {
  for (const folder of [stateDir, allocsFolder(stateDir), exitsFolder(stateDir), volumesFolder(stateDir)])
    await mkdir(folder, { recursive: true, mode: 0o700 })
}

export const isAllocId = (id: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(id)

export const listAllocIds = (stateDir: string): readonly string[] => {
  try {
    return readdirSync(allocsFolder(stateDir)).filter(isAllocId)
  } catch {
    return []
  }
}

export const readRecord = (stateDir: string, id: string): AllocRecord | null => {
  try {
    return JSON.parse(readFileSync(join(allocFolder(stateDir, id), 'spec.json'), 'utf8')) as AllocRecord
  } catch {
    return null
  }
}

const SPEC_WORDS = 5

/** null while there is none or it is only half written. */
export const readPids = (stateDir: string, id: string): Pids | null => {
  try {
    const path = join(allocFolder(stateDir, id), 'pids')
    const text = readFileSync(path, 'latin1')
    const words = text.trim().split(' ')
    const [shim, shimTicks, main, mainTicks, bootId] = words
    if (!text.endsWith('\n') || words.length !== SPEC_WORDS || bootId === undefined) return null
    return {
      shim: { pid: Number(shim), startTicks: shimTicks ?? '', bootId },
      main: { pid: Number(main), startTicks: mainTicks ?? '', bootId },
      startedAtMs: statSync(path).mtimeMs,
    }
  } catch {
    return null
  }
}

export const isClaimed = (stateDir: string, id: string): boolean => existsSync(join(allocFolder(stateDir, id), 'claim'))

const SIGNAL_BASE = 128

/** sh reports death by signal N as 128 + N; a program that exits so by itself cannot be told apart. */
export const parseExit = (text: string, atMs: number): Exit => {
  if (!/^\d+$/.test(text.trim())) return { code: null, signal: null, atMs }
  const code = Number(text)
  const signal = Object.entries(osConstants.signals).find(([, number]) => number === code - SIGNAL_BASE)?.[0] ?? null
  return { code, signal, atMs }
}

export const readExit = (stateDir: string, id: string): Exit | null => {
  try {
    const path = exitFile(stateDir, id)
    return parseExit(readFileSync(path, 'latin1'), statSync(path).mtimeMs)
  } catch {
    return null
  }
}

/** The shim died before it could write: the end is recorded once, as unknown. */
export const writeUnknownExit = async (stateDir: string, id: string): Promise<void> => {
  await writeFile(exitFile(stateDir, id), 'unknown\n', { mode: 0o600, flag: 'wx' }).catch(() => {})
}

const writeWorkloadFiles = async (spec: AllocSpec, launch: Launch): Promise<void> => {
  for (const file of spec.container.files) {
    const path = launch.files.find((entry) => entry.target === file.target)?.source
    if (path === undefined) continue
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, file.content, { mode: 0o400 })
    if (file.mode !== null) await chmod(path, 0o400 | (file.mode & 0o500))
  }
}

/** The folder appears whole or not at all: it is made beside and renamed. `launch` must name paths of the final folder. */
export const writeRecord = async (stateDir: string, spec: AllocSpec, record: AllocRecord): Promise<void> => {
  const folder = allocFolder(stateDir, spec.id)
  const draft = join(allocsFolder(stateDir), `.new-${spec.id}`)
  await rm(draft, { recursive: true, force: true })
  await mkdir(join(draft, 'logs'), { recursive: true, mode: 0o700 })
  const moved = {
    ...record.launch,
    files: record.launch.files.map((file) => ({ ...file, source: file.source.replace(folder, draft) })),
  }
  await writeWorkloadFiles(spec, moved)
  for (const [index, mount] of spec.container.mounts.entries()) {
    if (mount.kind === 'anonymous' || mount.kind === 'tmpfs')
      await mkdir(join(draft, mount.kind, String(index)), { recursive: true, mode: 0o700 })
  }
  await writeFile(join(draft, 'spec.json'), JSON.stringify(record), { mode: 0o600 })
  await rename(draft, folder)
}

export const removeRecord = async (stateDir: string, id: string): Promise<void> => {
  await rm(allocFolder(stateDir, id), { recursive: true, force: true })
  await rm(exitFile(stateDir, id), { force: true })
  await rm(`${exitFile(stateDir, id)}.new`, { force: true })
}
