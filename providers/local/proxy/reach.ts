// The way of a session to a backend: choosing, waiting for one, sending, sending again elsewhere, ending.
import { openLink } from './link.ts'
import type { Session } from './session-state.ts'

const REPLAY_BYTES = 262_144
export const HELD_BYTES = 65_536
const RETRY_MS = 100
const LINGER_MS = 1000
const SPARE_ATTEMPTS = 3

const plainAnswer = (status: string, text: string): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: ${text.length + 1}\r\n\r\n${text}\n`
export const BAD_GATEWAY = plainAnswer('502 Bad Gateway', 'the replica closed the connection before it answered')
const UNAVAILABLE = plainAnswer('503 Service Unavailable', 'no replica is ready')

export const stopTimer = (session: Session): void => {
  if (session.timer !== null) clearTimeout(session.timer)
  session.timer = null
}

export const later = (session: Session, ms: number, step: (session: Session) => void): void => {
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

export const resumeClient = (session: Session): void => {
  if (session.held === null || session.mode === 'sniff') session.client.resume()
}

export const detach = (session: Session): void => {
  session.link?.close()
  session.link = null
  resumeClient(session)
}

/** The client reads what was written; then the connection ends. */
export const finish = (session: Session): void => {
  session.link?.close()
  session.link = null
  session.client.end()
  later(session, LINGER_MS, destroySession)
}

export const fail = (session: Session, answer: string): void => {
  if (session.mode === 'http' && !session.answered) {
    session.client.write(answer)
    finish(session)
    return
  }
  if (session.mode !== 'http') session.client.resetAndDestroy()
  destroySession(session)
}

export const forget = (session: Session): void => {
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

export const attach = (session: Session): void => {
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

export const send = (session: Session, chunk: Buffer): void => {
  keep(session, chunk)
  const { link } = session
  if (link !== null) {
    if (!link.socket.write(chunk)) session.client.pause()
    return
  }
  if (session.replayBytes > HELD_BYTES) session.client.pause()
  if (session.timer === null) attach(session)
}

export const becomeOpaque = (session: Session): void => {
  stopTimer(session)
  session.mode = 'opaque'
  if (session.link?.connected === true) forget(session)
  else session.replay ??= []
  const rest = session.held
  session.held = null
  if (rest !== null) send(session, rest)
  resumeClient(session)
}
