// Bodies of the native objects of a local target: what `render` makes and the daemon takes as desired state. Text may be
// a Secret: in JSON it is { secret, name } and the value travels beside it (protocol.ts), never inside.

import type { Dependency, Healthcheck, Port, RestartPolicy, UpdateConfig } from '../../core/model/app.ts'
import type { ComposeNetwork, ComposeService, ComposeVolume } from '../../core/model/compose.ts'
import type { Constraint, GpuRequest, Preference, Resources } from '../../core/model/resources.ts'
import type { Text } from '../../core/model/secret.ts'

export interface NetworkBody {
  readonly kind: 'network'
  readonly app: string
  readonly key: string
  readonly name: string
  readonly external: boolean
  readonly internal: boolean
  readonly compose: ComposeNetwork
}

export interface VolumeBody {
  readonly kind: 'volume'
  readonly app: string
  readonly key: string
  readonly name: string
  readonly external: boolean
  readonly compose: ComposeVolume
  /** Drivers of the services that mount it. */
  readonly drivers: readonly ('docker' | 'process')[]
}

/** Configs and secrets: immutable, the name ends in the first 8 hex of the content's hash or reference. */
export interface FileBody {
  readonly kind: 'config' | 'secret'
  readonly app: string
  readonly name: string
  readonly content: Text
}

export interface WorkBody {
  readonly kind: 'service' | 'job' | 'cron'
  readonly app: string
  readonly service: string
  readonly mode: 'replicated' | 'global'
  readonly replicas: number
  readonly driver: 'docker' | 'process'
  readonly container: ContainerBody
  readonly placement: {
    readonly requests: Resources
    readonly gpu: GpuRequest | null
    readonly constraints: readonly Constraint[]
    readonly preferences: readonly Preference[]
    readonly maxPerNode: number | null
    readonly platforms: readonly string[]
    readonly priority: number
    readonly gang: boolean
  }
  readonly ports: readonly Port[]
  readonly expose: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[]
  readonly healthcheck: Healthcheck | null
  readonly restart: RestartPolicy | null
  readonly update: UpdateConfig
  readonly failureAction: 'rollback' | 'pause' | 'continue'
  readonly stop: { readonly gracePeriodMs: number; readonly signal: string | null }
  readonly dependsOn: readonly Dependency[]
  /** runKey: differs with each release where the job runs always, so that each deploy is a change. */
  readonly job: { readonly run: 'onChange' | 'always' | 'once'; readonly runKey: string | null } | null
  readonly schedule: {
    readonly cron: string
    readonly timezone: string
    readonly concurrency: 'allow' | 'forbid' | 'replace'
    readonly startDeadlineMs: number | null
  } | null
  readonly singleton: boolean
  /** Compose allows one replica with its own container name at stop-first only. */
  readonly containerName: string | null
  /** Bumped by `restart`: a new value is a new spec. */
  readonly restarts: number
  /** Host processes: hash of script and watched files. */
  readonly codeHash: string | null
}

export interface ContainerBody {
  /** null for host processes. */
  readonly image: string | null
  readonly pullPolicy: 'always' | 'missing' | 'never'
  readonly command: readonly Text[] | null
  readonly entrypoint: readonly Text[] | null
  readonly environment: Readonly<Record<string, Text>>
  readonly workingDir: string | null
  readonly mounts: readonly MountBody[]
  /** Config and secret objects as files. */
  readonly files: readonly {
    readonly object: string
    readonly target: string
    readonly uid: string | null
    readonly gid: string | null
    readonly mode: number | null
  }[]
  readonly networks: readonly { readonly name: string; readonly aliases: readonly string[] }[]
  readonly extraHosts: Readonly<Record<string, string>>
  readonly limits: {
    readonly cpuMillis: number | null
    readonly memoryBytes: number | null
    readonly pids: number | null
  }
  readonly labels: Readonly<Record<string, string>>
  /** Best-effort limits were accepted (process driver). */
  readonly bestEffortLimits: boolean
  /** Canonical Compose service: rarer keys (user, init, ulimits, cap_add, sysctls, devices, dns, …). Holds no secret. */
  readonly compose: ComposeService
}

export type MountBody =
  | {
      readonly kind: 'volume'
      readonly name: string
      readonly target: string
      readonly readOnly: boolean
      readonly nocopy: boolean
      readonly subpath: string | null
    }
  | { readonly kind: 'anonymous'; readonly target: string; readonly readOnly: boolean }
  | {
      readonly kind: 'bind'
      readonly source: string
      readonly target: string
      readonly readOnly: boolean
      readonly createHostPath: boolean
      readonly propagation: string | null
    }
  | { readonly kind: 'tmpfs'; readonly target: string; readonly sizeBytes: number | null; readonly mode: number | null }

export type LocalBody = NetworkBody | VolumeBody | FileBody | WorkBody
