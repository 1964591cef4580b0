// Starts the programs of a plane. Each one's id and start time are written into the plane's folder, so that it can be ended
// by id alone, also by a later test process.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Background, startBackground, until } from '../engines/process.ts'

export interface Program {
  readonly pid: number
  exited(): boolean
  lastOutput(): string
  /** Without notice: nothing of a test plane is worth a graceful end. */
  kill(): Promise<void>
}

export interface ProgramOptions {
  readonly folder: string
  readonly name: string
  readonly argv: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
}

export interface ProcessId {
  readonly pid: number
  readonly start: string
}

const GONE_MS = 15_000

export const startProgram = async ({ folder, name, argv, env }: ProgramOptions): Promise<Program> => {
  const background = startBackground({
    argv,
    logFile: join(folder, `${name}.log`),
    env: { PATH: process.env['PATH'], HOME: folder, GOMAXPROCS: '2', ...env },
  })
  await mkdir(join(folder, 'pids'), { recursive: true })
  const id: ProcessId = { pid: background.pid, start: await startOf(background.pid) }
  await writeFile(join(folder, 'pids', name), JSON.stringify(id))
  return {
    pid: background.pid,
    exited: background.exited,
    lastOutput: background.lastOutput,
    kill: () => kill(background),
  }
}

/** Resolves when the program answers; rejects with the end of its log when it ended or the time is over. */
export const awaitReady = async (program: Program, name: string, answers: () => Promise<boolean>): Promise<void> => {
  const ready = await until(async () => program.exited() || (await answers()), READY_MS)
  if (!ready || program.exited()) throw new Error(`${name} did not start: ${program.lastOutput()}`)
}

const READY_MS = 120_000

export const recordedProcesses = async (folder: string): Promise<readonly ProcessId[]> => {
  const names = await readdir(join(folder, 'pids')).catch(() => [])
  const texts = await Promise.all(names.map((name) => readFile(join(folder, 'pids', name), 'utf8').catch(() => '')))
  return texts.filter((text) => text.startsWith('{')).map((text) => JSON.parse(text) as ProcessId)
}

export const lives = async (id: ProcessId): Promise<boolean> => id.start !== '' && (await startOf(id.pid)) === id.start

/** The start time tells a process from a later one with the same id; '' when there is none. */
export const startOf = async (pid: number): Promise<string> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? '' : (fields[19] ?? '')
}

const kill = async (background: Background): Promise<void> => {
  if (background.exited()) return
  process.kill(background.pid, 'SIGKILL')
  await until(background.exited, GONE_MS)
}
