// AllocSpec → what exactly is run: argv, folder, environment. Pure; `record.ts` writes it, the shim runs it.
// Here the words of the container world end: no image, no user names, no network names.
import { StormportError } from '../../../../core/errors.ts'
import type { AllocSpec } from '../../daemon/driver.ts'
import type { MountBody } from '../../spec.ts'
import { mapArgument, mapPath, type PathMapping } from './mapping.ts'

/** Everything about the host that the pure part needs. */
export interface LaunchHost {
  /** Folder of the allocation. */
  readonly folder: string
  readonly volumeFolder: (name: string) => string
  /** What every host process gets before the file's own environment: PATH, HOME, … */
  readonly baseEnvironment: Readonly<Record<string, string>>
  readonly uid: number
}

export interface Launch {
  readonly argv: readonly string[]
  /** null: the folder of the allocation. */
  readonly workingDir: string | null
  readonly environment: Readonly<Record<string, string>>
  readonly user: { readonly uid: number; readonly gid: number } | null
  readonly mappings: readonly PathMapping[]
  readonly files: readonly PathMapping[]
}

export const mountSource = (mount: MountBody, index: number, host: LaunchHost): string => {
  switch (mount.kind) {
    case 'bind':
      return mount.source
    case 'volume':
      return host.volumeFolder(mount.name) + (mount.subpath === null ? '' : `/${mount.subpath}`)
    case 'anonymous':
    case 'tmpfs':
      return `${host.folder}/${mount.kind}/${index}`
  }
}

const mappingsOf = (spec: AllocSpec, host: LaunchHost): readonly PathMapping[] =>
  spec.container.mounts.map((mount, index) => ({ target: mount.target, source: mountSource(mount, index, host) }))

/** A file cannot appear inside a folder that the process shares with its owner: that would write into the project. */
const filesOf = (spec: AllocSpec, mappings: readonly PathMapping[], folder: string): readonly PathMapping[] =>
  spec.container.files.map(({ target }) => {
    if (target.split('/').includes('..'))
      throw new StormportError('InvalidSpec', `the file target ${target} leaves its folder`)
    if (mapPath(target, mappings) !== null)
      throw new StormportError(
        'Unsupported',
        `${spec.service}: the config or secret at ${target} lies under a mount, which a host process shares with its owner`,
        {
          service: spec.service,
          hint: 'give it a target outside of the mounts',
        },
      )
    return { target, source: `${folder}/files/${target.replace(/^\/+/, '')}` }
  })

const commandOf = (spec: AllocSpec): readonly string[] => {
  const argv = [...(spec.container.entrypoint ?? []), ...(spec.container.command ?? [])]
  if (argv.length > 0) return argv
  throw new StormportError(
    'InvalidSpec',
    `${spec.service} has no command, and a host process has no image to take one from`,
    {
      service: spec.service,
      hint: 'write `command:` in the service',
    },
  )
}

const workingDirOf = (spec: AllocSpec, mappings: readonly PathMapping[]): string | null => {
  const wanted = spec.container.workingDir
  if (wanted !== null) return mapPath(wanted, mappings) ?? wanted
  const bind = spec.container.mounts.find((mount) => mount.kind === 'bind')
  return bind?.kind === 'bind' ? bind.source : null
}

/** Numeric users only: a name is the image's, and the image is not used. */
const userOf = (spec: AllocSpec, host: LaunchHost): Launch['user'] => {
  const text = spec.container.compose.user
  if (text === undefined || text === '') return null
  const match = /^(\d+)(?::(\d+))?$/.exec(text)
  if (match === null)
    throw new StormportError(
      'Unsupported',
      `${spec.service}: user ${text} is a name of the image, which a host process does not use`,
      {
        service: spec.service,
        hint: 'write the user as a number',
      },
    )
  const uid = Number(match[1])
  const gid = match[2] === undefined ? uid : Number(match[2])
  if (uid === host.uid) return null
  // Folders of the daemon are closed to everybody else, so another user could not even pass through them.
  const closed = spec.container.files.length > 0 || spec.container.mounts.some((mount) => mount.kind !== 'bind')
  if (closed)
    throw new StormportError(
      'Unsupported',
      `${spec.service}: user ${text} cannot read configs, secrets or volumes of a host process`,
      {
        service: spec.service,
        hint: 'remove `user:`, or use bind mounts only',
      },
    )
  if (host.uid === 0) return { uid, gid }
  throw new StormportError(
    'Forbidden',
    `${spec.service}: user ${text} cannot be taken on by a process of user ${host.uid}`,
    {
      service: spec.service,
      hint: 'remove `user:` or run the daemon as root',
    },
  )
}

const portEnvironment = (spec: AllocSpec): Record<string, string> => {
  const result: Record<string, string> = {}
  for (const port of spec.ports) {
    result['PORT'] ??= String(port.hostPort)
    result[`PORT_${port.containerPort}`] ??= String(port.hostPort)
  }
  return result
}

const gpuEnvironment = (ids: readonly string[]): Record<string, string> =>
  ids.length === 0 ? {} : { CUDA_VISIBLE_DEVICES: ids.join(','), NVIDIA_VISIBLE_DEVICES: ids.join(',') }

const fileEnvironment = (spec: AllocSpec, folder: string): Record<string, string> =>
  spec.container.files.length === 0
    ? {}
    : { STORMPORT_SECRETS: `${folder}/files/run/secrets`, STORMPORT_CONFIGS: `${folder}/files` }

/** The mark by which every process of an allocation is found again, also when it left its process group. */
export const MARK = 'STORMPORT_ALLOC'

const environmentOf = (
  spec: AllocSpec,
  host: LaunchHost,
  files: readonly PathMapping[],
): Readonly<Record<string, string>> => {
  const own: Record<string, string> = {}
  for (const [key, value] of Object.entries(spec.container.environment)) {
    // POSIX shells pass only these names on, and one stands between the daemon and the process.
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key))
      throw new StormportError(
        'Unsupported',
        `${spec.service}: the environment key ${key} cannot be passed to a host process`,
        {
          service: spec.service,
          hint: 'use letters, digits and _ only',
        },
      )
    // The NAME_FILE convention (`/run/secrets/…`) is why a value that is exactly a file's target is rewritten too.
    own[key] = files.find((file) => file.target === value)?.source ?? value
  }
  return {
    ...host.baseEnvironment,
    ...own,
    ...fileEnvironment(spec, host.folder),
    ...gpuEnvironment(spec.gpuIds),
    ...portEnvironment(spec),
    [MARK]: spec.id,
  }
}

export const launchOf = (spec: AllocSpec, host: LaunchHost): Launch => {
  const mappings = mappingsOf(spec, host)
  const files = filesOf(spec, mappings, host.folder)
  return {
    argv: commandOf(spec).map((word) => mapArgument(word, mappings, files)),
    workingDir: workingDirOf(spec, mappings),
    environment: environmentOf(spec, host, files),
    user: userOf(spec, host),
    mappings,
    files,
  }
}

const BASE_KEYS = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_[A-Z]+|TZ|TMPDIR)$/

/** Of the daemon's own environment only what any program expects; its secrets and NODE_OPTIONS are not the workload's. */
export const baseEnvironment = (
  own: Readonly<Record<string, string | undefined>>,
  nodeFolder: string,
): Readonly<Record<string, string>> => {
  const result: Record<string, string> = {}
  for (const [key, value] of Object.entries(own)) if (value !== undefined && BASE_KEYS.test(key)) result[key] = value
  // Last, so that it is there on a machine without an own Node and never hides one.
  result['PATH'] = [result['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', nodeFolder].join(':')
  return result
}
