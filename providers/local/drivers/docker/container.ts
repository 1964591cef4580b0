// An allocation → the body of `containers/create`. Pure; the canonical Compose keys keep their meaning, restarts and health
// checks are the daemon's, so the engine is told to do neither.
import { StormportError } from '../../../../core/errors.ts'
import type { AllocSpec } from '../../daemon/driver.ts'
import { deviceFields } from './devices.ts'
import { isolationFields } from './isolation.ts'
import { allocLabels } from './labels.ts'
import { mountFields } from './mounts.ts'

export interface CreateContext {
  readonly owner: string
  readonly apiVersion: string
  /** Files that are bound from the node's disk: target → source. */
  readonly boundFiles: Readonly<Record<string, string>>
}

export type Json = Readonly<Record<string, unknown>>

/** Networks beyond the first are connected after create: engines before API 1.44 take one only. */
export const createBody = (alloc: AllocSpec, context: CreateContext): Json => {
  const { container } = alloc
  const { compose } = container
  return compact({
    Image: container.image,
    Cmd: container.command ?? undefined,
    // An empty list means "ignore the image's entrypoint"; the engine understands that as one empty word.
    Entrypoint: container.entrypoint?.length === 0 ? [''] : (container.entrypoint ?? undefined),
    Env: Object.entries(container.environment).map(([key, value]) => `${key}=${value}`),
    WorkingDir: container.workingDir ?? undefined,
    User: compose.user,
    Hostname: compose.hostname,
    Domainname: compose.domainname,
    MacAddress: compose['mac_address'],
    Tty: compose.tty,
    OpenStdin: compose.stdin_open,
    StopSignal: alloc.stop.signal ?? undefined,
    StopTimeout: Math.ceil(alloc.stop.gracePeriodMs / 1000),
    Healthcheck: { Test: ['NONE'] },
    Labels: { ...container.labels, ...allocLabels(alloc, context.owner) },
    ExposedPorts: Object.fromEntries(alloc.ports.map((port) => [`${port.containerPort}/${port.protocol}`, {}])),
    HostConfig: hostConfig(alloc, context),
    NetworkingConfig: networkingConfig(alloc),
  })
}

/** Settings of one network endpoint: the service's name and its aliases resolve there. */
export const endpointOf = (alloc: AllocSpec, network: string): Json => {
  const own = alloc.container.networks.find((n) => n.name === network)
  const stated = composeNetwork(alloc, network)
  const address = compact({
    IPv4Address: stated?.ipv4_address,
    IPv6Address: stated?.ipv6_address,
    LinkLocalIPs: stated?.['link_local_ips'],
  })
  return compact({
    Aliases: [...new Set([alloc.service, ...(own?.aliases ?? [])])],
    IPAMConfig: Object.keys(address).length === 0 ? undefined : address,
    MacAddress: stated?.mac_address,
    DriverOpts: stated?.driver_opts,
    GwPriority: stated?.['gw_priority'],
  })
}

/** The highest Compose priority first; it becomes the container's main network. */
export const networkOrder = (alloc: AllocSpec): readonly string[] => {
  const priority = (name: string): number => composeNetwork(alloc, name)?.priority ?? 0
  return alloc.container.networks.map((n) => n.name).toSorted((a, b) => priority(b) - priority(a))
}

/** Drops what is not stated, so that the engine's own default stands. */
export const compact = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))

/** Compose prints sizes in bytes, as text or number. */
export const bytes = (value: unknown): number | undefined => {
  if (value === undefined || value === null || value === '') return undefined
  const number = Number(value)
  if (Number.isFinite(number)) return number
  throw new StormportError('InvalidSpec', `Not a size in bytes: ${String(value)}.`)
}

const composeNetwork = (alloc: AllocSpec, name: string) => {
  const stated = alloc.container.compose.networks ?? {}
  const key = Object.keys(stated).find((k) => k === name || `${alloc.app}_${k}` === name)
  return key === undefined ? undefined : (stated[key] ?? undefined)
}

const networkingConfig = (alloc: AllocSpec): Json | undefined => {
  const [first] = networkOrder(alloc)
  return first === undefined ? undefined : { EndpointsConfig: { [first]: endpointOf(alloc, first) } }
}

const hostConfig = (alloc: AllocSpec, context: CreateContext): Json => {
  const { compose } = alloc.container
  return compact({
    NetworkMode: networkMode(alloc),
    PortBindings: portBindings(alloc),
    RestartPolicy: { Name: 'no' },
    ExtraHosts: Object.entries(alloc.container.extraHosts).map(([host, ip]) => `${host}:${ip}`),
    Dns: compose.dns,
    DnsOptions: compose.dns_opt,
    DnsSearch: compose.dns_search,
    LogConfig: compose.logging && { Type: compose.logging.driver ?? '', Config: compose.logging.options ?? {} },
    ...resourceFields(alloc),
    ...mountFields(alloc, context),
    ...isolationFields(compose),
    ...deviceFields(alloc),
  })
}

const networkMode = (alloc: AllocSpec): string => {
  const [first] = networkOrder(alloc)
  const stated = alloc.container.compose.network_mode
  if (stated === undefined) return first ?? 'bridge'
  if (stated === 'host' || stated === 'none' || stated === 'bridge') return stated
  if (/^(service|container):/.test(stated)) {
    throw new StormportError(
      'Unsupported',
      `${alloc.service} would share the network of another container (${stated}).`,
      {
        service: alloc.service,
        hint: 'Put both programs into one service, or give each its own network.',
      },
    )
  }
  return stated
}

const portBindings = (alloc: AllocSpec): Json => {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  for (const port of alloc.ports) {
    const key = `${port.containerPort}/${port.protocol}`
    bindings[key] = [...(bindings[key] ?? []), { HostIp: port.hostIp ?? '', HostPort: String(port.hostPort) }]
  }
  return bindings
}

const resourceFields = (alloc: AllocSpec): Json => {
  const { limits, compose } = alloc.container
  return {
    NanoCpus: limits.cpuMillis === null ? undefined : limits.cpuMillis * 1_000_000,
    Memory: limits.memoryBytes ?? undefined,
    PidsLimit: limits.pids ?? compose.pids_limit,
    MemoryReservation: bytes(compose.mem_reservation),
    MemorySwap: bytes(compose.memswap_limit),
    MemorySwappiness: compose['mem_swappiness'],
    CpuShares: compose.cpu_shares,
    CpuQuota: bytes(compose['cpu_quota']),
    CpuPeriod: bytes(compose['cpu_period']),
    CpuRealtimePeriod: bytes(compose['cpu_rt_period']),
    CpuRealtimeRuntime: bytes(compose['cpu_rt_runtime']),
    CpuCount: compose['cpu_count'],
    CpuPercent: compose['cpu_percent'],
    CpusetCpus: compose.cpuset,
    OomKillDisable: compose['oom_kill_disable'],
    OomScoreAdj: compose['oom_score_adj'],
    ShmSize: bytes(compose.shm_size),
    Ulimits: Object.entries(compose.ulimits ?? {}).map(([Name, limit]) => ({ Name, ...ulimit(limit) })),
    ...blkioFields(compose['blkio_config']),
  }
}

const ulimit = (
  limit: number | { soft: number; hard: number } | { single: number },
): { Soft: number; Hard: number } => {
  if (typeof limit === 'number') return { Soft: limit, Hard: limit }
  return 'single' in limit ? { Soft: limit.single, Hard: limit.single } : { Soft: limit.soft, Hard: limit.hard }
}

const blkioFields = (value: unknown): Json => {
  if (typeof value !== 'object' || value === null) return {}
  const config = value as Readonly<Record<string, unknown>>
  const devices = (key: string, field: 'weight' | 'rate'): unknown =>
    (config[key] as { path: string; weight?: number; rate?: number | string }[] | undefined)?.map((device) =>
      field === 'weight'
        ? { Path: device.path, Weight: device.weight }
        : { Path: device.path, Rate: bytes(device.rate) },
    )
  return {
    BlkioWeight: config['weight'],
    BlkioWeightDevice: devices('weight_device', 'weight'),
    BlkioDeviceReadBps: devices('device_read_bps', 'rate'),
    BlkioDeviceReadIOps: devices('device_read_iops', 'rate'),
    BlkioDeviceWriteBps: devices('device_write_bps', 'rate'),
    BlkioDeviceWriteIOps: devices('device_write_iops', 'rate'),
  }
}
