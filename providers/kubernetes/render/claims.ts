// Named volumes: one claim each, shared by the services that mount it as in Compose. Claims are data: never pruned with a
// release, never replaced.
import type { Volume } from '../../../core/model/app.ts'
import type { NativeObject } from '../../../core/model/native-object.ts'
import { GIBIBYTE, parseComposeBytes } from '../../../core/model/quantity.ts'
import { dnsLabel, labelValue, VOLUME_LABEL } from '../names.ts'
import type { RenderContext, VolumeUse } from './context.ts'
import { defined, nativeObject, STAGE, sorted } from './object.ts'
import { writtenAnnotations } from './pod-annotations.ts'
import { bytesQuantity } from './quantity.ts'
import { nfsOf } from './volume-kind.ts'

/** Where neither the volume nor the target says a size. */
export const DEFAULT_SIZE_BYTES = 10 * GIBIBYTE

/** A name that the file gives is kept; else the key, because the namespace already is the application. */
export const claimName = (volume: Volume, app: string): string =>
  volume.external || volume.name !== `${app}_${volume.key}` ? dnsLabel(volume.name) : dnsLabel(volume.key)

export const claimSize = (volume: Volume, context: RenderContext): number =>
  volume.sizeBytes ??
  parseComposeBytes(String(volume.compose.driver_opts?.['size'] ?? '')) ??
  context.settings.storage.sizeBytes ??
  DEFAULT_SIZE_BYTES

export const storageClassOf = (volume: Volume, context: RenderContext): string | null =>
  volume.class ?? context.settings.storage.class

/** Several pods mount it, and its class lets them do so from several nodes. */
export const isSharedByClass = (use: VolumeUse, context: RenderContext): boolean => {
  const name = storageClassOf(use.volume, context) ?? context.facts.defaultStorageClass
  return use.pods > 1 && name !== null && context.facts.sharedStorageClasses.includes(name)
}

/** Several pods mount it, but only one node at a time can: they are kept on one node, as Compose keeps them on one machine. */
export const needsOneNode = (use: VolumeUse, context: RenderContext): boolean =>
  use.pods > 1 && nfsOf(use.volume) === null && !isSharedByClass(use, context)

export const claims = (context: RenderContext): readonly NativeObject[] =>
  sorted(context.volumes.values(), (use) => use.volume.key)
    .filter(({ volume }) => !volume.external && nfsOf(volume) === null)
    .map((use) => claim(use, context))

const claim = (use: VolumeUse, context: RenderContext): NativeObject => {
  const { volume } = use
  return nativeObject(context, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    name: claimName(volume, context.spec.app.name),
    stage: STAGE.passive,
    guard: 'data',
    labels: { [VOLUME_LABEL]: labelValue(volume.key) },
    annotations: writtenAnnotations(volume.compose.labels),
    fields: {
      spec: defined({
        accessModes: [isSharedByClass(use, context) ? 'ReadWriteMany' : 'ReadWriteOnce'],
        resources: { requests: { storage: bytesQuantity(claimSize(volume, context)) } },
        storageClassName: storageClassOf(volume, context) ?? undefined,
      }),
    },
  })
}
