// Every error of Azure as one of ours: its class, why it is, and the one thing to do. The table is what the tests walk; one
// code may mean several things (OperationNotAllowed), so the service's own words are looked at first, nested ones too.
import { type ErrorCode, StormportError } from '../../core/errors.ts'
import { type AzureFault, isAzureFault } from './fault.ts'

export interface ErrorRule {
  readonly code: ErrorCode
  /** Stands in front of the service's own words. */
  readonly words: string
  readonly hint: string
  readonly retry?: 'later'
}

const CHECK = 'see `stormport target check`'
const LATER = 'run the same command again in a while'
const SIGN_IN = 'sign in again, such as with `az login`, or renew the secret of the service principal'
const QUOTA = 'ask for a higher quota of the named family in the Azure portal, or list other models in the pool'
const OTHER_SIZE = 'list more models, zones or ways to buy in the pool'
const RIGHTS = 'give the named principal the named action at the named scope; a new assignment takes minutes to hold'

const quota: ErrorRule = { code: 'QuotaExceeded', words: 'a quota of the subscription is reached', hint: QUOTA }
const capacity: ErrorRule = {
  code: 'InsufficientCapacity',
  words: 'Azure has no machine of the size there now',
  hint: OTHER_SIZE,
}
const notOffered: ErrorRule = {
  code: 'InsufficientCapacity',
  words: 'the size or zone is not offered to the subscription there',
  hint: OTHER_SIZE,
}
const pending: ErrorRule = {
  code: 'Conflict',
  words: 'another operation of the cluster is under way',
  hint: LATER,
  retry: 'later',
}
const changed: ErrorRule = { code: 'Conflict', words: 'somebody else changed it meanwhile', hint: LATER }
const invalid: ErrorRule = {
  code: 'InvalidSpec',
  words: 'refused as written',
  hint: 'correct the key that the message names',
}
const gone: ErrorRule = { code: 'NotFound', words: 'not there', hint: CHECK }
const network: ErrorRule = {
  code: 'InvalidSpec',
  words: 'the subnet has too few addresses',
  hint: 'name a larger subnet with create.network.use, or lower max: of the pools',
}
const throttled: ErrorRule = { code: 'Throttled', words: 'too many requests', hint: LATER, retry: 'later' }
const signedOut: ErrorRule = { code: 'Unauthenticated', words: 'the credentials are refused', hint: SIGN_IN }
const forbidden: ErrorRule = { code: 'Forbidden', words: 'not allowed', hint: RIGHTS }
const drained: ErrorRule = {
  code: 'Conflict',
  words: 'pods may not be moved off a node',
  hint: 'loosen the named PodDisruptionBudget or add replicas, then run again',
}
const broken: ErrorRule = { code: 'Unreachable', words: 'Azure had a fault', hint: LATER, retry: 'later' }

/** By the code of the error. Sources: AKS error code page, ARM's common deployment errors, and bodies seen in public issues. */
export const AZURE_ERRORS: Readonly<Record<string, ErrorRule>> = {
  QuotaExceeded: quota,
  ManagedClusterCountExceedsQuotaLimit: {
    ...quota,
    words: 'the subscription has as many clusters as it may',
    hint: 'remove a cluster, or ask for a higher limit of managed clusters',
  },
  SkuNotAvailable: capacity,
  AllocationFailed: capacity,
  ZonalAllocationFailed: capacity,
  OverconstrainedAllocationRequest: capacity,
  OverconstrainedZonalAllocationRequest: capacity,
  AksCapacityHeavyUsage: {
    ...capacity,
    words: 'the region takes no further clusters now',
    hint: 'choose another location:, or run again later',
  },
  VMSizeNotSupported: notOffered,
  AvailabilityZoneNotSupported: notOffered,
  SystemPoolSkuTooLow: invalid,
  EtagMismatch: changed,
  PreConditionFailed: changed,
  PreconditionFailed: changed,
  AKSOperationPreempted: { ...pending, words: 'another operation took its place' },
  AKSOperationPreemptedByDelete: { ...gone, words: 'it is being deleted' },
  UnsatisfiablePDB: drained,
  PodDrainFailure: drained,
  UpgradeFailed: { ...drained, words: 'the upgrade stopped' },
  SubnetIsFull: network,
  InsufficientSubnetSize: network,
  VMExtensionProvisioningError: {
    code: 'Unhealthy',
    words: 'machines start and cannot set themselves up',
    hint: 'check that the subnet lets nodes reach the API server, mcr.microsoft.com and DNS',
  },
  NodesNotReady: { code: 'Unhealthy', words: 'nodes do not become ready', hint: CHECK },
  ReconcileVMSSAgentPoolFailed: broken,
  InternalOperationError: broken,
  InternalServerError: broken,
  InternalError: broken,
  ServiceUnavailable: broken,
  ServerTimeout: broken,
  GatewayTimeout: broken,
  ResourceGroupDeletionTimeout: {
    code: 'Timeout',
    words: 'the resource group of the nodes will not go',
    hint: 'remove the named resources, or their locks and private links, and run again',
  },
  ScopeLocked: {
    code: 'Forbidden',
    words: 'a lock forbids it',
    hint: 'remove the lock of the named resource or group, and run again',
  },
  ResourceGroupBeingDeleted: { ...pending, words: 'the resource group is being deleted' },
  MissingSubscriptionRegistration: {
    code: 'Forbidden',
    words: 'the subscription does not use the named service yet',
    hint: 'register it once: az provider register --namespace NAME',
  },
  InvalidParameter: invalid,
  InvalidRequestContent: invalid,
  InvalidCIDR: invalid,
  InvalidResourceGroupLocation: { ...invalid, hint: 'write the location: that the resource group has' },
  OIDCIssuerRequired: invalid,
  CustomSubnetNeedsIdentity: invalid,
  K8sVersionNotSupported: { ...invalid, hint: 'write a version: that the region serves' },
  NodePoolMcVersionIncompatible: { ...invalid, hint: 'upgrade one minor at a time, the control plane first' },
  PropertyChangeNotAllowed: invalid,
  BadRequest: invalid,
  OperationNotAllowed: { ...invalid, words: 'not possible in its present state' },
  ResourceNotFound: gone,
  ResourceGroupNotFound: gone,
  NotFound: gone,
  SubscriptionNotFound: {
    code: 'Forbidden',
    words: 'the subscription is not there for these credentials',
    hint: 'correct subscription: or tenant:, or sign in to the tenant that holds it',
  },
  RoleAssignmentExists: { code: 'Conflict', words: 'assigned already', hint: CHECK },
  PrincipalNotFound: {
    code: 'Throttled',
    words: 'the directory does not know the principal yet',
    hint: 'wait a minute and run again; check the object id if it stays',
    retry: 'later',
  },
  Throttled: throttled,
  TooManyRequests: throttled,
  SubscriptionRequestsThrottled: throttled,
  AuthorizationFailed: forbidden,
  LinkedAuthorizationFailed: forbidden,
  InvalidAuthenticationToken: signedOut,
  ExpiredAuthenticationToken: signedOut,
  AuthenticationFailed: signedOut,
  InvalidAuthenticationTokenTenant: {
    code: 'Forbidden',
    words: 'the credentials are of another tenant',
    hint: 'sign in to the tenant of the subscription, or write tenant:',
  },
}

interface TextRule {
  readonly codes: readonly string[]
  readonly text: RegExp
  readonly rule: ErrorRule
}

/** What the words decide where the code alone does not: looked at before the table. */
export const BY_TEXT: readonly TextRule[] = [
  {
    codes: ['OperationNotAllowed', 'InvalidTemplateDeployment', 'ReconcileVMSSAgentPoolFailed'],
    text: /LowPriorityCores/i,
    rule: { ...quota, words: 'the quota of spot cores is reached', hint: 'add on-demand to capacity: of the pool' },
  },
  {
    codes: ['OperationNotAllowed', 'InvalidTemplateDeployment', 'ReconcileVMSSAgentPoolFailed', 'BadRequest'],
    text: /quota/i,
    rule: quota,
  },
  {
    codes: ['OperationNotAllowed'],
    text: /another (?:agentpool )?operation|operation .*in progress/i,
    rule: pending,
  },
  { codes: ['ReconcileVMSSAgentPoolFailed', 'OperationNotAllowed'], text: /429|too many requests/i, rule: throttled },
  {
    codes: ['BadRequest'],
    text: /not allowed in your subscription|not supported (?:for|in your) subscription/i,
    rule: notOffered,
  },
  { codes: ['BadRequest', 'Conflict'], text: /being deleted/i, rule: pending },
]

/** The code and words of an error with those of its details, of which the innermost says why. */
const flattened = (fault: AzureFault): readonly { readonly code: string; readonly message: string }[] => [
  fault,
  ...fault.details,
]

/** null: a code that nobody documents. */
export const ruleOf = (fault: AzureFault): ErrorRule | null => {
  const all = flattened(fault)
  const text = all.map((each) => each.message).join(' ')
  const codes = all.map((each) => each.code)
  const byText = BY_TEXT.find((each) => each.codes.some((code) => codes.includes(code)) && each.text.test(text))
  if (byText !== undefined) return byText.rule
  // The innermost known code: outer ones only say that something inside failed.
  const known = codes.toReversed().find((code) => AZURE_ERRORS[code] !== undefined)
  if (known !== undefined) return AZURE_ERRORS[known] ?? null
  return byStatus(fault.status)
}

const byStatus = (status: number): ErrorRule | null => {
  if (status === 401) return signedOut
  if (status === 403) return forbidden
  if (status === 404) return gone
  if (status === 429) return throttled
  return status >= 500 ? broken : null
}

/** What was being done, as the user would say it: 'create pool gpu1a2b3c'. */
export const azureError = (error: unknown, doing: string, target: string): StormportError => {
  if (error instanceof StormportError) return error
  if (isAzureFault(error)) return faultError(error, doing, target)
  const name = error instanceof Error ? error.name : ''
  if (name === 'AbortError') return new StormportError('Aborted', `${doing}: given up`, { target, cause: error })
  const said = error instanceof Error ? firstLine(error.message) : ''
  const signIn = name === 'CredentialUnavailableError' || name.startsWith('AggregateAuth') || /AADSTS/.test(said)
  if (signIn || name === 'AuthenticationError' || name === 'AuthenticationRequiredError')
    return told({ ...signedOut, words: 'cannot sign in to Azure' }, `${doing}`, { said, target, cause: error })
  if (name === 'TimeoutError' || isNetwork(error))
    return told({ ...broken, words: 'no answer' }, doing, { said, target, cause: error })
  return unknown(error, doing, { said: said || name, target })
}

const faultError = (fault: AzureFault, doing: string, target: string): StormportError => {
  const rule = ruleOf(fault)
  const inner = flattened(fault).at(-1) ?? fault
  const said = firstLine(`${inner.code}: ${inner.message}`)
  if (rule === null) return unknown(fault, doing, { said, target })
  return told(rule, doing, { said, target, cause: fault, retryAfterMs: fault.retryAfterMs })
}

interface Told {
  readonly said: string
  readonly target: string
  readonly cause: unknown
  readonly retryAfterMs?: number | null
}

const told = (rule: ErrorRule, doing: string, { said, target, cause, retryAfterMs }: Told): StormportError =>
  new StormportError(rule.code, `${doing}: ${rule.words}${said === '' ? '' : ` (${said})`}`, {
    diagnostic: 'SP4502',
    source: 'target',
    target,
    hint: rule.hint,
    ...(rule.retry === undefined ? {} : { retry: rule.retry }),
    ...(retryAfterMs === undefined || retryAfterMs === null ? {} : { retryAfterMs }),
    cause,
  })

const unknown = (cause: unknown, doing: string, of: Pick<Told, 'said' | 'target'>): StormportError =>
  new StormportError('Internal', `${doing}: ${of.said === '' ? 'unknown error' : of.said}`, {
    diagnostic: 'SP4501',
    source: 'target',
    target: of.target,
    hint: 'run again; if it stays, report it with the output of stormport doctor',
    cause,
  })

/** Lost connections, by the code of Node's own error or that of the SDK. */
const NETWORK = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH'],
  ...['REQUEST_SEND_ERROR', 'PARSE_ERROR'],
])

const isNetwork = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && NETWORK.has(String(error.code))

const firstLine = (text: string): string => text.split('\n')[0]?.trim().slice(0, 400) ?? ''
