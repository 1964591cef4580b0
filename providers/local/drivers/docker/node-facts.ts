// What an engine is and can do, and where its containers can be reached from.
import { hostname, release } from 'node:os'
import type { DriverOptions, NodeFacts } from '../../daemon/driver.ts'
import type { ContainerInspect, EngineInfo, NetworkInspect } from './api.ts'
import type { EngineClient } from './client.ts'
import { findNetwork } from './networks.ts'

const ARCH: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm', i686: '386' }

export const infoOf = (client: EngineClient, signal: AbortSignal): Promise<EngineInfo> =>
  client.json({ method: 'GET', path: '/info', operation: 'describe itself', timeoutMs: 10_000 }, signal)

export const factsOf = (info: EngineInfo, options: DriverOptions): NodeFacts => ({
  driver: 'docker',
  version: info.ServerVersion,
  arch: ARCH[info.Architecture] ?? info.Architecture,
  os: info.OSType,
  total: { cpuMillis: info.NCPU * 1000, memoryBytes: info.MemTotal },
  gpus: options.gpus,
  labels: { ...engineLabels(info), ...options.labels },
  enforces: { cpu: (info.CpuCfsQuota ?? info.CPUCfsQuota) !== false, memory: info.MemoryLimit, pids: info.PidsLimit },
  warnings: warningsOf(info),
  id: info.ID,
})

/**
 * Bridge addresses reach a container past the engine, also while that is down, but only on this machine, by a rootful
 * engine on Linux. An engine in a virtual machine behind a local socket has another kernel or host name.
 */
export const reachesBridges = (client: EngineClient, info: EngineInfo): boolean =>
  client.endpoint.kind === 'unix' &&
  info.OSType === 'linux' &&
  process.platform === 'linux' &&
  info.Name === hostname() &&
  info.KernelVersion === release() &&
  !(info.SecurityOptions ?? []).some((option) => option.includes('rootless'))

export interface Address {
  readonly host: string
  readonly port: number
}

export const addressOf = async (
  client: EngineClient,
  { container, port }: { readonly container: ContainerInspect; readonly port: number },
  signal: AbortSignal,
): Promise<Address | null> => {
  if (container.HostConfig.NetworkMode === 'host') return { host: '127.0.0.1', port }
  const networks = Object.entries(container.NetworkSettings.Networks ?? {})
  for (const [name, endpoint] of networks) {
    if (endpoint.IPAddress === '') continue
    const network = await findNetwork(client, name, signal)
    if (isBridge(network)) return { host: endpoint.IPAddress, port }
  }
  return null
}

/** A port that the engine itself publishes: the way in where bridge addresses are out of reach. */
export const publishedAddress = (client: EngineClient, container: ContainerInspect, port: number): Address | null => {
  const binding = container.NetworkSettings.Ports?.[`${port}/tcp`]?.find((entry) => entry.HostPort !== '')
  if (binding === undefined) return null
  if (client.endpoint.kind === 'tcp') return { host: client.endpoint.host, port: Number(binding.HostPort) }
  const any = binding.HostIp === '' || binding.HostIp === '0.0.0.0' || binding.HostIp === '::'
  return { host: any ? '127.0.0.1' : binding.HostIp, port: Number(binding.HostPort) }
}

const isBridge = (network: NetworkInspect | null): boolean => network?.Driver === 'bridge'

const engineLabels = (info: EngineInfo): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (info.Labels ?? []).map((label) => {
      const at = label.indexOf('=')
      return at < 0 ? [label, ''] : [label.slice(0, at), label.slice(at + 1)]
    }),
  )

const warningsOf = (info: EngineInfo): readonly string[] => {
  const inSwarm = info.Swarm?.LocalNodeState === 'active'
  return [
    ...(info.LiveRestoreEnabled || inSwarm
      ? []
      : ['live-restore is off: containers stop when the engine restarts (set "live-restore": true in daemon.json)']),
    ...(info.MemoryLimit ? [] : ['memory limits are not enforced by this kernel']),
    ...(info.PidsLimit ? [] : ['limits on processes are not enforced by this kernel']),
  ]
}
