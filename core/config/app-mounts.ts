// Volumes, binds, tmpfs, config and secret files of a service.
import type { FileMount, Mount } from '../model/app.ts'
import type { ComposeFileMount, ComposeMount, ComposeService } from '../model/compose.ts'
import { parseComposeBytes } from '../model/quantity.ts'

export const mountsOf = (compose: ComposeService): readonly Mount[] => [
  ...(compose.volumes ?? []).map(mountOf),
  ...[compose.tmpfs ?? []].flat().map(tmpfsOf),
]

const mountOf = (mount: ComposeMount): Mount => {
  const { target } = mount
  const readOnly = mount.read_only ?? false
  switch (mount.type) {
    case 'volume':
      if (mount.source === undefined || mount.source === '') return { kind: 'anonymous', target, readOnly }
      return {
        kind: 'volume',
        volume: mount.source,
        target,
        readOnly,
        nocopy: mount.volume?.nocopy ?? false,
        subpath: mount.volume?.subpath ?? null,
      }
    case 'bind':
      // Absent means true in the specification; only a written false forbids the making of the folder.
      return {
        kind: 'bind',
        source: mount.source ?? '',
        target,
        readOnly,
        createHostPath: mount.bind?.create_host_path !== false,
        propagation: mount.bind?.propagation ?? null,
      }
    case 'tmpfs':
      return {
        kind: 'tmpfs',
        target,
        sizeBytes: mount.tmpfs?.size === undefined ? null : parseComposeBytes(mount.tmpfs.size),
        mode: mount.tmpfs?.mode ?? null,
      }
    default:
      return { kind: 'other', type: mount.type, target }
  }
}

/** Docker's short form: '/run:size=64m,mode=1777'. */
const tmpfsOf = (entry: string): Mount => {
  const at = entry.indexOf(':')
  const target = at < 0 ? entry : entry.slice(0, at)
  const options = new URLSearchParams(at < 0 ? '' : entry.slice(at + 1).replaceAll(',', '&'))
  const size = options.get('size')
  const mode = options.get('mode')
  return {
    kind: 'tmpfs',
    target,
    sizeBytes: size === null ? null : parseComposeBytes(size),
    mode: mode === null ? null : Number.parseInt(mode, 8),
  }
}

/** `folder` is where a bare name lands: '/' for configs, '/run/secrets/' for secrets. */
export const fileMountsOf = (mounts: readonly ComposeFileMount[] | undefined, folder: string): readonly FileMount[] =>
  (mounts ?? []).map((mount) => ({
    source: mount.source,
    target: absolute(mount.target ?? mount.source, folder),
    uid: mount.uid ?? null,
    gid: mount.gid ?? null,
    mode: modeOf(mount.mode),
  }))

const absolute = (target: string, folder: string): string => (target.startsWith('/') ? target : folder + target)

/** The canonical form writes modes as octal text. */
const modeOf = (mode: string | number | undefined): number | null => {
  if (mode === undefined) return null
  const number = typeof mode === 'number' ? mode : Number.parseInt(mode.replace(/^0o/, ''), 8)
  return Number.isInteger(number) ? number : null
}
