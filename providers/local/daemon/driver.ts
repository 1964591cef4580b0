// What the daemon needs of a node's engine or of host processes. A driver holds no desired state and makes no decision:
// it does one step when told, and says what it sees. Everything it made carries the allocation id, so that it can be found again.
import type { Healthcheck } from '../../../core/model/app.ts'
import type { GpuDevice, Resources } from '../../../core/model/resources.ts'
import type { ExecIo } from '../../../core/ports.ts'
import type { ContainerBody, NetworkBody, VolumeBody } from '../spec.ts'

/** One attempt to run one replica; never reused. All text is plain here: secrets are already revealed. Never log it. */
export interface AllocSpec {
  /** 12 hex; unique for ever. */
  readonly id: string
  readonly app: string
  readonly target: string
  readonly service: string
  readonly slot: number
  readonly release: number
  /** '<app>-<service>-<slot>-<alloc6>', or container_name where it applies. */
  readonly name: string
  readonly container: Omit<ContainerBody, 'command' | 'entrypoint' | 'environment' | 'files'> & {
    readonly command: readonly string[] | null
    readonly entrypoint: readonly string[] | null
    readonly environment: Readonly<Record<string, string>>
    readonly files: readonly {
      readonly target: string
      readonly content: string
      readonly uid: string | null
      readonly gid: string | null
      readonly mode: number | null
    }[]
  }
  /** Container port → host port. process: the leased port that the process must listen on; docker: only ports of mode host. */
  readonly ports: readonly {
    readonly containerPort: number
    readonly hostPort: number
    readonly protocol: 'tcp' | 'udp'
    readonly hostIp: string | null
  }[]
  readonly gpuIds: readonly string[]
  readonly stop: { readonly gracePeriodMs: number; readonly signal: string | null }
}

export type AllocPhase = 'created' | 'running' | 'exited' | 'gone'

export interface AllocState {
  readonly id: string
  readonly app: string
  readonly target: string
  readonly service: string
  readonly slot: number
  readonly phase: AllocPhase
  /** Container id or pid:startTicks. */
  readonly native: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  /** null: unknown (the shim died). */
  readonly exitCode: number | null
  readonly signal: string | null
  readonly oomKilled: boolean
  /** Image digest or id that runs. */
  readonly image: string | null
}

export interface NodeFacts {
  readonly driver: 'docker' | 'process' | 'simulated'
  readonly version: string
  readonly arch: string
  readonly os: string
  readonly total: Resources
  readonly gpus: readonly GpuDevice[]
  readonly labels: Readonly<Record<string, string>>
  /** Which limits the driver can enforce. */
  readonly enforces: { readonly cpu: boolean; readonly memory: boolean; readonly pids: boolean }
  /** Warnings for `doctor` and `target check`: live-restore off, … */
  readonly warnings: readonly string[]
  /** Stable id of the engine (docker info ID) or machine; one owner mark each. */
  readonly id: string
}

export interface DriverEvent {
  readonly kind: 'started' | 'exited' | 'oom' | 'removed' | 'engineUp' | 'engineDown'
  readonly id: string | null
  readonly exitCode: number | null
  readonly at: string
}

export interface DriverLog {
  readonly at: string
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

export interface Driver {
  readonly kind: 'docker' | 'process' | 'simulated'
  /** Throws StormportError 'Unreachable' when the engine does not answer. */
  fingerprint(signal: AbortSignal): Promise<NodeFacts>
  /** Idempotent. `existed: true` = found there and not ours: used, never removed by us. */
  ensureNetwork(network: NetworkBody, signal: AbortSignal): Promise<{ existed: boolean; native: string }>
  removeNetwork(name: string, signal: AbortSignal): Promise<void>
  ensureVolume(volume: VolumeBody, signal: AbortSignal): Promise<{ existed: boolean; native: string }>
  removeVolume(name: string, signal: AbortSignal): Promise<void>
  /** Makes the image present by its pull policy; resolves to its id or digest. 'ImageNotFound', 'Forbidden', 'Unreachable'. */
  ensureImage(
    image: string,
    policy: 'always' | 'missing' | 'never',
    say: (line: string) => void,
    signal: AbortSignal,
  ): Promise<string>
  /** Idempotent by alloc id: an existing one is returned as it is. Does not start it. */
  create(alloc: AllocSpec, signal: AbortSignal): Promise<AllocState>
  start(id: string, signal: AbortSignal): Promise<AllocState>
  /** Signal, wait up to the grace, kill. Resolves when it has exited. Stopping what is gone is fine. */
  stop(
    id: string,
    options: { readonly gracePeriodMs: number; readonly signal: string | null },
    signal: AbortSignal,
  ): Promise<AllocState>
  /** Removes what create made (container, files, cgroup), also when it still runs. */
  remove(id: string, signal: AbortSignal): Promise<void>
  /** Everything that carries our owner mark, whatever the daemon knows of it. */
  list(signal: AbortSignal): Promise<readonly AllocState[]>
  inspect(id: string, signal: AbortSignal): Promise<AllocState | null>
  /** Reconnects by itself and reports engineDown / engineUp. Ends by the signal. */
  events(signal: AbortSignal): AsyncIterable<DriverEvent>
  /** Where the daemon and the proxy reach a container port; null when it cannot be reached from this machine. */
  address(
    id: string,
    containerPort: number,
    signal: AbortSignal,
  ): Promise<{ readonly host: string; readonly port: number } | null>
  /** Runs argv inside; resolves to its exit code. Used for health checks and `exec`. */
  exec(id: string, argv: readonly string[], io: ExecIo, signal: AbortSignal): Promise<number>
  /** Takes it out of name resolution before it is stopped (docker: network disconnect). Optional where names do not resolve. */
  drain(id: string, signal: AbortSignal): Promise<void>
  logs(
    id: string,
    query: { readonly follow: boolean; readonly sinceMs: number | null; readonly tail: number | null },
    signal: AbortSignal,
  ): AsyncIterable<DriverLog>
  stats(id: string, signal: AbortSignal): Promise<{ readonly cpuMillis: number; readonly memoryBytes: number } | null>
  /** The check that the image itself declares, for services that state none; null: none. Absent where there are no images. */
  imageHealthcheck?(image: string, signal: AbortSignal): Promise<Healthcheck | null>
  /**
   * Marks the engine as this daemon's. Idempotent; 'Foreign' when another owner's mark is there and `isAlive` says that it
   * lives: then nothing was changed. Absent where a driver needs no mark.
   */
  claim?(claim: EngineClaim, signal: AbortSignal): Promise<void>
  /** Takes our mark away; nothing of ours is left on the engine then. */
  unclaim?(signal: AbortSignal): Promise<void>
  /** Names of running containers that Docker Compose started under this project name. */
  composeContainers?(project: string, signal: AbortSignal): Promise<readonly string[]>
  close(): Promise<void>
}

export interface EngineClaim {
  /** Who we are, for the other owner to read: user@host, pid, socket. */
  readonly holder: string
  /** Whether the daemon behind another owner's mark still lives. On doubt: true. */
  readonly isAlive: (other: { readonly owner: string; readonly holder: string }) => Promise<boolean>
  /** The holder's mark for people. */
  readonly inWords?: (holder: string) => string
}

/** Options every driver factory takes. */
export interface DriverOptions {
  readonly node: string
  /** unix:///…, ssh://…, tcp://…; null for process and simulated. */
  readonly host: string | null
  /** Folder of the daemon for files of allocations (0700). */
  readonly stateDir: string
  /** The daemon's owner mark, on everything that is made. */
  readonly owner: string
  readonly labels: Readonly<Record<string, string>>
  readonly gpus: readonly GpuDevice[]
  /** Certificate files of a tcp:// host. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string } | null
}
