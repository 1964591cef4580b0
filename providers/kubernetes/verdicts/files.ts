// Mounts, configs and secrets: fields whose verdict depends on what they say.
import type { FileMount, Mount, Volume } from '../../../core/model/app.ts'
import { formatBytes } from '../../../core/model/quantity.ts'
import { isDnsLabelName } from '../names.ts'
import { claimSize, DEFAULT_SIZE_BYTES, needsOneNode, storageClassOf } from '../render/claims.ts'
import { hasOptIn } from '../render/demands.ts'
import { bindKind, nfsOf, volumeOf } from '../render/volume-kind.ts'
import { about, coded, type Finding, type Judged, noted, type Rule, refused, when } from './finding.ts'

const mounts: Rule = (judged) => judged.service.mounts.flatMap((mount) => mountFindings(mount, judged))

const mountFindings = (mount: Mount, judged: Judged): readonly Finding[] => {
  switch (mount.kind) {
    case 'volume':
      return namedVolume(mount, judged)
    case 'anonymous':
      return [about('volumes', `volumes: what is in ${mount.target} goes with the pod; a named volume stays`)]
    case 'bind':
      return bind(mount, judged)
    case 'tmpfs':
      return when(mount.mode !== null, () =>
        about('tmpfs', `tmpfs: ${mount.target} is writable for all, whatever the mode`),
      )
    case 'other':
      return [
        coded(
          'SP1205',
          refused(
            'volumes',
            `volumes: a mount of type ${mount.type} has no counterpart`,
            'use a volume, a config or tmpfs',
          ),
        ),
      ]
    default:
      return mount satisfies never
  }
}

const SOCKETS = /(^|\/)(docker|containerd|podman|crio|buildkitd)\.sock$/

const bind = (mount: Extract<Mount, { kind: 'bind' }>, { service, context }: Judged): readonly Finding[] => {
  const kind = bindKind(mount, context.spec)
  if (kind === 'clock') return [about('volumes', `volumes: ${mount.source} is left out; set TZ in the environment`)]
  if (kind === 'project')
    return when(!mount.readOnly, () =>
      about('volumes', `volumes: ${mount.source} is a copy of the project's files, which the service cannot write`),
    )
  if (hasOptIn(service, 'hostPath'))
    return [noted('SP1254', 'volumes', `volumes: ${mount.source} of the node is mounted (allowed by hostPath)`)]
  if (SOCKETS.test(mount.source))
    return [
      coded(
        'SP1204',
        refused(
          'volumes',
          `volumes: the engine's socket ${mount.source} gives control of a machine`,
          'leave the mount out',
        ),
      ),
    ]
  const content = context.spec.app.binds?.[mount.source]
  const why = content?.kind === 'unfit' ? `: ${content.because}` : ''
  return [
    coded(
      'SP1254',
      refused(
        'volumes',
        `volumes: ${mount.source} is a path of this machine, and no node has it${why}`,
        'use a named volume for data, configs: for files',
      ),
    ),
  ]
}

const namedVolume = (mount: Extract<Mount, { kind: 'volume' }>, judged: Judged): readonly Finding[] => {
  const { service, context } = judged
  const volume = volumeOf(mount.volume, context.spec)
  const use = context.volumes.get(mount.volume)
  if (volume === undefined || use === undefined) return []
  if (nfsOf(volume) !== null) return []
  const single = needsOneNode(use, context)
  return [
    ...driverFindings(volume, judged),
    ...when(volume.external && !isDnsLabelName(volume.name), () =>
      refused('volumes', `volumes: no claim can be called ${volume.name}`, 'rename the external volume'),
    ),
    ...when(single && service.mode === 'global', () =>
      refused(
        'volumes',
        `volumes: ${volume.key} is wanted on every node, and its class is not known to be shared`,
        SHARE,
      ),
    ),
    ...when(single && service.mode !== 'global', () =>
      about('volumes', `volumes: all replicas with ${volume.key} run on one node; ${SHARE}`),
    ),
    ...when(!volume.external && claimSize(volume, context) === DEFAULT_SIZE_BYTES && volume.sizeBytes === null, () =>
      about(
        'volumes',
        `volumes: ${volume.key} gets ${formatBytes(DEFAULT_SIZE_BYTES)}; x-stormport.size of the volume says another`,
      ),
    ),
    ...when(!volume.external && !mount.nocopy && !mount.readOnly, () =>
      about(
        'volumes',
        `volumes: ${volume.key} begins empty; what the image has in ${mount.target} is not copied into it`,
      ),
    ),
  ]
}

const SHARE = 'a class that several nodes can mount (x-stormport.class, assume.sharedStorageClasses) lifts that'

const driverFindings = (volume: Volume, { context }: Judged): readonly Finding[] => {
  const { driver, driver_opts: options = {} } = volume.compose
  if (volume.external || storageClassOf(volume, context) !== null) return []
  const others = Object.keys(options).filter((key) => key !== 'size')
  const foreign = driver !== undefined && driver !== 'local'
  return when(foreign || others.length > 0, () =>
    refused(
      'volumes',
      `volumes: ${volume.key} is made by ${foreign ? `the driver ${driver}` : `the options ${others.join(', ')}`} of an engine`,
      'give it a storage class: x-stormport: { class: NAME }',
    ),
  )
}

const LARGEST_BYTES = 1024 ** 2

const fileObjects: Rule = (judged) =>
  (['configs', 'secrets'] as const).flatMap((field) =>
    judged.service[field].flatMap((mount) => fileFindings(field, mount, judged)),
  )

const fileFindings = (field: 'configs' | 'secrets', mount: FileMount, { context }: Judged): readonly Finding[] => {
  const file = context.spec.app[field].find((f) => f.key === mount.source)
  if (file === undefined) return []
  const what = `${field}: ${mount.source}`
  const size =
    typeof file.content === 'string' ? Buffer.byteLength(file.content) : Buffer.byteLength(file.content?.reveal() ?? '')
  return [
    ...when(mount.uid !== null || mount.gid !== null, () =>
      about(field, `${what} belongs to root and the group of the pod, whatever uid and gid say`),
    ),
    ...when(size > LARGEST_BYTES, () =>
      refused(
        field,
        `${what} is larger than 1 MiB, which a cluster does not keep`,
        'put it into the image or a volume',
      ),
    ),
    ...when(file.external && !isDnsLabelName(file.name), () =>
      refused(
        field,
        `${what} is external, and nothing on a cluster can be called ${file.name}`,
        'give it another name',
      ),
    ),
    ...when(file.external && isDnsLabelName(file.name), () =>
      about(field, `${what} is taken from key ${file.key} of ${file.name} in the namespace`),
    ),
  ]
}

export const fileRules: readonly Rule[] = [mounts, fileObjects]
