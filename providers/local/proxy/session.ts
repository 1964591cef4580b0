// One client connection. Opaque bytes keep their backend until one side closes. HTTP/1 exchanges go one after another to
// a backend that is ready: between two of them the backend may change, and the client never sees it. A backend connection
// belongs to one client alone, so what one client sends can never end up in the answer of another.
import type { Client } from './accepted.ts'
import { onRequestBytes, onResponseBytes } from './exchange.ts'
import { isIdempotent, parseRequestHead, parseResponseHead, sniff } from './http-head.ts'
import { createMessageReader, type MessageReader } from './http-message.ts'
import type { Link, LinkOwner } from './link.ts'
import {
  attach,
  BAD_GATEWAY,
  becomeOpaque,
  destroySession,
  detach,
  fail,
  finish,
  forget,
  HELD_BYTES,
  later,
  resumeClient,
  send,
  stopTimer,
} from './reach.ts'
import type { Session, SessionOwner } from './session-state.ts'

const SNIFF_MS = 250
const MAX_REPEATS = 2
/** Below the idle limit of common servers (5 s): theirs would cut a request that is just being sent. */
const IDLE_BACKEND_MS = 4000

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
  // A request that ends every replica it meets must not meet them all.
  if (session.repeats >= MAX_REPEATS) return false
  return session.mode === 'http' && (session.request.phase === 'head' || isIdempotent(session.method))
}

const onLinkGone = (session: Session, link: Link): void => {
  if (session.over || session.link !== link) return
  session.link = null
  if (session.mode === 'http' && !session.inExchange) {
    if (session.clientEnded || session.entryClosed) finish(session)
    else resumeClient(session)
  } else if (mayRetry(session, link)) {
    if (link.connected) session.repeats += 1
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
    if (session.mode === 'opaque') forget(session)
    if (session.mode === 'sniff' && session.held !== null) later(session, SNIFF_MS, becomeOpaque)
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

export const openSession = ({ socket: client, listen }: Client, owner: SessionOwner): Session => {
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
    repeats: 0,
    idleSinceMs: Date.now(),
    holdUntilMs: null,
    timer: null,
  }
  listen((chunk) => onClientData(session, chunk))
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
