// What a pod mounts: claims, memory, files of the project, folders of the node where that is allowed.
import type { Mount } from '../../../core/model/app.ts'
import type { ServiceSpec } from '../../../core/model/native-object.ts'
import { parseComposeBytes } from '../../../core/model/quantity.ts'
import { dnsLabel } from '../names.ts'
import { bindSecretName } from './bind-files.ts'
import { claimName } from './claims.ts'
import type { RenderContext } from './context.ts'
import { hasOptIn } from './demands.ts'
import { fileMounts } from './files.ts'
import { defined, type Json } from './object.ts'
import { bytesQuantity } from './quantity.ts'
import { bindKind, nfsOf, volumeOf } from './volume-kind.ts'

export interface PodMounts {
  readonly volumes: readonly Json[]
  readonly mounts: readonly Json[]
}

interface Mounted {
  readonly volume: Json
  readonly mounts: readonly Json[]
}

/** A path can be mounted once: the last one written wins, as in Compose. */
export const podMounts = (s: ServiceSpec, context: RenderContext): PodMounts => {
  const mounted = [
    ...s.service.mounts.flatMap((mount, i) => mountOf(mount, i, { s, context })),
    ...sharedMemory(s),
    ...fileMounts(s, context),
  ]
  const mounts = new Map(mounted.flatMap((m) => m.mounts.map((mount) => [String(mount['mountPath']), mount] as const)))
  const used = new Set([...mounts.values()].map((mount) => mount['name']))
  const volumes = new Map(mounted.map((m) => [String(m.volume['name']), m.volume]))
  return { volumes: [...volumes.values()].filter((v) => used.has(v['name'])), mounts: [...mounts.values()] }
}

interface Where {
  readonly s: ServiceSpec
  readonly context: RenderContext
}

const mountOf = (mount: Mount, index: number, where: Where): readonly Mounted[] => {
  switch (mount.kind) {
    case 'volume':
      return namedVolume(mount, where.context)
    case 'anonymous':
      return [memory(`anonymous-${index}`, mount.target, { readOnly: mount.readOnly })]
    case 'tmpfs':
      return [memory(`tmpfs-${index}`, mount.target, { medium: 'Memory', sizeBytes: mount.sizeBytes })]
    case 'bind':
      return bind(mount, index, where)
    case 'other':
      return []
    default:
      return mount satisfies never
  }
}

const namedVolume = (mount: Extract<Mount, { kind: 'volume' }>, context: RenderContext): readonly Mounted[] => {
  const volume = volumeOf(mount.volume, context.spec)
  if (volume === undefined) return []
  const name = dnsLabel(`volume-${mount.volume}`)
  const share = nfsOf(volume)
  const source =
    share === null
      ? { persistentVolumeClaim: { claimName: claimName(volume, context.spec.app.name) } }
      : { nfs: { server: share.server, path: share.path } }
  const at = defined({
    name,
    mountPath: mount.target,
    subPath: mount.subpath ?? undefined,
    readOnly: mount.readOnly ? true : undefined,
  })
  return [{ volume: { name, ...source }, mounts: [at] }]
}

interface MemoryOptions {
  readonly medium?: 'Memory'
  readonly sizeBytes?: number | null
  readonly readOnly?: boolean
}

const memory = (name: string, target: string, { medium, sizeBytes, readOnly }: MemoryOptions): Mounted => ({
  volume: {
    name,
    emptyDir: defined({
      medium,
      sizeLimit: sizeBytes === undefined || sizeBytes === null ? undefined : bytesQuantity(sizeBytes),
    }),
  },
  mounts: [defined({ name, mountPath: target, readOnly: readOnly === true ? true : undefined })],
})

const bind = (mount: Extract<Mount, { kind: 'bind' }>, index: number, { s, context }: Where): readonly Mounted[] => {
  const kind = bindKind(mount, context.spec)
  if (kind === 'clock') return []
  if (kind === 'project') return projectFiles(mount, index, context)
  if (!hasOptIn(s.service, 'hostPath')) return []
  const name = `host-${index}`
  return [
    {
      volume: {
        name,
        hostPath: { path: mount.source, type: mount.createHostPath ? 'DirectoryOrCreate' : '' },
      },
      mounts: [
        defined({
          name,
          mountPath: mount.target,
          readOnly: mount.readOnly ? true : undefined,
          mountPropagation: PROPAGATION[mount.propagation ?? ''],
        }),
      ],
    },
  ]
}

const PROPAGATION: Readonly<Record<string, string>> = {
  shared: 'Bidirectional',
  rshared: 'Bidirectional',
  slave: 'HostToContainer',
  rslave: 'HostToContainer',
}

/** One file is mounted over its path alone, so that what lies beside it in the image stays. */
const projectFiles = (
  mount: Extract<Mount, { kind: 'bind' }>,
  index: number,
  context: RenderContext,
): readonly Mounted[] => {
  const content = context.spec.app.binds?.[mount.source]
  if (content?.kind !== 'files') return []
  const name = `bind-${index}`
  const single = content.files.length === 1 && content.files[0]?.path === ''
  const items = content.files.map((file, i) => ({ key: `file-${i}`, path: single ? 'file' : file.path }))
  return [
    {
      volume: { name, secret: { secretName: bindSecretName(mount.source, context), items } },
      mounts: [defined({ name, mountPath: mount.target, subPath: single ? 'file' : undefined, readOnly: true })],
    },
  ]
}

/** The runtime's own /dev/shm has 64 MiB; a larger one counts to the memory limit as in Compose. */
const sharedMemory = ({ service }: ServiceSpec): readonly Mounted[] => {
  const size = service.compose.shm_size
  const sizeBytes = size === undefined ? null : parseComposeBytes(size)
  return sizeBytes === null ? [] : [memory('shm', '/dev/shm', { medium: 'Memory', sizeBytes })]
}
