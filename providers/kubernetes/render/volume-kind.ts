// What a mount of Compose becomes on a cluster. Binds of the project's own small files travel as Secrets; every other
// path of a machine has no counterpart, because no node is that machine.
import type { Mount, Volume } from '../../../core/model/app.ts'
import type { TargetSpec } from '../../../core/model/native-object.ts'

export type BindKind = 'clock' | 'project' | 'host'

/** Files that containers get so that their clock shows the host's zone; a node's zone is UTC. */
const CLOCK = ['/etc/localtime', '/etc/timezone']

export const bindKind = (mount: Extract<Mount, { kind: 'bind' }>, spec: TargetSpec): BindKind => {
  if (CLOCK.includes(mount.source)) return 'clock'
  return spec.app.binds?.[mount.source]?.kind === 'files' ? 'project' : 'host'
}

export const isHostPath = (mount: Mount, spec: TargetSpec): boolean =>
  mount.kind === 'bind' && bindKind(mount, spec) === 'host'

export const volumeOf = (key: string, spec: TargetSpec): Volume | undefined =>
  spec.app.volumes.find((v) => v.key === key)

export interface NfsShare {
  readonly server: string
  readonly path: string
}

/** `driver_opts: { type: nfs, o: "addr=10.0.0.1,rw", device: ":/data" }` of the local driver. */
export const nfsOf = (volume: Volume | undefined): NfsShare | null => {
  const { driver = 'local', driver_opts: options = {} } = volume?.compose ?? {}
  if (driver !== 'local') return null
  if (!/^nfs4?$/.test(String(options['type'] ?? ''))) return null
  const server = /(?:^|,)addr=([^,]+)/.exec(String(options['o'] ?? ''))?.[1]
  const device = String(options['device'] ?? '')
  const path = device.slice(device.indexOf(':') + 1)
  return server === undefined || path === '' ? null : { server, path }
}

export const isInlineNfs = (mount: Mount, spec: TargetSpec): boolean =>
  mount.kind === 'volume' && nfsOf(volumeOf(mount.volume, spec)) !== null
