// Every error of AWS as one of ours: its class, why it is, and the one thing to do. The table is what the tests walk; a
// code that is not in it keeps the service's own words.
import { type ErrorCode, StormportError } from '../../core/errors.ts'

export interface ErrorRule {
  readonly code: ErrorCode
  /** Stands in front of the service's own words. */
  readonly words: string
  readonly hint: string
  readonly retry?: 'later'
}

const CHECK = 'see `stormport target check`'
const SIGN_IN = 'sign in again, such as with `aws sso login`, or renew the keys of the profile'
const LATER = 'run the same command again in a while'

/** By the name that the SDK gives the error. Sources: the EKS, EC2, IAM and STS service models and their error pages. */
export const AWS_ERRORS: Readonly<Record<string, ErrorRule>> = {
  AccessDeniedException: {
    code: 'Forbidden',
    words: 'not allowed',
    hint: 'add the named action to the policy of who you are',
  },
  AccessDenied: { code: 'Forbidden', words: 'not allowed', hint: 'add the named action to the policy of who you are' },
  UnauthorizedOperation: {
    code: 'Forbidden',
    words: 'not allowed',
    hint: 'add the named action to the policy of who you are',
  },
  ExpiredToken: { code: 'Unauthenticated', words: 'the credentials have expired', hint: SIGN_IN },
  ExpiredTokenException: { code: 'Unauthenticated', words: 'the credentials have expired', hint: SIGN_IN },
  InvalidClientTokenId: { code: 'Unauthenticated', words: 'the access key is not known', hint: SIGN_IN },
  UnrecognizedClientException: { code: 'Unauthenticated', words: 'the access key is not known', hint: SIGN_IN },
  SignatureDoesNotMatch: {
    code: 'Unauthenticated',
    words: 'the signature is wrong',
    hint: 'check the secret key and the clock of this machine',
  },
  AuthFailure: { code: 'Unauthenticated', words: 'the credentials are refused', hint: SIGN_IN },
  CredentialsProviderError: {
    code: 'Unauthenticated',
    words: 'there are no credentials',
    hint: 'set profile: of the target, AWS_PROFILE, or sign in with `aws sso login`',
  },
  OptInRequired: {
    code: 'Forbidden',
    words: 'the account may not use the region',
    hint: 'enable the region for the account',
  },
  ResourceInUseException: { code: 'Conflict', words: 'in use or being changed', hint: LATER, retry: 'later' },
  ResourceLimitExceededException: {
    code: 'QuotaExceeded',
    words: 'a limit of the account is reached',
    hint: 'ask for a higher quota in Service Quotas, or remove what is not needed',
  },
  VcpuLimitExceeded: {
    code: 'QuotaExceeded',
    words: 'the vCPU quota of the instance family is reached',
    hint: 'ask for a higher quota in Service Quotas, or list other models in the pool',
  },
  InstanceLimitExceeded: {
    code: 'QuotaExceeded',
    words: 'the instance quota is reached',
    hint: 'ask for a higher quota in Service Quotas',
  },
  AddressLimitExceeded: {
    code: 'QuotaExceeded',
    words: 'the quota of elastic addresses is reached',
    hint: 'release an address, or name an existing network with create.network.use',
  },
  VpcLimitExceeded: {
    code: 'QuotaExceeded',
    words: 'the quota of VPCs is reached',
    hint: 'remove a VPC, or name an existing one with create.network.use',
  },
  NatGatewayLimitExceeded: {
    code: 'QuotaExceeded',
    words: 'the quota of NAT gateways is reached',
    hint: 'remove one, or name an existing network with create.network.use',
  },
  LimitExceeded: {
    code: 'QuotaExceeded',
    words: 'a limit of IAM is reached',
    hint: 'remove roles that are not needed, or name existing ones with create.roles',
  },
  LimitExceededException: {
    code: 'QuotaExceeded',
    words: 'a limit of the account is reached',
    hint: 'ask for a higher quota in Service Quotas',
  },
  InsufficientInstanceCapacity: {
    code: 'InsufficientCapacity',
    words: 'AWS has no machine of the type there now',
    hint: 'list more models, zones or ways to buy in the pool',
  },
  UnfulfillableCapacity: {
    code: 'InsufficientCapacity',
    words: 'AWS has no spot machine of the type there now',
    hint: 'add on-demand to capacity: of the pool',
  },
  UnsupportedAvailabilityZoneException: {
    code: 'InsufficientCapacity',
    words: 'the zone takes no further clusters',
    hint: 'name subnets in other zones with create.network.use',
  },
  InvalidParameterException: {
    code: 'InvalidSpec',
    words: 'refused as written',
    hint: 'correct the key that the message names',
  },
  InvalidParameterValue: {
    code: 'InvalidSpec',
    words: 'refused as written',
    hint: 'correct the key that the message names',
  },
  InvalidRequestException: { code: 'InvalidSpec', words: 'refused in its present state', hint: CHECK },
  InvalidStateException: {
    code: 'Conflict',
    words: 'not possible in its present state',
    hint: 'look at the upgrade insights of the cluster',
  },
  MalformedPolicyDocument: { code: 'InvalidSpec', words: 'the policy is refused', hint: CHECK },
  ResourceNotFoundException: { code: 'NotFound', words: 'not there', hint: CHECK },
  NotFoundException: { code: 'NotFound', words: 'not there', hint: CHECK },
  NoSuchEntity: { code: 'NotFound', words: 'not there', hint: CHECK },
  NoSuchEntityException: { code: 'NotFound', words: 'not there', hint: CHECK },
  EntityAlreadyExists: { code: 'Conflict', words: 'there already', hint: LATER, retry: 'later' },
  EntityAlreadyExistsException: { code: 'Conflict', words: 'there already', hint: LATER, retry: 'later' },
  DependencyViolation: { code: 'Conflict', words: 'something still stands on it', hint: LATER, retry: 'later' },
  DeleteConflict: { code: 'Conflict', words: 'something still uses it', hint: LATER, retry: 'later' },
  ThrottlingException: { code: 'Throttled', words: 'too many requests', hint: LATER, retry: 'later' },
  Throttling: { code: 'Throttled', words: 'too many requests', hint: LATER, retry: 'later' },
  RequestLimitExceeded: { code: 'Throttled', words: 'too many requests', hint: LATER, retry: 'later' },
  TooManyRequestsException: { code: 'Throttled', words: 'too many requests', hint: LATER, retry: 'later' },
  ServerException: { code: 'Unreachable', words: 'AWS had a fault', hint: LATER, retry: 'later' },
  InternalError: { code: 'Unreachable', words: 'AWS had a fault', hint: LATER, retry: 'later' },
  InternalFailure: { code: 'Unreachable', words: 'AWS had a fault', hint: LATER, retry: 'later' },
  ServiceUnavailableException: {
    code: 'Unreachable',
    words: 'the service is not available',
    hint: LATER,
    retry: 'later',
  },
  ServiceUnavailable: { code: 'Unreachable', words: 'the service is not available', hint: LATER, retry: 'later' },
  ClientException: { code: 'InvalidSpec', words: 'refused', hint: CHECK },
  TimeoutError: { code: 'Unreachable', words: 'no answer in time', hint: CHECK, retry: 'later' },
  SyntaxError: {
    code: 'Unreachable',
    words: 'what answered is not AWS (a proxy, a sign-in page)',
    hint: 'check the proxy and AWS_ENDPOINT_URL',
  },
}

/** Lost connections, by the code of Node's own error. */
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH'])

export const nameOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : ''

/** What was being done, as the user would say it: 'create node group gpu-spot-1a2b3c'. */
export const awsError = (error: unknown, doing: string, target: string): StormportError => {
  if (error instanceof StormportError) return error
  const name = nameOf(error)
  if (name === 'AbortError') return new StormportError('Aborted', `${doing}: given up`, { target, cause: error })
  const rule = isNetwork(error) ? AWS_ERRORS['TimeoutError'] : AWS_ERRORS[name]
  const said = error instanceof Error ? firstLine(error.message) : ''
  if (rule === undefined) {
    return new StormportError('Internal', `${doing}: ${name || 'unknown error'}${said === '' ? '' : `: ${said}`}`, {
      diagnostic: 'SP4401',
      source: 'target',
      target,
      hint: 'run again; if it stays, report it with the output of stormport doctor',
      cause: error,
    })
  }
  return new StormportError(rule.code, `${doing}: ${rule.words}${said === '' ? '' : ` (${said})`}`, {
    diagnostic: 'SP4402',
    source: 'target',
    target,
    hint: rule.hint,
    ...(rule.retry === undefined ? {} : { retry: rule.retry }),
    cause: error,
  })
}

const isNetwork = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && NETWORK.has(String(error.code))

const firstLine = (text: string): string => text.split('\n')[0]?.trim().slice(0, 300) ?? ''
