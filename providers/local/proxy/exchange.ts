// HTTP/1 exchanges of a session, one after another: where one ends is the only moment at which the backend may change.
import { readMessage, resetMessage } from './http-message.ts'
import type { Link } from './link.ts'
import { becomeOpaque, detach, finish, forget, send } from './reach.ts'
import type { Session } from './session-state.ts'

const beginExchange = (session: Session): void => {
  session.inExchange = true
  session.answered = false
  session.replay = []
  session.replayBytes = 0
  session.attempts = 0
  session.repeats = 0
  session.holdUntilMs = null
  if (session.tried.size > 0) session.tried.clear()
  if (session.link?.member.leaving === true) detach(session)
}

const holdBytes = (session: Session, chunk: Buffer): void => {
  session.held = session.held === null ? chunk : Buffer.concat([session.held, chunk])
  session.client.pause()
}

export const onRequestBytes = (session: Session, chunk: Buffer): void => {
  const { request } = session
  if (session.inExchange && request.phase === 'done') {
    holdBytes(session, chunk)
    return
  }
  if (!session.inExchange) beginExchange(session)
  const end = readMessage(request, chunk, 0)
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
  resetMessage(session.request)
  resetMessage(session.response)
  session.method = ''
  session.idleSinceMs = Date.now()
  if (session.link?.member.leaving === true) detach(session)
  const rest = session.held
  if (rest === null) return
  session.held = null
  session.client.resume()
  onRequestBytes(session, rest)
}

export const onResponseBytes = (session: Session, link: Link, chunk: Buffer): void => {
  const { response } = session
  if (!session.inExchange) {
    // An answer that nobody asked for: the connection cannot be used again.
    detach(session)
    return
  }
  session.answered = true
  forget(session)
  const end = readMessage(response, chunk, 0)
  if (!session.client.write(end === chunk.length ? chunk : chunk.subarray(0, end))) link.socket.pause()
  if (response.phase === 'opaque' || response.phase === 'broken') becomeOpaque(session)
  if (response.phase !== 'done') return
  if (end < chunk.length) detach(session)
  endExchange(session)
}
