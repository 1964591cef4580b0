// What the fake cloud keeps of each thing that it was asked for.
import type { NativeObject } from '../../../core/model/native-object.ts'

export interface Thing {
  readonly want: NativeObject
  readonly body: ThingBody
  readonly phase: 'creating' | 'ready' | 'failed' | 'deleting'
  /** Looks until it goes on. */
  readonly left: number
}

export interface ThingBody {
  readonly pool?: string
  readonly capacityType?: 'spot' | 'on-demand'
  readonly types?: readonly string[]
}

export const contentBody = (body: unknown): ThingBody => (typeof body === 'object' && body !== null ? body : {})
