// Is that process still the one that was meant: pid and start ticks together name a process for the life of this boot.
import { readdirSync, readFileSync } from 'node:fs'

interface ProcStat {
  readonly state: string
  readonly startTicks: string
}

const readStat = (pid: number): ProcStat | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command name may hold spaces and brackets; the fields begin after the last bracket.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startTicks: fields[19] ?? '' }
  } catch {
    return null
  }
}

export const startTicksOf = (pid: number): string | null => readStat(pid)?.startTicks ?? null

/** A zombie counts as gone. Without /proc the pid alone decides. */
export const isAlive = (pid: number, startTicks: string): boolean => {
  const stat = readStat(pid)
  if (stat !== null) return stat.state !== 'Z' && (startTicks === '' || stat.startTicks === startTicks)
  if (process.platform === 'linux') return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export const readBootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/** Of every process that can be seen; the words are separated by zero bytes. */
export const commandLines = (): readonly string[] => {
  try {
    return readdirSync('/proc').flatMap((pid) => (/^\d+$/.test(pid) ? commandLine(pid) : []))
  } catch {
    return []
  }
}

const commandLine = (pid: string): readonly string[] => {
  try {
    return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')]
  } catch {
    return []
  }
}
