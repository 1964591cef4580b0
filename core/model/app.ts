// What runs: the application as the decisions and the adapters read it. Built from the canonical Compose project and
// x-stormport by core/config; every value that is a secret (DESIGN section 5) is a Secret here, never a string.
import type { ComposeBuild, ComposeNetwork, ComposeService, ComposeVolume } from './compose.ts'
import type { SourceSpan } from './diagnostic.ts'
import type { Constraint, GpuRequest, Preference, Resources } from './resources.ts'
import type { Secret, Text } from './secret.ts'

export interface App {
  /** Compose project name; with --env, name-env. */
  readonly name: string
  readonly services: readonly Service[]
  readonly networks: readonly Network[]
  readonly volumes: readonly Volume[]
  readonly configs: readonly FileObject[]
  readonly secrets: readonly FileObject[]
  /** Absolute: git work tree (or folder) of the first compose file; where relative paths were resolved. */
  readonly projectRoot: string
  readonly workingDir: string
  readonly files: readonly string[]
  /** Bind source → what the project holds there; absent where nothing was read: only clusters need it. */
  readonly binds?: Readonly<Record<string, BindContent>>
}

/** A file (one entry with path '') or a folder inside the project, small enough to travel. Secrets, because keys are bound too. */
export type BindContent =
  | { readonly kind: 'files'; readonly files: readonly { readonly path: string; readonly content: Text }[] }
  | { readonly kind: 'unfit'; readonly because: string }

/** service: long-running; job: one-shot; cron: one-shot on a schedule (DESIGN section 3). */
export type ServiceKind = 'service' | 'job' | 'cron'

export interface Service {
  readonly name: string
  readonly kind: ServiceKind
  /** null with build and no image: the name is made by `builtImageName`. */
  readonly image: string | null
  readonly build: ServiceBuild | null
  readonly command: readonly Text[] | null
  readonly entrypoint: readonly Text[] | null
  readonly environment: Readonly<Record<string, Text>>
  readonly healthcheck: Healthcheck | null
  readonly mode: 'replicated' | 'global'
  /** Wanted in total over all targets; for jobs: completions. */
  readonly replicas: number
  /** Reservations; where the file states none, fleet.defaults count. `stated` tells which were written. */
  readonly requests: Resources
  readonly stated: { readonly cpu: boolean; readonly memory: boolean }
  readonly limits: {
    readonly cpuMillis: number | null
    readonly memoryBytes: number | null
    readonly pids: number | null
  }
  readonly gpu: GpuRequest | null
  readonly constraints: readonly Constraint[]
  readonly preferences: readonly Preference[]
  readonly maxReplicasPerNode: number | null
  readonly ports: readonly Port[]
  readonly expose: readonly { readonly port: number; readonly protocol: 'tcp' | 'udp' }[]
  readonly dependsOn: readonly Dependency[]
  /** Alias → service, from `links`. */
  readonly links: Readonly<Record<string, string>>
  /** Services that an environment value names as a host. */
  readonly mentions: readonly string[]
  readonly mounts: readonly Mount[]
  readonly configs: readonly FileMount[]
  readonly secrets: readonly FileMount[]
  /** Compose network key → aliases there. Empty with network_mode. */
  readonly networks: Readonly<Record<string, { readonly aliases: readonly string[] }>>
  /** null: the file does not say (healed like unless-stopped, DESIGN section 3). */
  readonly restart: RestartPolicy | null
  readonly update: UpdateConfig
  readonly rollback: UpdateConfig
  readonly stop: { readonly gracePeriodMs: number; readonly signal: string | null }
  readonly extension: ServiceExtension
  /**
   * The canonical Compose service without the fields above that may hold secrets (environment, command, entrypoint,
   * healthcheck, build, env_file): adapters read every rarer key here.
   */
  readonly compose: ComposeService
  readonly span: SourceSpan
  /** Position by path below the service: 'ports', 'deploy.replicas', 'logging'. */
  readonly spans: Readonly<Record<string, SourceSpan>>
}

export interface ServiceBuild {
  readonly spec: ComposeBuild
  readonly args: Readonly<Record<string, Text | null>>
}

export interface Healthcheck {
  /** ['CMD', …] or ['CMD-SHELL', line]; empty: the image's own test with these times; null with `disable` or NONE: no check, also not the image's. */
  readonly test: readonly Text[] | null
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly retries: number
  readonly startPeriodMs: number
  readonly startIntervalMs: number
}

export interface Port {
  readonly target: number
  /** null: the proxy picks one and keeps it for the app's life on that target. */
  readonly published: number | null
  /** A written range 'a-b' from which one is picked. */
  readonly publishedRange: readonly [number, number] | null
  readonly hostIp: string | null
  readonly protocol: 'tcp' | 'udp'
  readonly mode: 'ingress' | 'host'
  readonly appProtocol: string | null
}

export interface Dependency {
  readonly service: string
  readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully'
  readonly required: boolean
  readonly restart: boolean
}

export type Mount =
  | {
      readonly kind: 'volume'
      readonly volume: string
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
  | { readonly kind: 'other'; readonly type: string; readonly target: string }

export interface FileMount {
  /** Key in App.configs or App.secrets. */
  readonly source: string
  /** Absolute path in the container: '/cfg', '/run/secrets/NAME'. */
  readonly target: string
  readonly uid: string | null
  readonly gid: string | null
  readonly mode: number | null
}

export interface FileObject {
  readonly key: string
  /** '<project>_<key>' or as named. */
  readonly name: string
  readonly external: boolean
  /** null when external. Configs are Text too: a config built from the environment is a secret. */
  readonly content: Text | Secret | null
}

export interface Network {
  readonly key: string
  readonly name: string
  readonly external: boolean
  readonly internal: boolean
  readonly isDefault: boolean
  readonly compose: ComposeNetwork
}

export interface Volume {
  readonly key: string
  readonly name: string
  readonly external: boolean
  readonly sizeBytes: number | null
  readonly class: string | null
  readonly compose: ComposeVolume
}

export interface RestartPolicy {
  readonly condition: 'none' | 'on-failure' | 'any'
  readonly delayMs: number | null
  readonly maxAttempts: number | null
  readonly windowMs: number | null
}

export interface UpdateConfig {
  readonly parallelism: number
  readonly delayMs: number
  readonly monitorMs: number
  readonly maxFailureRatio: number | null
  /** null: the service states none; the engine decides (DESIGN section 5). */
  readonly failureAction: 'rollback' | 'pause' | 'continue' | null
  readonly order: 'start-first' | 'stop-first' | null
}

/** x-stormport of one service, defaults filled. */
export interface ServiceExtension {
  /** Target names or sites; null: every target. */
  readonly targets: readonly ({ readonly name: string } | { readonly site: string })[] | null
  readonly place: {
    readonly strategy: PlaceStrategy | null
    readonly minPerTarget: number
    readonly with: readonly string[]
    /** Replicas on every target where a service that needs it runs. */
    readonly each: number | null
    readonly weights: Readonly<Record<string, number>>
  }
  readonly reach: Readonly<Record<string, string>>
  readonly autoscale: Autoscale | null
  readonly capacity: readonly ('spot' | 'on-demand')[]
  readonly failover: 'auto' | 'manual' | 'never'
  readonly singleton: boolean
  readonly expose: readonly Expose[]
  readonly schedule: Schedule | null
  readonly job: { readonly run: 'onChange' | 'always' | 'once'; readonly targets: 'one' | 'each' } | null
  readonly security: 'auto' | 'restricted' | 'baseline' | 'privileged'
  readonly priority: number
  readonly gang: boolean
  readonly process: { readonly when: 'true' | 'always'; readonly watch: readonly string[] } | null
  readonly accept: readonly string[]
  readonly allow: readonly string[]
  readonly identity: Readonly<Record<string, string>>
}

export type PlaceStrategy = 'ordered' | 'spread' | 'weighted' | 'cheapest'

export interface Autoscale {
  readonly min: number
  readonly max: number
  readonly cpu: number | null
  readonly memory: number | null
  readonly behavior: unknown
}

export interface Expose {
  readonly host: string
  readonly path: string
  readonly port: number | null
  readonly tls: true | { readonly secret: string } | { readonly issuer: string } | null
}

export interface Schedule {
  readonly cron: string
  readonly timezone: string
  readonly concurrency: 'allow' | 'forbid' | 'replace'
  readonly startDeadlineMs: number | null
}
