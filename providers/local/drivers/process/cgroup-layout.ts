// Where the kernel's control groups are on this machine and which files say what, for both generations. Pure.

export type Controller = 'memory' | 'cpu' | 'pids' | 'freezer'

export interface CgroupMounts {
  /** Mount point of each v1 controller. */
  readonly v1: Readonly<Partial<Record<Controller, string>>>
  /** Mount point of the unified tree; beside v1 controllers it only tracks and kills. */
  readonly v2: string | null
}

export interface Limits {
  readonly cpuMillis: number | null
  readonly memoryBytes: number | null
  readonly pids: number | null
}

export interface Setting {
  readonly file: string
  readonly value: string
  /** Written where the kernel has the file, else left out. */
  readonly optional: boolean
}

const CONTROLLERS: readonly Controller[] = ['memory', 'cpu', 'pids', 'freezer']
const PERIOD_US = 100_000

/** Text of /proc/mounts. Octal escapes of odd mount points are not decoded: such trees are not used. */
export const parseMounts = (text: string): CgroupMounts => {
  const v1: Partial<Record<Controller, string>> = {}
  let v2: string | null = null
  for (const line of text.split('\n')) {
    const [, path, type, options] = line.split(' ')
    if (path === undefined || /[\\\s]/.test(path)) continue
    if (type === 'cgroup2') v2 ??= path
    if (type !== 'cgroup') continue
    const words = (options ?? '').split(',')
    for (const controller of CONTROLLERS) if (words.includes(controller)) v1[controller] ??= path
  }
  return { v1, v2 }
}

/** Own path in the unified tree from /proc/self/cgroup ('0::/user.slice/…'). */
export const parseOwnV2Path = (text: string): string => /^0::(.*)$/m.exec(text)?.[1] ?? '/'

const required = (file: string, value: string | number): Setting => ({ file, value: String(value), optional: false })
const optional = (file: string, value: string | number): Setting => ({ file, value: String(value), optional: true })

const quotaOf = (cpuMillis: number): number => Math.max(1000, Math.round((cpuMillis * PERIOD_US) / 1000))

/** Swap counts against the memory limit, else a limit would only slow the process down. */
export const settingsV1 = (controller: Controller, limits: Limits): readonly Setting[] => {
  if (controller === 'memory' && limits.memoryBytes !== null)
    return [
      required('memory.limit_in_bytes', limits.memoryBytes),
      optional('memory.memsw.limit_in_bytes', limits.memoryBytes),
    ]
  if (controller === 'cpu' && limits.cpuMillis !== null)
    return [required('cpu.cfs_period_us', PERIOD_US), required('cpu.cfs_quota_us', quotaOf(limits.cpuMillis))]
  if (controller === 'pids' && limits.pids !== null) return [required('pids.max', limits.pids)]
  return []
}

export const settingsV2 = (limits: Limits): readonly Setting[] => [
  ...(limits.memoryBytes === null ? [] : [required('memory.max', limits.memoryBytes), optional('memory.swap.max', 0)]),
  ...(limits.cpuMillis === null ? [] : [required('cpu.max', `${quotaOf(limits.cpuMillis)} ${PERIOD_US}`)]),
  ...(limits.pids === null ? [] : [required('pids.max', limits.pids)]),
]

/** 'oom_kill N' stands in memory.oom_control (v1) and memory.events (v2). */
export const parseOomKills = (text: string): number => Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)
