// Who we are, so that another command can tell whether we still live: host, boot, process and its start.
import { readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import type { LeaseHolder } from '../../core/ports.ts'

export const describeHolder = (command: string): LeaseHolder => ({
  host: hostname(),
  bootId: readOr('/proc/sys/kernel/random/boot_id', '').trim(),
  pid: process.pid,
  startTicks: startTicksOf(readOr('/proc/self/stat', '')),
  user: userName(),
  command,
})

/** Field 22 of /proc/PID/stat. The second field, the name, may hold spaces and brackets, so counting starts behind it. */
export const startTicksOf = (stat: string): string => stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''

/** A user without an entry in the user database still has a number. */
export const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}

const readOr = (path: string, otherwise: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}
