// The fields of the Engine API that are read here, valid from 1.40 to 1.56. What an engine adds beyond them is ignored.

export interface ContainerInspect {
  readonly Id: string
  readonly Name: string
  /** Image id. */
  readonly Image: string
  readonly State: {
    readonly Status: string
    readonly Running: boolean
    readonly Pid: number
    readonly ExitCode: number
    readonly OOMKilled: boolean
    readonly Error: string
    readonly StartedAt: string
    readonly FinishedAt: string
  }
  readonly Config: {
    readonly Labels: Readonly<Record<string, string>> | null
    readonly Tty: boolean
    readonly StopSignal?: string
  }
  readonly HostConfig: { readonly NetworkMode: string }
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, EndpointInspect>> | null
    readonly Ports?: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null
  }
}

export interface EndpointInspect {
  readonly NetworkID: string
  readonly IPAddress: string
  readonly GlobalIPv6Address?: string
}

export interface ContainerSummary {
  readonly Id: string
  readonly Names: readonly string[]
  readonly State: string
  readonly Labels: Readonly<Record<string, string>> | null
}

export interface NetworkInspect {
  readonly Id: string
  readonly Name: string
  readonly Driver: string
  readonly Labels: Readonly<Record<string, string>> | null
}

export interface VolumeInspect {
  readonly Name: string
  readonly Labels: Readonly<Record<string, string>> | null
}

export interface ImageInspect {
  readonly Id: string
  readonly RepoDigests: readonly string[] | null
  readonly Os: string
  readonly Architecture: string
  readonly Config: {
    readonly Entrypoint?: readonly string[] | null
    readonly User?: string
    readonly Healthcheck?: {
      readonly Test?: readonly string[]
      readonly Interval?: number
      readonly Timeout?: number
      readonly Retries?: number
      readonly StartPeriod?: number
      readonly StartInterval?: number
    } | null
  } | null
}

export interface EngineInfo {
  readonly ID: string
  readonly ServerVersion: string
  readonly OSType: string
  readonly OperatingSystem: string
  readonly Architecture: string
  readonly NCPU: number
  readonly MemTotal: number
  readonly Name: string
  readonly KernelVersion: string
  readonly LiveRestoreEnabled: boolean
  readonly CpuCfsQuota?: boolean
  readonly CPUCfsQuota?: boolean
  readonly MemoryLimit: boolean
  readonly PidsLimit: boolean
  readonly SecurityOptions: readonly string[] | null
  readonly Labels: readonly string[] | null
  readonly Swarm?: { readonly LocalNodeState?: string }
  readonly Warnings?: readonly string[] | null
}

export interface EngineEvent {
  readonly Type: string
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> | null }
  readonly time: number
  readonly timeNano: number
}

export interface ExecInspect {
  readonly ID: string
  readonly Running: boolean
  readonly ExitCode: number | null
  readonly Pid: number
  readonly ContainerID: string
}

export interface StatsSample {
  readonly read: string
  readonly cpu_stats: { readonly cpu_usage?: { readonly total_usage: number } }
  readonly memory_stats: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> }
}

/** One line of the progress of a pull, build or push. */
export interface ProgressLine {
  readonly status?: string
  readonly id?: string
  readonly progress?: string
  readonly stream?: string
  readonly error?: string
  readonly errorDetail?: { readonly message?: string }
  readonly aux?: unknown
}
