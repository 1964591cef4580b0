// Everything that can go wrong between us and an API server → StormportError. Nothing else in this folder makes errors of
// answers, so that a reason has one code, one wording and one remedy.
import { type ErrorCode, type ErrorDetails, isStormportError, StormportError } from '../../core/errors.ts'
import { field, listAt, numberAt, textAt } from './raw.ts'

/** An answer that is no 2xx, as the server said it. */
export interface Refusal {
  readonly status: number
  /** The Status object, or {} where the body was none. */
  readonly body: unknown
  readonly method: string
  readonly path: string
  readonly retryAfterMs: number | null
}

export interface FieldConflict {
  readonly manager: string
  /** '.spec.replicas' */
  readonly field: string
}

/** Field conflicts of a server-side apply; empty when the 409 is of another kind. */
export const conflictsOf = (body: unknown): readonly FieldConflict[] =>
  listAt(body, 'details.causes')
    .filter((cause) => cause['reason'] === 'FieldManagerConflict')
    .map((cause) => ({
      manager: /conflict with "([^"]+)"/.exec(textAt(cause, 'message') ?? '')?.[1] ?? 'somebody else',
      field: textAt(cause, 'field') ?? '',
    }))

export const hasCause = (body: unknown, reason: string): boolean =>
  listAt(body, 'details.causes').some((cause) => cause['reason'] === reason)

export const refusalError = (refusal: Refusal): StormportError => {
  const { code, hint, retry } = codeOf(refusal)
  const said = textAt(refusal.body, 'message')?.slice(0, MESSAGE_CHARS)
  return error(code, said ?? `${refusal.method} ${pathOnly(refusal.path)} was answered with ${refusal.status}`, {
    hint,
    source: 'target',
    ...(retry === undefined ? {} : { retry }),
    ...(refusal.retryAfterMs === null ? {} : { retryAfterMs: refusal.retryAfterMs }),
  })
}

const MESSAGE_CHARS = 1_000

interface Verdict {
  readonly code: ErrorCode
  readonly hint: string
  readonly retry?: 'no' | 'later'
}

const codeOf = (refusal: Refusal): Verdict => {
  const { status, body } = refusal
  if (status === 401)
    return { code: 'Unauthenticated', hint: 'sign in again, or renew the credential of the kubeconfig' }
  if (status === 403) return forbidden(body)
  if (status === 404) return { code: 'NotFound', hint: 'see what is there with `stormport status`' }
  if (status === 409) return conflict(body)
  if (status === 400 || status === 415 || status === 422)
    return {
      code: 'InvalidSpec',
      hint: 'correct the field that the message names; `stormport render` prints the object',
    }
  if (status === 429) return { code: 'Throttled', hint: 'run again when the API server is less busy', retry: 'later' }
  if (status === 504 || status === 503 || status === 502)
    return { code: 'Unreachable', hint: 'run again when the API server has recovered', retry: 'later' }
  return serverFault(body)
}

const forbidden = (body: unknown): Verdict => {
  const text = textAt(body, 'message') ?? ''
  if (hasCause(body, 'NamespaceTerminating'))
    return { code: 'Conflict', hint: 'wait until the namespace is gone, then run again', retry: 'later' }
  if (text.includes('exceeded quota'))
    return { code: 'QuotaExceeded', hint: 'ask for more quota in the namespace, or lower replicas or reservations' }
  if (text.includes('violates PodSecurity'))
    return {
      code: 'InvalidSpec',
      hint: 'make the service meet the Pod Security level of the namespace, see `security:`',
    }
  return { code: 'Forbidden', hint: 'grant the roles that `stormport render --rbac` prints' }
}

const conflict = (body: unknown): Verdict => {
  const quota = (textAt(body, 'message') ?? '').includes('resourcequotas')
  return { code: 'Conflict', hint: 'run again', ...(quota ? { retry: 'later' as const } : {}) }
}

const serverFault = (body: unknown): Verdict => {
  const webhook = webhookIn(body)
  const hint =
    webhook === null
      ? 'look at the log of the API server'
      : `look at admission webhook ${webhook}, which does not answer`
  return { code: webhook === null ? 'Unreachable' : 'Timeout', hint, retry: 'later' }
}

/** The admission webhook that the API server could not ask. */
export const webhookIn = (body: unknown): string | null =>
  /failed calling webhook "([^"]+)"/.exec(textAt(body, 'message') ?? '')?.[1] ?? null

/** Failures below HTTP: nobody listens, the name is unknown, the certificate is wrong, the line went dead. */
export const connectionError = (cause: unknown, server: string): unknown => {
  if (isStormportError(cause)) return cause
  const code = textAt(cause, 'code') ?? ''
  if (code === 'ABORT_ERR' && textAt(cause, 'cause.name') !== 'TimeoutError') return cause
  const said = code === 'ABORT_ERR' ? 'no answer in time' : cause instanceof Error ? cause.message : String(cause)
  if (CERTIFICATE.test(code))
    return error('Unreachable', `${server} shows a certificate that is not trusted here: ${said}`, {
      source: 'target',
      hint: 'put the right certificate-authority into the kubeconfig',
      cause,
    })
  return error('Unreachable', `${server} does not answer: ${said}`, {
    source: 'target',
    retry: 'later',
    hint: 'check the network and the server of the kubeconfig context',
    cause,
  })
}

/** What the WebSocket library rejects with holds the request and its credentials: only its words are kept. */
export const execError = (cause: unknown, server: string): unknown => {
  if (isStormportError(cause)) return cause
  const said = textAt(cause, 'error.message') ?? textAt(cause, 'message') ?? 'the connection ended'
  const status = /Unexpected server response: (\d+)/.exec(said)?.[1]
  if (status === undefined) return connectionError(new Error(said), server)
  return refusalError({ status: Number(status), body: {}, method: 'exec', path: '', retryAfterMs: null })
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/

/** Worth another try on the same request: the line broke, and the request may be repeated. */
export const isBroken = (cause: unknown): boolean =>
  ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'HPE_INVALID_CONSTANT'].includes(textAt(cause, 'code') ?? '')

export const isMissing = (cause: unknown): boolean => isStormportError(cause) && cause.code === 'NotFound'
export const isForbidden = (cause: unknown): boolean => isStormportError(cause) && cause.code === 'Forbidden'
export const isConflict = (cause: unknown): boolean => isStormportError(cause) && cause.code === 'Conflict'

/** Somebody else's object stands where ours would go. */
export const foreignError = (what: string, managers: readonly string[]): StormportError =>
  error(
    'Foreign',
    `${what} belongs to somebody else${managers.length === 0 ? '' : ` (managed by ${managers.join(', ')})`}`,
    {
      source: 'target',
      retry: 'no',
      hint: 'rename it or remove that object; `--allow override` takes it over',
    },
  )

/** Fields that others own; forcing them needs consent. */
export const ownedElsewhere = (what: string, conflicts: readonly FieldConflict[]): StormportError =>
  error('Conflict', `${what}: ${conflicts.map((c) => `${c.field} is managed by ${c.manager}`).join(', ')}`, {
    source: 'target',
    retry: 'no',
    hint: 'plan again and take the fields over with `--allow override`, or leave them out of the file',
  })

export const lostRace = (what: string, cause?: unknown): StormportError =>
  error('Conflict', `${what} was changed by somebody else meanwhile`, {
    source: 'target',
    retry: 'no',
    hint: 'run again',
    ...(cause === undefined ? {} : { cause }),
  })

export const secretGone = (names: string, what: string): StormportError =>
  error('Conflict', `${what} needs Secret ${names}, which somebody else has deleted`, {
    source: 'target',
    retry: 'no',
    hint: 'run again: it is made anew',
  })

export const leaseHeld = (holder: string): StormportError =>
  error('Conflict', `held by ${holder}`, { source: 'target', hint: 'wait for the other command' })

export const missingReplica = (name: string): StormportError =>
  error('NotFound', `replica ${name} is not there`, { source: 'user', hint: 'see `stormport ps` for those that run' })

/** The namespace has not gone in time. */
export const namespaceStuck = (name: string, finalizers: string): StormportError =>
  error(
    'Conflict',
    `namespace ${name} is being deleted and does not end${finalizers === '' ? '' : `: ${finalizers}`}`,
    {
      source: 'target',
      retry: 'no',
      hint: `see what holds it with \`kubectl get namespace ${name} -o yaml\``,
    },
  )

const CODES: Readonly<Partial<Record<ErrorCode, string>>> = {
  Unreachable: 'SP4354',
  Unauthenticated: 'SP4355',
  Forbidden: 'SP4356',
  Foreign: 'SP3101',
  Conflict: 'SP4357',
  InvalidSpec: 'SP4358',
  QuotaExceeded: 'SP4359',
  Throttled: 'SP4360',
  Timeout: 'SP4361',
  NotFound: 'SP4362',
}

const error = (code: ErrorCode, message: string, details: ErrorDetails): StormportError => {
  const diagnostic = CODES[code]
  return new StormportError(code, message, { ...details, ...(diagnostic === undefined ? {} : { diagnostic }) })
}

const pathOnly = (path: string): string => path.split('?', 1)[0] ?? path

export const statusCodeOf = (body: unknown): number | null => numberAt(body, 'code')

export const reasonOf = (body: unknown): string => String(field(body, 'reason') ?? '')
