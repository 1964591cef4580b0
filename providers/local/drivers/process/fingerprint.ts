// What this machine offers to host processes, and which limits can really be enforced here.
import { createHash } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { arch, availableParallelism, hostname, totalmem } from 'node:os'
import { join } from 'node:path'
import type { DriverOptions, NodeFacts } from '../../daemon/driver.ts'
import type { Cgroups } from './cgroup.ts'

const ARCH: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: '386',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
}

export const isOnPath = (name: string, path: string | undefined): boolean =>
  (path ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })

const totalMemoryBytes = (): number => {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}

const warningsOf = ({ enforces }: Cgroups): readonly string[] => {
  const missing = Object.entries(enforces)
    .filter(([, can]) => !can)
    .map(([name]) => name)
  return missing.length === 0
    ? []
    : [`limits on ${missing.join(', ')} cannot be enforced on host processes here: no writable control groups`]
}

export const fingerprintOf = (options: DriverOptions, cgroups: Cgroups): NodeFacts => ({
  driver: 'process',
  version: process.version,
  arch: ARCH[arch()] ?? arch(),
  os: process.platform,
  total: { cpuMillis: availableParallelism() * 1000, memoryBytes: totalMemoryBytes() },
  gpus: options.gpus,
  labels: options.labels,
  enforces: cgroups.enforces,
  warnings: warningsOf(cgroups),
  // Host processes of different daemons do not meet, so each state folder is an engine of its own.
  id: `process-${hostname()}-${createHash('sha256').update(options.stateDir).digest('hex').slice(0, 12)}`,
})
