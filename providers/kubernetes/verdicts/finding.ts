// One thing that a cluster cannot do as the file says, with what can be done about it.
import type { Service } from '../../../core/model/app.ts'
import type { ServiceSpec } from '../../../core/model/native-object.ts'
import type { RenderContext } from '../render/context.ts'

export interface Finding {
  readonly code: string
  /** Path below the service. */
  readonly field: string
  /** noted: it holds, and is worth knowing. */
  readonly kind: 'approximated' | 'refused' | 'noted'
  readonly message: string
  readonly hint?: string
}

export interface Judged {
  readonly s: ServiceSpec
  readonly service: Service
  readonly context: RenderContext
}

export type Rule = (judged: Judged) => readonly Finding[]

/** Works a little differently. */
export const about = (field: string, message: string): Finding => ({
  code: 'SP1202',
  field,
  kind: 'approximated',
  message,
})

/** Would be lost or would fail. */
export const refused = (field: string, message: string, hint: string): Finding => ({
  code: 'SP1201',
  field,
  kind: 'refused',
  message,
  hint,
})

/** The same finding under a code of its own. */
export const coded = (code: string, finding: Finding): Finding => ({ ...finding, code })

export const noted = (code: string, field: string, message: string): Finding => ({
  code,
  field,
  kind: 'noted',
  message,
})

export const when = (condition: boolean, finding: () => Finding): readonly Finding[] => (condition ? [finding()] : [])
