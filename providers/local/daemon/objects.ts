// Desired objects as the daemon keeps them: what the engine applied, and what became of it.
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { LocalBody } from '../spec.ts'

export interface StoredObject {
  readonly target: string
  readonly app: string
  readonly id: string
  readonly kind: LocalBody['kind']
  readonly name: string
  readonly service: string | null
  readonly stage: number
  readonly guard: NativeObject['guard']
  readonly hash: string
  readonly release: number
  /** Secrets are references. */
  readonly body: LocalBody
  readonly uid: string
  /** Networks and volumes: node → made by us (false: it was there before and is only used). */
  readonly nodes: Readonly<Record<string, boolean>>
  /** Goes when nothing uses it any more. */
  readonly removing: boolean
  /** Why it cannot go. */
  readonly trouble: string | null
}
