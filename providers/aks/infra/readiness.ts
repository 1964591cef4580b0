// What AKS says of a thing, as ready, on its way, or failed with the cause. The state of the resource decides, not that of the
// operation alone: an operation may be lost, or stay in progress though its resource is done (Azure/AKS#1968).
import type { ErrorDetail } from '@azure/arm-containerservice'
import type { Readiness } from '../../../core/model/replica.ts'
import { ruleOf } from '../errors.ts'
import { type AzureFault, azureFault, errorOf } from '../fault.ts'

const READY: Readiness = { state: 'ready', retriable: false }

export interface Seen {
  readonly provisioningState: string | undefined
  /** Kept by the service since 2025; absent where there was none, or it does not keep it. */
  readonly error: ErrorDetail | undefined
  /** What the status of the operation said, where this process has asked for it. */
  readonly cause: AzureFault | null
}

export const readinessOf = ({ provisioningState = 'Succeeded', error, cause }: Seen): Readiness => {
  if (provisioningState === 'Succeeded') return READY
  if (provisioningState !== 'Failed' && provisioningState !== 'Canceled')
    return { state: 'progressing', message: words(provisioningState), retriable: true }
  const fault = cause ?? kept(error)
  // Nobody knows why: the next step is sent again, and tells.
  if (fault === null) return { state: 'failed', reason: 'Failed', message: words(provisioningState), retriable: false }
  const rule = ruleOf(fault)
  const inner = fault.details.at(-1) ?? fault
  const said = `${inner.code}: ${inner.message}`
  const message = rule === null ? said : `${rule.words} (${said}); ${rule.hint}`
  return { state: 'failed', reason: rule?.code ?? 'Failed', message, retriable: false }
}

const kept = (error: ErrorDetail | undefined): AzureFault | null =>
  error?.code === undefined ? null : azureFault({ status: 0, body: JSON.stringify(error), retryAfter: null })

/** null: it goes on, ended well, or says nothing of why. */
export const causeOf = (status: unknown): AzureFault | null => {
  const found = errorOf(status)
  return found.code === '' ? null : azureFault({ status: 0, body: JSON.stringify(status), retryAfter: null })
}

/** 'UpgradingNodeImageVersion' → 'upgrading node image version'. */
const words = (state: string): string => state.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
