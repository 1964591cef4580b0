// What ARM does with each request before and after the provider behind it: faults, token, version, buckets, types, journal.
import type { Entra, IssuedToken } from '../entra.ts'
import { ARM_AUDIENCE } from '../entra.ts'
import { type AzureFaultError, type FaultKind, fault, isFault } from '../faults.ts'
import type { Judge } from '../schema/walk.ts'
import type { AzureState } from '../state.ts'
import { type Call, isMutating, type JournalEntry, type Operation, type Reply } from './calls.ts'
import type { Incoming, Outgoing } from './listen.ts'
import type { Routed } from './routes.ts'
import type { Throttle } from './throttle.ts'

export interface Arm {
  readonly state: AzureState
  readonly entra: Entra
  readonly judge: Judge
  readonly throttle: Throttle
  readonly route: (method: string, path: string) => Routed | null
  readonly journal: JournalEntry[]
  /** Faults of the stand-in itself: replies that do not fit their type, handlers that break. */
  readonly defects: string[]
  /** Requests that no client of ours may send: unknown routes, wrong versions, bodies that do not fit. */
  readonly violations: string[]
  readonly now: () => number
  readonly onCall: (entry: JournalEntry) => void | Promise<void>
}

export const answerArm = async (arm: Arm, incoming: Incoming): Promise<Outgoing> => {
  const routed = arm.route(incoming.method, incoming.url.pathname)
  if (routed === null) {
    arm.violations.push(`${incoming.method} ${incoming.url.pathname}: no such route`)
    return rendered(faultReply(fault(404, ['InvalidResourceType', 'The resource type could not be found.'], ARM_FORM)))
  }
  const planned = arm.state.faults.take(routed.operation.name)
  if (planned?.kind === 'dropBefore') return { kind: 'drop' }
  if (planned?.kind === 'html') return HTML
  const done = planned?.kind === 'error' ? errorReply(planned) : await perform(arm, incoming, routed)
  const entry = entryOf(incoming, routed, done)
  arm.journal.push(entry)
  await arm.onCall(entry)
  return planned?.kind === 'dropAfter' ? { kind: 'drop' } : rendered(done)
}

export const ARM_FORM = { wrapped: true } as const

const HTML: Outgoing = {
  kind: 'reply',
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<html>sign in</html>',
}

interface Done extends Reply {
  readonly error: string | null
  readonly sent?: unknown
}

const perform = async (arm: Arm, incoming: Incoming, routed: Routed): Promise<Done> => {
  let sent: unknown
  try {
    const caller = authenticated(arm, incoming.headers.authorization)
    checkSubscription(arm, incoming)
    checkVersion(arm, incoming, routed.operation)
    checkBucket(arm, routed)
    sent = parsed(incoming.body)
    const { operation, at } = routed
    checkBody(arm, operation, sent)
    const call: Call = {
      at,
      query: incoming.url.searchParams,
      headers: incoming.headers,
      body: sent,
      caller,
      operation,
    }
    const reply = await operation.handler(call)
    checkReply(arm, operation, reply)
    return { ...reply, error: null, sent }
  } catch (error) {
    if (isFault(error)) return { ...faultReply(error), sent }
    arm.defects.push(`${routed.operation.name}: ${error instanceof Error ? error.stack : String(error)}`)
    return { ...faultReply(fault(500, ['InternalServerError', 'The stand-in broke.'])), sent }
  }
}

const parsed = (body: string): unknown => {
  if (body === '') return undefined
  try {
    return JSON.parse(body)
  } catch {
    throw fault(
      400,
      ['InvalidRequestContent', 'The request content was invalid and could not be deserialized.'],
      ARM_FORM,
    )
  }
}

const authenticated = (arm: Arm, header: string | undefined): IssuedToken => {
  const token = /^Bearer (.+)$/.exec(header ?? '')?.[1]
  const challenge = { headers: { 'www-authenticate': 'Bearer authorization_uri="https://localhost"' }, wrapped: true }
  if (token === undefined)
    throw fault(
      401,
      ['AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing."],
      challenge,
    )
  const found = arm.entra.find(token)
  if (found === null) throw fault(401, ['InvalidAuthenticationToken', 'The access token is invalid.'], challenge)
  if (found.expiresAtMs <= arm.now())
    throw fault(401, ['ExpiredAuthenticationToken', 'The access token expiry is in the past.'], challenge)
  if (found.audience === ARM_AUDIENCE) return found
  arm.violations.push(`a token for ${found.audience} was shown to ARM`)
  const words = `The access token has been obtained for wrong audience or resource '${found.audience}'.`
  throw fault(401, ['InvalidAuthenticationTokenAudience', words], challenge)
}

/** Another subscription is known only by what a test has put there. */
const checkSubscription = ({ state }: Arm, { url }: Incoming): void => {
  const asked = /^\/subscriptions\/([^/]+)/i.exec(url.pathname)?.[1]
  if (asked === undefined || state.key(asked) === state.key(state.subscription)) return
  const prefix = `${state.key(`/subscriptions/${asked}`)}/`
  if ([...state.others.values()].some(({ id }) => state.key(id).startsWith(prefix))) return
  throw fault(404, ['SubscriptionNotFound', `The subscription '${asked}' could not be found.`], ARM_FORM)
}

const checkVersion = (arm: Arm, { url }: Incoming, operation: Operation): void => {
  const version = url.searchParams.get('api-version')
  if (version === null) {
    arm.violations.push(`${operation.name}: no api-version`)
    throw fault(400, ['MissingApiVersionParameter', 'The api-version query parameter is required.'], ARM_FORM)
  }
  if (operation.versions.includes(version) || (operation.versions.includes('*') && /^\d{4}-\d\d-\d\d/.test(version)))
    return
  arm.violations.push(`${operation.name}: api-version ${version} is not one of ${operation.versions.join(', ')}`)
  const words = `The api-version '${version}' is invalid. The supported versions are '${operation.versions.join(',')}'.`
  throw fault(400, ['InvalidApiVersionParameter', words], ARM_FORM)
}

const checkBucket = (arm: Arm, { operation, at }: Routed): void => {
  const bucket = operation.bucket ?? null
  if (bucket === null || !arm.state.rules.holds('throttling')) return
  const key = Object.entries(at)
    .filter(([name]) => name !== 'operation')
    .map(([, value]) => value.toLowerCase())
    .join('/')
  const seconds = arm.throttle.take(bucket, key)
  if (seconds === 0) return
  const headers = { 'retry-after': String(seconds) }
  throw fault(429, ['Throttled', 'The request has been throttled. Try again later.'], { wrapped: true, headers })
}

const checkBody = (arm: Arm, operation: Operation, body: unknown): void => {
  if (operation.request === null) return
  const wrong = arm.judge.violations(operation.request, body, 'request')
  if (wrong.length === 0) return
  arm.violations.push(...wrong.map((each) => `${operation.name}: ${each}`))
  throw fault(400, ['InvalidRequestContent', wrong.join('; ')], ARM_FORM)
}

const checkReply = (arm: Arm, operation: Operation, { status, body }: Reply): void => {
  if (operation.reply === null || body === undefined || status >= 300) return
  const wrong = arm.judge.violations(operation.reply, JSON.parse(JSON.stringify(body)), 'reply')
  arm.defects.push(...wrong.map((each) => `${operation.name}: reply: ${each}`))
}

const faultReply = (error: AzureFaultError): Done => ({
  status: error.status,
  error: error.body.code,
  headers: error.headers,
  body: error.wrapped ? { error: error.body } : { details: null, subcode: '', ...error.body },
})

const errorReply = (planned: Extract<FaultKind, { kind: 'error' }>): Done => ({
  status: planned.status,
  error: codeOf(planned.body),
  body: planned.body,
  ...(planned.headers === undefined ? {} : { headers: planned.headers }),
})

const codeOf = (body: unknown): string =>
  typeof body === 'object' && body !== null
    ? String(Reflect.get(body, 'code') ?? codeOf(Reflect.get(body, 'error')))
    : 'Unknown'

const entryOf = (incoming: Incoming, { operation, at }: Routed, done: Done): JournalEntry => ({
  operation: operation.name,
  method: incoming.method,
  path: incoming.url.pathname,
  at,
  query: Object.fromEntries(incoming.url.searchParams),
  headers: { ...incoming.headers, authorization: undefined },
  body: done.sent ?? null,
  mutating: isMutating(operation),
  status: done.status,
  error: done.error,
})

const rendered = ({ status, body, headers }: Reply): Outgoing => ({
  kind: 'reply',
  status,
  headers: {
    ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'x-ms-request-id': '00000000-0000-0000-0000-00000000c0de',
    'x-ms-correlation-request-id': '00000000-0000-0000-0000-00000000c0de',
    ...headers,
  },
  body: body === undefined ? '' : JSON.stringify(body),
})
