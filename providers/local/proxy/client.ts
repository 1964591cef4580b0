// One connection to the proxy's control socket.
import { connect, type Socket } from 'node:net'
import { StormportError } from '../../../core/errors.ts'
import { type Answer, type Numbered, type Question, readJsonLines, sendLine } from './channel.ts'

export interface ProxyClient {
  /** Rejects with 'Unreachable' when the connection ends before the answer. */
  ask<Op extends Answer['op']>(
    question: Question,
    op: Op,
    signal: AbortSignal,
  ): Promise<Extract<Answer, { readonly op: Op }>>
  readonly open: boolean
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>
  close(): void
}

const gone = (): StormportError => new StormportError('Unreachable', 'the proxy closed its control socket')

const hasOp = <Op extends Answer['op']>(answer: Answer, op: Op): answer is Extract<Answer, { readonly op: Op }> =>
  answer.op === op

/** null: nobody listens there. */
export const connectProxy = async (path: string): Promise<ProxyClient | null> => {
  const socket = await new Promise<Socket | null>((resolve) => {
    const pending = connect({ path })
    pending.once('connect', () => resolve(pending))
    pending.once('error', () => resolve(null))
  })
  return socket === null ? null : clientOver(socket)
}

const clientOver = (socket: Socket): ProxyClient => {
  const waiting = new Map<number, (answer: Answer | null) => void>()
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>()
  let [nextId, open] = [1, true]
  socket.on('error', () => {})
  socket.on('close', () => {
    open = false
    for (const settle of waiting.values()) settle(null)
    waiting.clear()
    onClosed()
  })
  readJsonLines<Answer>(socket, ({ id, body }: Numbered<Answer>) => {
    waiting.get(id)?.(body)
    waiting.delete(id)
  })
  // The daemon lives by its own sockets; this one alone keeps no process alive.
  socket.unref()
  return {
    get open() {
      return open
    },
    closed,
    ask: (question, op, signal) =>
      new Promise((resolve, reject) => {
        if (!open) {
          reject(gone())
          return
        }
        const id = nextId
        nextId += 1
        socket.ref()
        const settle = (then: () => void): void => {
          waiting.delete(id)
          if (waiting.size === 0) socket.unref()
          signal.removeEventListener('abort', onAbort)
          then()
        }
        const onAbort = (): void =>
          settle(() => reject(new StormportError('Aborted', 'the question to the proxy was given up')))
        signal.addEventListener('abort', onAbort, { once: true })
        waiting.set(id, (answer) =>
          settle(() => {
            if (answer === null) reject(gone())
            else if (hasOp(answer, op)) resolve(answer)
            else
              reject(
                new StormportError(
                  'Internal',
                  `the proxy failed: ${answer.op === 'failed' ? answer.message : answer.op}`,
                ),
              )
          }),
        )
        sendLine<Question>(socket, { id, body: question })
      }),
    close: () => socket.destroy(),
  }
}
