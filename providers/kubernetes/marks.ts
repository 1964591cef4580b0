// What we write on every object besides its body: the hash and the stage that it was applied with, its release, and the
// body itself, so that a difference can be shown field by field and a lost field is known. Secrets carry no body.
import type { NativeObject } from '../../core/model/native-object.ts'
import { annotationOf, labelOf } from './client/metadata.ts'
import { managersOf } from './managed-fields.ts'
import { APP_LABEL, labelValue, MANAGER } from './names.ts'
import { asObject, type RawObject } from './raw.ts'

export const HASH = 'stormport.dev/hash'
export const STAGE = 'stormport.dev/stage'
export const RELEASE = 'stormport.dev/release'
export const APPLIED = 'stormport.dev/applied'

/** Annotations of one object may hold 256 KiB in all. */
const LONGEST_BODY = 128 * 1024

/** The body as it is sent, secrets still unrevealed. */
export const marked = (object: NativeObject, release: number): RawObject => {
  const body = asObject(object.body)
  const metadata = asObject(body['metadata'])
  const applied = object.kind === 'Secret' ? null : JSON.stringify(body)
  return {
    ...body,
    metadata: {
      ...metadata,
      labels: { ...asObject(metadata['labels']), [RELEASE]: String(release) },
      annotations: {
        ...asObject(metadata['annotations']),
        [HASH]: object.hash,
        [STAGE]: String(object.stage),
        [RELEASE]: String(release),
        ...(applied === null || applied.length > LONGEST_BODY ? {} : { [APPLIED]: applied }),
      },
    },
  }
}

/** The label alone is no proof: anybody can copy it. */
export const isOurs = (object: RawObject, app: string): boolean =>
  labelOf(object, APP_LABEL) === labelValue(app) && managersOf(object).includes(MANAGER)

export const appliedBody = (object: RawObject): unknown => bodyIn(annotationOf(object, APPLIED))

export const bodyIn = (text: string | null): unknown => {
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const releaseOf = (object: RawObject): number | null => {
  const text = annotationOf(object, RELEASE)
  return text !== null && /^\d+$/.test(text) ? Number(text) : null
}
