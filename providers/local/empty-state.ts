// What an untouched machine looks like: answered by the command itself, without starting a daemon.
import { readFileSync } from 'node:fs'
import { NOTHING_THERE, type TargetState } from '../../core/model/replica.ts'
import { engineAnswers } from './engine-probe.ts'
import { localExtra } from './facts.ts'
import { daemonIdentity } from './identity.ts'
import type { LocalPaths } from './paths.ts'
import type { TargetRef } from './protocol.ts'

export const emptyState = async (target: TargetRef, paths: LocalPaths, signal: AbortSignal): Promise<TargetState> => {
  const driver = target.local.driver ?? ((await engineAnswers(target.engineHost, signal)) ? 'docker' : 'process')
  return {
    identity: `${daemonIdentity(paths)}/${target.name}`,
    reachable: true,
    complete: true,
    because: null,
    observedAt: new Date().toISOString(),
    facts: {
      version: null,
      arch: [archName()],
      os: [process.platform],
      driver,
      assumed: false,
      extra: localExtra(hostLimits()),
    },
    ...NOTHING_THERE,
  }
}

/** Node's word for the architecture in Docker's words. */
export const archName = (): string =>
  ({ x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386' })[process.arch as string] ?? process.arch

export const hostLimits = () => {
  const root = process.getuid?.() === 0
  return { root, unprivilegedPortStart: unprivilegedPortStart(), enforces: { cpu: root, memory: root, pids: root } }
}

const unprivilegedPortStart = (): number => {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))
  } catch {
    return 1024
  }
}
