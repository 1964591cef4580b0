// One client connection. Opaque bytes keep their backend until one side closes. HTTP/1 exchanges go one after another to
// a backend that is ready: between two of them the backend may change, and the client never sees it. A backend connection
// belongs to one client alone, so what one client sends can never end up in the answer of another.
import type { Socket } from 'node:net'
import { isIdempotent, parseRequestHead, parseResponseHead, sniff } from './http-head.ts'
import { createMessageReader, type MessageReader } from './http-message.ts'
import { type Link, type LinkOwner, openLink } from './link.ts'
import type { Pool } from './pool.ts'

export interface SessionOwner {
  readonly pool: Pool
  /** 'tcp': HTTP is not looked for. */
  readonly appProtocol: 'http' | 'tcp' | null
  /** How long a client waits for a backend. */
  readonly holdMs: number
  onClose(session: Session): void
}

export interface Session {
  readonly client: Socket
  readonly owner: SessionOwner
  readonly request: MessageReader
  readonly response: MessageReader
  readonly links: LinkOwner
  /** Backends that failed in this attempt. */
  readonly tried: Set<string>
  mode: 'sniff' | 'http' | 'opaque'
  link: Link | null
  /** What was sent since the exchange (or the connection) began, to send it again elsewhere; null: no more possible. */
  replay: Buffer[] | null
  replayBytes: number
  /** Bytes of the client that are not sent yet: not recognised yet, or of the request after this one. */
  held: Buffer | null
  /** Method of the request under way; '' before its head is complete. */
  method: string
  inExchange: boolean
  /** The first byte of the answer has come. */
  answered: boolean
  closeAfter: boolean
  clientEnded: boolean
  entryClosed: boolean
  over: boolean
  attempts: number
  idleSinceMs: number
  holdUntilMs: number | null
  timer: NodeJS.Timeout | null
}

const REPLAY_BYTES = 262_144
const HELD_BYTES = 65_536
const RETRY_MS = 100
const SNIFF_MS = 250
const LINGER_MS = 1000
/** Below the idle limit of common servers (5 s): theirs would cut a request that is just being sent. */
const IDLE_BACKEND_MS = 4000
const SPARE_ATTEMPTS = 3

const plainAnswer = (status: string, text: string): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: ${text.length + 1}\r\n\r\n${text}\n`
const BAD_GATEWAY = plainAnswer('502 Bad Gateway', 'the replica closed the connection before it answered')
const UNAVAILABLE = plainAnswer('503 Service Unavailable', 'no replica is ready')

const stopTimer = (session: Session): void => {
  if (session.timer !== null) clearTimeout(session.timer)
  session.timer = null
}

const later = (session: Session, ms: number, step: (session: Session) => void): void => {
  stopTimer(session)
  session.timer = setTimeout(() => {
    session.timer = null
    if (!session.over) step(session)
  }, ms)
}

export const destroySession = (session: Session): void => {
  if (session.over) return
  session.over = true
  stopTimer(session)
  session.link?.close()
  session.link = null
  session.client.destroy()
  session.owner.onClose(session)
}

const resumeClient = (session: Session): void => {
  if (session.held === null || session.mode === 'sniff') session.client.resume()
}

const detach = (session: Session): void => {
  session.link?.close()
  session.link = null
  resumeClient(session)
}

/** The client reads what was written; then the connection ends. */
const finish = (session: Session): void => {
  session.link?.close()
  session.link = null
  session.client.end()
  later(session, LINGER_MS, destroySession)
}

const fail = (session: Session, answer: string): void => {
  if (session.mode === 'http' && !session.answered) {
    session.client.write(answer)
    finish(session)
    return
  }
  if (session.mode !== 'http') session.client.resetAndDestroy()
  destroySession(session)
}

const forget = (session: Session): void => {
  session.replay = null
  session.replayBytes = 0
}

const keep = (session: Session, chunk: Buffer): void => {
  if (session.replay === null) return
  session.replayBytes += chunk.length
  if (session.replayBytes > REPLAY_BYTES) session.replay = null
  else session.replay.push(chunk)
}

/** Nobody is ready, or nobody answers: the table may change in a moment. */
const hold = (session: Session): void => {
  const nowMs = Date.now()
  session.holdUntilMs ??= nowMs + session.owner.holdMs
  session.tried.clear()
  session.attempts = 0
  if (nowMs >= session.holdUntilMs) fail(session, UNAVAILABLE)
  else later(session, Math.min(RETRY_MS, session.holdUntilMs - nowMs), attach)
}

const attach = (session: Session): void => {
  const { owner, tried } = session
  if (session.over || session.link !== null) return
  const member = session.attempts > owner.pool.size() + SPARE_ATTEMPTS ? null : owner.pool.choose(tried, Date.now())
  if (member === null) {
    hold(session)
    return
  }
  stopTimer(session)
  session.attempts += 1
  const link = openLink(owner.pool, member, session.links)
  session.link = link
  for (const chunk of session.replay ?? []) link.socket.write(chunk)
  if (session.clientEnded && session.mode === 'opaque') link.socket.end()
}

const send = (session: Session, chunk: Buffer): void => {
  keep(session, chunk)
  const { link } = session
  if (link !== null) {
    if (!link.socket.write(chunk)) session.client.pause()
    return
  }
  if (session.replayBytes > HELD_BYTES) session.client.pause()
  if (session.timer === null) attach(session)
}

const becomeOpaque = (session: Session): void => {
  stopTimer(session)
  session.mode = 'opaque'
  if (session.link?.connected === true) forget(session)
  else session.replay ??= []
  const rest = session.held
  session.held = null
  if (rest !== null) send(session, rest)
  resumeClient(session)
}

const beginExchange = (session: Session): void => {
  session.inExchange = true
  session.answered = false
  session.replay = []
  session.replayBytes = 0
  session.attempts = 0
  session.holdUntilMs = null
  if (session.tried.size > 0) session.tried.clear()
  if (session.link?.member.leaving === true) detach(session)
}

const holdBytes = (session: Session, chunk: Buffer): void => {
  session.held = session.held === null ? chunk : Buffer.concat([session.held, chunk])
  session.client.pause()
}

const onRequestBytes = (session: Session, chunk: Buffer): void => {
  const { request } = session
  if (session.inExchange && request.phase === 'done') {
    holdBytes(session, chunk)
    return
  }
  if (!session.inExchange) beginExchange(session)
  const end = request.read(chunk, 0)
  send(session, end === chunk.length ? chunk : chunk.subarray(0, end))
  if (request.phase === 'broken') becomeOpaque(session)
  else if (end < chunk.length) holdBytes(session, chunk.subarray(end))
}

const endExchange = (session: Session): void => {
  session.inExchange = false
  if (session.request.phase !== 'done') {
    // Answered before the request was complete: nobody can tell where the next one begins.
    becomeOpaque(session)
    return
  }
  if (session.closeAfter || session.clientEnded || session.entryClosed) {
    finish(session)
    return
  }
  session.request.reset()
  session.response.reset()
  session.method = ''
  session.idleSinceMs = Date.now()
  if (session.link?.member.leaving === true) detach(session)
  const rest = session.held
  if (rest === null) return
  session.held = null
  session.client.resume()
  onRequestBytes(session, rest)
}

const onClientData = (session: Session, chunk: Buffer): void => {
  if (session.mode === 'http') {
    onRequestBytes(session, chunk)
    return
  }
  if (session.mode === 'opaque') {
    send(session, chunk)
    return
  }
  const first = session.held === null ? chunk : Buffer.concat([session.held, chunk])
  const verdict = sniff(first.toString('latin1', 0, HELD_BYTES))
  session.held = verdict === 'http' ? null : first
  if (verdict === 'other') becomeOpaque(session)
  // Without a backend the timer is that of the search for one, which ends in either mode.
  if (verdict === 'more' && session.link !== null) later(session, SNIFF_MS, becomeOpaque)
  if (verdict !== 'http') return
  if (session.link !== null) stopTimer(session)
  session.mode = 'http'
  onRequestBytes(session, first)
}

const onResponseBytes = (session: Session, link: Link, chunk: Buffer): void => {
  const { response } = session
  if (!session.inExchange) {
    // An answer that nobody asked for: the connection cannot be used again.
    detach(session)
    return
  }
  session.answered = true
  forget(session)
  const end = response.read(chunk, 0)
  if (!session.client.write(end === chunk.length ? chunk : chunk.subarray(0, end))) link.socket.pause()
  if (response.phase === 'opaque' || response.phase === 'broken') becomeOpaque(session)
  if (response.phase !== 'done') return
  if (end < chunk.length) detach(session)
  endExchange(session)
}

const onBackendData = (session: Session, link: Link, chunk: Buffer): void => {
  if (session.mode === 'http') {
    onResponseBytes(session, link, chunk)
    return
  }
  // The server speaks first.
  if (session.mode === 'sniff') becomeOpaque(session)
  forget(session)
  session.answered = true
  if (!session.client.write(chunk)) link.socket.pause()
}

/** Sent again only where that cannot do a thing twice. */
const mayRetry = (session: Session, link: Link): boolean => {
  if (session.replay === null || session.answered) return false
  if (!link.connected) return true
  if (session.mode === 'sniff') return link.member.leaving
  return session.mode === 'http' && (session.request.phase === 'head' || isIdempotent(session.method))
}

const onLinkGone = (session: Session, link: Link): void => {
  if (session.over || session.link !== link) return
  session.link = null
  if (session.mode === 'http' && !session.inExchange) {
    if (session.clientEnded || session.entryClosed) finish(session)
    else resumeClient(session)
  } else if (mayRetry(session, link)) {
    session.tried.add(link.member.id)
    attach(session)
  } else if ((session.mode === 'http' && session.response.untilClose) || (session.mode !== 'http' && link.connected))
    finish(session)
  else fail(session, BAD_GATEWAY)
}

const onLinkEnd = (session: Session, link: Link): void => {
  if (session.mode === 'opaque') {
    session.client.end()
    return
  }
  link.close()
  onLinkGone(session, link)
}

const onClientEnd = (session: Session): void => {
  session.clientEnded = true
  if (session.mode === 'sniff' && session.held !== null) becomeOpaque(session)
  if (session.mode === 'opaque') session.link?.socket.end()
  else if (!session.inExchange || session.request.phase !== 'done') destroySession(session)
}

const linkOwner = (of: () => Session): LinkOwner => ({
  onConnect: () => {
    const session = of()
    session.holdUntilMs = null
    if (session.mode === 'opaque') forget(session)
    resumeClient(session)
  },
  onData: (link, chunk) => {
    const session = of()
    onBackendData(session, link, chunk)
    // What the kernel did not take at once, the client's socket still refers to.
    return session.client.writableLength > 0
  },
  onEnd: (link) => onLinkEnd(of(), link),
  onDrain: () => resumeClient(of()),
  onGone: (link) => onLinkGone(of(), link),
})

const requestReader = (of: () => Session): MessageReader =>
  createMessageReader((bytes, from, end) => {
    const parsed = parseRequestHead(bytes, from, end)
    if (parsed === null) return null
    of().method = parsed.method
    of().closeAfter = parsed.close
    return parsed.framing
  })

const responseReader = (of: () => Session): MessageReader =>
  createMessageReader((bytes, from, end) => {
    const parsed = parseResponseHead(bytes, from, end, of().method)
    if (parsed === null) return null
    if (parsed.close && parsed.framing.kind !== 'interim' && parsed.framing.kind !== 'opaque') of().closeAfter = true
    return parsed.framing
  })

export const openSession = (client: Socket, owner: SessionOwner): Session => {
  const of = (): Session => session
  const session: Session = {
    client,
    owner,
    request: requestReader(of),
    response: responseReader(of),
    links: linkOwner(of),
    tried: new Set(),
    mode: owner.appProtocol === 'tcp' ? 'opaque' : 'sniff',
    link: null,
    replay: [],
    replayBytes: 0,
    held: null,
    method: '',
    inExchange: false,
    answered: false,
    closeAfter: false,
    clientEnded: false,
    entryClosed: false,
    over: false,
    attempts: 0,
    idleSinceMs: Date.now(),
    holdUntilMs: null,
    timer: null,
  }
  client.on('data', (chunk: Buffer) => onClientData(session, chunk))
  client.on('drain', () => session.link?.socket.resume())
  client.on('end', () => onClientEnd(session))
  client.on('error', () => {})
  client.on('close', () => destroySession(session))
  attach(session)
  return session
}

const isIdle = (session: Session): boolean =>
  session.mode === 'http' ? !session.inExchange : session.mode === 'sniff' && session.held === null

/** The table changed: a leaving backend is left where nothing is under way; who waits for one tries again at once. */
export const onTableChange = (session: Session): void => {
  if (session.link?.member.leaving === true && isIdle(session)) detach(session)
  if (session.link === null && (session.mode !== 'http' || session.inExchange)) attach(session)
}

export const onSweep = (session: Session, nowMs: number): void => {
  if (
    session.mode === 'http' &&
    session.link !== null &&
    isIdle(session) &&
    nowMs - session.idleSinceMs > IDLE_BACKEND_MS
  )
    detach(session)
}

/** The entry is gone: what is idle or waits ends now, an exchange first gets its answer. */
export const onEntryClosed = (session: Session): void => {
  session.entryClosed = true
  if (isIdle(session) || session.link === null) destroySession(session)
}
