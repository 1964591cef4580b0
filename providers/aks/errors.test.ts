// Every documented error has a class, words, a remedy and an exit; what one code means by its text is told apart.
import { describe, expect, it } from 'vitest'
import { EXITS } from '../../core/errors.ts'
import { AZURE_ERRORS, azureError, BY_TEXT, ruleOf } from './errors.ts'
import { azureFault } from './fault.ts'

const fault = (code: string, message: string, status = 409) =>
  azureFault({ status, body: JSON.stringify({ error: { code, message } }), retryAfter: null })

/** Codes of the AKS error code page and of ARM that a deploy can meet, by what is done about them. */
const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  QuotaExceeded: ['QuotaExceeded', 'ManagedClusterCountExceedsQuotaLimit'],
  InsufficientCapacity: [
    ...['SkuNotAvailable', 'AllocationFailed', 'ZonalAllocationFailed', 'OverconstrainedAllocationRequest'],
    ...['OverconstrainedZonalAllocationRequest', 'AksCapacityHeavyUsage', 'VMSizeNotSupported'],
    'AvailabilityZoneNotSupported',
  ],
  Conflict: [
    ...['EtagMismatch', 'PreConditionFailed', 'AKSOperationPreempted', 'UnsatisfiablePDB', 'UpgradeFailed'],
    ...['PodDrainFailure', 'ResourceGroupBeingDeleted'],
  ],
  InvalidSpec: ['SubnetIsFull', 'InsufficientSubnetSize', 'InvalidParameter', 'OperationNotAllowed', 'BadRequest'],
  Unhealthy: ['VMExtensionProvisioningError', 'NodesNotReady'],
  Unreachable: ['ReconcileVMSSAgentPoolFailed'],
  Forbidden: ['AuthorizationFailed', 'LinkedAuthorizationFailed', 'MissingSubscriptionRegistration'],
  NotFound: ['ResourceNotFound', 'ResourceGroupNotFound', 'AKSOperationPreemptedByDelete'],
  Throttled: ['Throttled'],
  Timeout: ['ResourceGroupDeletionTimeout'],
}

describe('AZURE_ERRORS', () => {
  it.each(Object.entries(AZURE_ERRORS))('%s has words, a remedy and an exit', (code, rule) => {
    const error = azureError(fault(code, 'said so'), 'set up pool p', 'azure')
    expect(error.code).toBe(rule.code)
    expect(error.message).toContain(`set up pool p: ${rule.words} (${code}: said so)`)
    expect(error.details.hint).toBe(rule.hint)
    expect(rule.hint.length).toBeGreaterThan(10)
    expect(EXITS[error.code]).toBeGreaterThan(0)
  })

  it.each(Object.entries(DOCUMENTED).flatMap(([kind, codes]) => codes.map((code) => [code, kind] as const)))(
    '%s is %s',
    (code, kind) => {
      expect(ruleOf(fault(code, ''))?.code).toBe(kind)
    },
  )
})

describe('OperationNotAllowed', () => {
  it.each([
    ['exceeding approved StandardNCADSA100v4Family Cores quota. Current Limit: 0', 'QuotaExceeded', 'the named family'],
    ['exceeding approved LowPriorityCores quota. Current Limit: 0', 'QuotaExceeded', 'add on-demand'],
    ['Another agentpool operation (p - Creating) is in progress, please wait', 'Conflict', 'in a while'],
    ['System node pools can not be stopped.', 'InvalidSpec', 'correct the key'],
  ])('%s is %s', (message, code, hint) => {
    const error = azureError(fault('OperationNotAllowed', message), 'x', 'azure')
    expect(error.code).toBe(code)
    expect(error.details.hint).toContain(hint)
  })

  it('has no rule by text that its codes and text cannot reach', () => {
    expect(BY_TEXT.every(({ codes }) => codes.length > 0)).toBe(true)
  })
})

describe('bodies', () => {
  it('is judged by the innermost detail that is known', () => {
    const inner = { code: 'QuotaExceeded', message: 'Current Limit: 10' }
    const body = { code: 'InvalidTemplateDeployment', message: 'See inner errors', details: [inner] }
    const error = azureError(azureFault({ status: 400, body: JSON.stringify(body), retryAfter: null }), 'x', 'azure')
    expect(error).toMatchObject({ code: 'QuotaExceeded', message: expect.stringContaining('Current Limit: 10') })
  })

  it('is judged by the JSON that a message quotes', () => {
    const quoted = JSON.stringify({ error: { code: 'SkuNotAvailable', message: 'not in zone 1' } })
    const error = azureError(fault('ReconcileVMSSAgentPoolFailed', `VMSS failed: ${quoted}`), 'x', 'azure')
    expect(error).toMatchObject({ code: 'InsufficientCapacity', message: expect.stringContaining('not in zone 1') })
  })

  it('keeps the wait that the service asks for', () => {
    const body = JSON.stringify({ error: { code: 'Throttled', message: '' } })
    const error = azureError(azureFault({ status: 429, body, retryAfter: '7' }), 'x', 'azure')
    expect(error.details).toMatchObject({ retry: 'later', retryAfterMs: 7_000 })
  })

  it('says the own words of what nobody documents', () => {
    const error = azureError(fault('Surprise', 'boo', 400), 'x', 'azure')
    expect(error).toMatchObject({ code: 'Internal', message: 'x: Surprise: boo', details: { diagnostic: 'SP4501' } })
  })
})
