// What /proc says about processes. A pid alone names nothing for long: pid, start ticks and boot id together do.
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** Field 22 of /proc/PID/stat, as text: it may exceed what a number holds exactly. */
  readonly startTicks: string
  readonly bootId: string
}

export interface ProcessStat {
  readonly state: string
  readonly group: number
  readonly startTicks: string
  /** User and system time of the process and of its waited-for children, in clock ticks (1/100 s). */
  readonly cpuTicks: number
  readonly memoryPages: number
}

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}

export const readBootId = (): string => readText('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown'

/** The command's name is in brackets and may hold anything, so fields count from the last bracket. */
export const parseStat = (text: string): ProcessStat | null => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, startTicks] = [fields[0], fields[19]]
  if (state === undefined || startTicks === undefined) return null
  const number = (index: number): number => Number(fields[index] ?? 0)
  return {
    state,
    group: number(2),
    startTicks,
    cpuTicks: number(11) + number(12) + number(13) + number(14),
    memoryPages: number(21),
  }
}

export const readStat = (pid: number): ProcessStat | null => {
  const text = readText(`/proc/${pid}/stat`)
  return text === null ? null : parseStat(text)
}

/** A zombie counts as gone. */
export const isAlive = (identity: ProcessIdentity, bootId: string): boolean => {
  if (identity.bootId !== bootId) return false
  const stat = readStat(identity.pid)
  return stat !== null && stat.startTicks === identity.startTicks && stat.state !== 'Z' && stat.state !== 'X'
}

export const identityOf = (pid: number, bootId: string): ProcessIdentity | null => {
  const stat = readStat(pid)
  return stat === null ? null : { pid, startTicks: stat.startTicks, bootId }
}

export const allPids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** Processes that carry KEY=VALUE in the environment they were started with; those of other users cannot be read. */
export const pidsWithEnvironment = (key: string, value: string): readonly number[] => {
  const wanted = `${key}=${value}`
  return allPids().filter((pid) => readText(`/proc/${pid}/environ`)?.split('\0').includes(wanted) ?? false)
}

/** True when it was delivered; false when there is no such process. */
export const sendSignal = (pid: number, signal: NodeJS.Signals | number): boolean => {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
