// One HTTP listener for all services of the stand-in. The service is read from the signature's scope, as a gateway would;
// requests and replies are held against the client's own schemas, and a reply that does not fit fails the test.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Faults, fault, isFault } from './faults.ts'
import { type Dialect, decodeForm } from './protocol/form.ts'
import type { Operation } from './protocol/operations.ts'
import { decodeRest, encodeRest, route } from './protocol/rest.ts'
import { violations } from './protocol/walk.ts'
import { encodeFault, encodeReply } from './protocol/xml.ts'

export interface Caller {
  readonly accessKeyId: string
}

export type Input = Readonly<Record<string, unknown>>
export type Handler = (input: Input, caller: Caller) => unknown

export interface Service {
  /** As the signature's scope names it: 'eks', 'ec2', 'iam', 'sts', 'autoscaling', 'elasticloadbalancing'. */
  readonly name: string
  readonly dialect: 'restJson' | Dialect
  readonly operations: ReadonlyMap<string, Operation>
  /** By operation name; one that is missing answers as an operation that does not exist. */
  readonly handlers: Readonly<Record<string, Handler>>
  /** Limits that the schemas do not have; each entry names the place. */
  readonly constraints?: (operation: string, input: Input) => readonly string[]
}

export interface JournalEntry {
  /** 'eks.CreateCluster' */
  readonly operation: string
  readonly input: Input
  readonly mutating: boolean
  /** Error code; null: done. */
  readonly error: string | null
}

export interface FakeServer {
  readonly url: string
  readonly journal: readonly JournalEntry[]
  /** Faults of the stand-in itself (replies that do not fit their schema): a test looks at them at its end. */
  readonly defects: readonly string[]
  close(): Promise<void>
}

export interface ServerOptions {
  readonly services: readonly Service[]
  readonly faults: Faults
  /** Called after each call has had its effect; for tests that end the client there. */
  readonly onCall?: (entry: JournalEntry) => void
  /** The caller behind an access key; null: not known. */
  readonly knows: (accessKeyId: string) => boolean
}

export const startServer = async (options: ServerOptions): Promise<FakeServer> => {
  const journal: JournalEntry[] = []
  const defects: string[] = []
  const server = createServer((request, response) => {
    handle(request, response, { options, journal, defects }).catch((error: unknown) => {
      defects.push(String(error))
      response.destroy()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, journal, defects, close: () => closed(server) }
}

const closed = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })

interface Handling {
  readonly options: ServerOptions
  readonly journal: JournalEntry[]
  readonly defects: string[]
}

interface Call {
  readonly service: Service
  readonly operation: Operation
  readonly input: Input
  readonly caller: Caller
  /** Form keys that no member has. */
  readonly unknown: readonly string[]
}

const handle = async (request: IncomingMessage, response: ServerResponse, at: Handling): Promise<void> => {
  const body = await textOf(request)
  const scope = scopeOf(request.headers.authorization ?? '')
  const service = at.options.services.find((each) => each.name === scope?.service)
  if (scope === null || service === undefined) return void response.writeHead(404, HTML).end('<html>not found</html>')
  const call = callOf(service, request, { body, accessKeyId: scope.accessKeyId })
  if (call === null) return void response.writeHead(404, HTML).end('<html>no such operation</html>')
  const name = `${service.name}.${call.operation.name}`
  const planned = at.options.faults.take(name)
  if (planned?.kind === 'dropBefore') return void response.destroy()
  if (planned?.kind === 'html') return void response.writeHead(200, HTML).end('<html>sign in</html>')
  const answer = planned?.kind === 'error' ? faultAnswer(planned) : answered(call, at)
  const entry = { operation: name, input: call.input, mutating: isMutating(call.operation.name), error: answer.error }
  at.journal.push(entry)
  at.options.onCall?.(entry)
  if (planned?.kind === 'dropAfter') return void response.destroy()
  respond(response, call, answer)
}

const HTML = { 'content-type': 'text/html' }

interface Answer {
  readonly error: string | null
  readonly status: number
  readonly message: string
  readonly members: Readonly<Record<string, unknown>>
  readonly value: unknown
}

const faultAnswer = (of: {
  readonly code: string
  readonly message: string
  readonly status: number
  readonly members?: Readonly<Record<string, unknown>>
}): Answer => ({ error: of.code, status: of.status, message: of.message, members: of.members ?? {}, value: null })

const answered = (call: Call, at: Handling): Answer => {
  try {
    if (!at.options.knows(call.caller.accessKeyId))
      throw fault('UnrecognizedClientException', 'The security token included in the request is invalid.', {
        status: 403,
      })
    const bad = [
      ...call.unknown.map((key) => `${key}: no such parameter`),
      ...violations(call.operation.input, call.input),
      ...(call.service.constraints?.(call.operation.name, call.input) ?? []),
    ]
    if (bad.length > 0) throw fault(invalidCode(call.service), bad.join('; '))
    const handler = call.service.handlers[call.operation.name]
    if (handler === undefined)
      throw fault('UnknownOperationException', `${call.operation.name} is not there`, { status: 404 })
    const value = handler(call.input, call.caller) ?? {}
    const wrong = violations(call.operation.output, value)
    at.defects.push(...wrong.map((each) => `${call.operation.name}: reply: ${each}`))
    return { error: null, status: call.operation.http?.status ?? 200, message: '', members: {}, value }
  } catch (error) {
    if (isFault(error)) return faultAnswer(error)
    throw error
  }
}

const invalidCode = (service: Service): string =>
  service.dialect === 'restJson'
    ? 'InvalidParameterException'
    : service.name === 'ec2'
      ? 'InvalidParameterValue'
      : 'ValidationError'

const isMutating = (operation: string): boolean => !/^(?:Describe|List|Get|AssumeRole)/.test(operation)

const callOf = (
  service: Service,
  request: IncomingMessage,
  given: { readonly body: string; readonly accessKeyId: string },
): Call | null => {
  const caller = { accessKeyId: given.accessKeyId }
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (service.dialect === 'restJson') {
    const routed = route(service.operations.values(), request.method ?? 'GET', url.pathname)
    if (routed === null) return null
    const input = decodeRest(routed.operation.input, {
      labels: routed.labels,
      query: url.searchParams,
      body: given.body,
    })
    return { service, operation: routed.operation, input, caller, unknown: [] }
  }
  const operation = service.operations.get(new URLSearchParams(given.body).get('Action') ?? '')
  if (operation === undefined) return null
  const { value, unknown } = decodeForm(operation.input, given.body, service.dialect)
  return { service, operation, input: { ...(value as object) }, caller, unknown }
}

const respond = (response: ServerResponse, { service, operation }: Call, answer: Answer): void => {
  if (service.dialect === 'restJson') {
    const body =
      answer.error === null
        ? encodeRest(operation.output, answer.value)
        : JSON.stringify({ ...answer.members, message: answer.message })
    const type = answer.error === null ? {} : { 'x-amzn-errortype': answer.error }
    response.writeHead(answer.status, { 'content-type': 'application/json', ...type }).end(body)
    return
  }
  const body =
    answer.error === null
      ? encodeReply(operation, answer.value, service.dialect)
      : encodeFault(answer.error, answer.message, service.dialect)
  response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(body)
}

/** `Credential=AKID/20260102/eu-west-1/eks/aws4_request` of the SigV4 header. */
const scopeOf = (authorization: string): { readonly accessKeyId: string; readonly service: string } | null => {
  const found = /Credential=([^/,\s]+)\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization)
  return found === null ? null : { accessKeyId: found[1] ?? '', service: found[2] ?? '' }
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
