// Configs and secrets: immutable objects whose names end in a hash of their content, mounted file by file.
import type { FileMount, FileObject } from '../../../core/model/app.ts'
import { contentHash } from '../../../core/model/canonical.ts'
import type { NativeObject, ServiceSpec } from '../../../core/model/native-object.ts'
import { Secret } from '../../../core/model/secret.ts'
import { dnsLabel, hashedName } from '../names.ts'
import type { RenderContext } from './context.ts'
import { secretFields } from './environment.ts'
import { defined, type Json, nativeObject, STAGE, sorted } from './object.ts'

/** The one key of an object that holds one file; an external object must have its file under the Compose key. */
const FILE_KEY = 'file'

/** Compose makes them readable for all inside the container. */
const DEFAULT_MODE = 0o444

type FileKind = 'configs' | 'secrets'
const KINDS: readonly FileKind[] = ['configs', 'secrets']

/** A config that holds something secret is a Secret, whatever Compose calls it. */
const isSecretObject = (file: FileObject, kind: FileKind): boolean =>
  kind === 'secrets' || (file.content instanceof Secret && !file.external)

export const fileObjectName = (file: FileObject, kind: FileKind): string =>
  file.external
    ? dnsLabel(file.name)
    : hashedName(`${kind === 'configs' ? 'config' : 'secret'}-${file.key}`, contentHash(file.content))

export const fileObjects = (context: RenderContext): readonly NativeObject[] =>
  KINDS.flatMap((kind) => {
    const used = new Set(context.spec.services.flatMap((s) => s.service[kind].map((m) => m.source)))
    return sorted(context.spec.app[kind], (file) => file.key)
      .filter((file) => used.has(file.key) && !file.external && file.content !== null)
      .map((file) => fileObject(file, kind, context))
  })

const fileObject = (file: FileObject, kind: FileKind, context: RenderContext): NativeObject => {
  const secret = isSecretObject(file, kind)
  const content = file.content ?? ''
  // A secret without protection cannot come out of the loader; a literal one is still kept where secrets are kept.
  const value = secret && !(content instanceof Secret) ? new Secret(`${kind}.${file.key}`, content) : content
  return nativeObject(context, {
    apiVersion: 'v1',
    kind: secret ? 'Secret' : 'ConfigMap',
    name: fileObjectName(file, kind),
    stage: STAGE.passive,
    fields: value instanceof Secret ? secretFields({ [FILE_KEY]: value }) : { immutable: true, data: { file: value } },
  })
}

interface MountedFile {
  readonly mount: FileMount
  readonly file: FileObject
  readonly kind: FileKind
  /** Below the projected volume: 'configs/nginx'. */
  readonly path: string
}

const mountedFiles = ({ service }: ServiceSpec, context: RenderContext): readonly MountedFile[] =>
  KINDS.flatMap((kind) =>
    service[kind].flatMap((mount, i): readonly MountedFile[] => {
      const file = context.spec.app[kind].find((f) => f.key === mount.source)
      return file === undefined ? [] : [{ mount, file, kind, path: `${kind}/${i}` }]
    }),
  )

/** All files of a service in one projected volume, each mounted over its own path: what lies beside it in the image stays. */
export const fileMounts = (
  s: ServiceSpec,
  context: RenderContext,
): readonly { readonly volume: Json; readonly mounts: readonly Json[] }[] => {
  const files = mountedFiles(s, context)
  if (files.length === 0) return []
  return [
    {
      volume: {
        name: 'files',
        projected: { defaultMode: DEFAULT_MODE, sources: files.map(sourceOf) },
      },
      mounts: files.map(({ mount, path }) => ({
        name: 'files',
        mountPath: mount.target,
        subPath: path,
        readOnly: true,
      })),
    },
  ]
}

const sourceOf = ({ mount, file, kind, path }: MountedFile): Json => ({
  [isSecretObject(file, kind) ? 'secret' : 'configMap']: {
    name: fileObjectName(file, kind),
    items: [defined({ key: file.external ? file.key : FILE_KEY, path, mode: mount.mode ?? undefined })],
  },
})
