// Use of CPU and memory by everything that belongs to an allocation. CPU is the mean since the previous question, at
// first since the start of each process.
import { readFileSync } from 'node:fs'
import type { Cgroups } from './cgroup.ts'
import { type ProcessStat, readStat } from './proc.ts'
import { readPids } from './record.ts'

const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4096

const uptimeTicks = (): number => Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * TICKS_PER_SECOND

const sum = (stats: readonly ProcessStat[], of: (stat: ProcessStat) => number): number =>
  stats.reduce((total, stat) => total + of(stat), 0)

export interface Usage {
  readonly cpuMillis: number
  readonly memoryBytes: number
}

export interface UsageReader {
  read(id: string): Usage | null
  forget(id: string): void
}

export const createUsageReader = (stateDir: string, cgroups: Cgroups): UsageReader => {
  const before = new Map<string, { readonly atTicks: number; readonly cpuTicks: number }>()
  return {
    read: (id) => {
      const pids = readPids(stateDir, id)
      if (pids === null) return null
      const stats = (cgroups.members(id) ?? [pids.main.pid]).map(readStat).filter((stat) => stat !== null)
      if (stats.length === 0) return null
      const now = { atTicks: uptimeTicks(), cpuTicks: sum(stats, (stat) => stat.cpuTicks) }
      const last = before.get(id) ?? { atTicks: Math.min(...stats.map((stat) => Number(stat.startTicks))), cpuTicks: 0 }
      before.set(id, now)
      const elapsed = Math.max(1, now.atTicks - last.atTicks)
      return {
        cpuMillis: Math.max(0, Math.round(((now.cpuTicks - last.cpuTicks) / elapsed) * 1000)),
        memoryBytes: sum(stats, (stat) => stat.memoryPages) * PAGE_BYTES,
      }
    },
    forget: (id) => {
      before.delete(id)
    },
  }
}
