// Who listens on a port already, for the message of a refused one: /proc/net names the socket, /proc/PID/fd its process.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const LISTEN = '0A'

const text = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** Text of /proc/net/tcp, tcp6, udp or udp6 → inodes of sockets on the port; of TCP those that listen. */
export const inodesOf = (table: string, port: number, protocol: 'tcp' | 'udp'): readonly string[] => {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(wanted) === true && (protocol === 'udp' || fields[3] === LISTEN))
    .map((fields) => fields[9] ?? '')
}

const holds = (pid: string, links: ReadonlySet<string>): boolean => {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return links.has(readlinkSync(`/proc/${pid}/fd/${fd}`))
      } catch {
        return false
      }
    })
  } catch {
    return false
  }
}

/** 'name (pid 12)', or null where /proc does not tell: no right, no /proc, already gone. */
export const portHolder = (port: number, protocol: 'tcp' | 'udp'): string | null => {
  const tables = [`/proc/net/${protocol}`, `/proc/net/${protocol}6`].map(text)
  const links = new Set(tables.flatMap((table) => inodesOf(table, port, protocol)).map((inode) => `socket:[${inode}]`))
  if (links.size === 0) return null
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holds(name, links))
  return pid === undefined ? null : `${text(`/proc/${pid}/comm`).trim()} (pid ${pid})`
}
