// What cannot be changed in place: the shape of a network or a volume is fixed when an engine makes it.
import { canonicalJson } from '../../core/model/canonical.ts'
import type { Because, NativeObject } from '../../core/model/native-object.ts'
import type { ObservedObject } from '../../core/model/replica.ts'

export const replaces = (live: ObservedObject, want: NativeObject): Because | undefined => {
  if (live.kind !== 'network' && live.kind !== 'volume') return undefined
  if (live.body === undefined || canonicalJson(shape(live.body)) === canonicalJson(shape(want.body))) return undefined
  return { because: `the options of ${live.kind} ${live.name} changed, and an engine fixes them when it makes one` }
}

/** Who uses a volume is no part of its shape. */
const shape = (body: unknown): unknown => {
  if (typeof body !== 'object' || body === null) return body
  const { drivers: _drivers, ...rest } = body as Readonly<Record<string, unknown>>
  return rest
}
