// The streams of the fake: watches, logs, and commands over a WebSocket.
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Controllers, PodLog } from './controllers.ts'
import { selects } from './routes.ts'
import type { Change, Place, Store } from './store.ts'

/** From the asked version on; whoever asks for a forgotten one is told to list again. */
export const streamWatch = (
  store: Store,
  { place, query }: { readonly place: Place; readonly query: URLSearchParams },
  response: ServerResponse,
): void => {
  const missed = store.since(query.get('resourceVersion') ?? '0')
  if (missed === null) {
    const expired = {
      kind: 'Status',
      status: 'Failure',
      code: 410,
      reason: 'Expired',
      message: 'too old resource version',
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify({ type: 'ERROR', object: expired })}\n`)
    return
  }
  response.writeHead(200, { 'content-type': 'application/json' })
  const tell = ({ type, place: p, object }: Change): void => {
    if (p.group !== place.group || p.plural !== place.plural || !selects(object, query)) return
    if (place.namespace !== '' && p.namespace !== place.namespace) return
    response.write(`${JSON.stringify({ type, object })}\n`)
  }
  for (const change of missed) tell(change)
  const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: store.version() } } }
  response.write(`${JSON.stringify(bookmark)}\n`)
  response.on('close', store.onChange(tell))
}

export const streamLogs = (
  controllers: Controllers,
  { pod, query }: { readonly pod: string; readonly query: URLSearchParams },
  response: ServerResponse,
): void => {
  const write = (line: PodLog): boolean => line.pod === pod && response.write(`${line.at} ${line.text}\n`)
  const tail = query.get('tailLines')
  const before = controllers.logs.filter((line) => line.pod === pod)
  response.writeHead(200, { 'content-type': 'text/plain' })
  response.flushHeaders()
  for (const line of tail === null ? before : before.slice(before.length - Math.min(before.length, Number(tail))))
    write(line)
  if (query.get('follow') !== 'true') return void response.end()
  const stop = controllers.onLog(write)
  response.on('close', stop)
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** `exit N`, `echo WORDS` and `wait`, in the protocol of kubectl exec. */
export const serveExec = (store: Store, request: IncomingMessage, socket: Duplex): void => {
  const url = new URL(request.url ?? '/', 'http://fake')
  const [, , , , namespace = '', , name = ''] = url.pathname.split('/')
  if (store.get({ group: '', plural: 'pods', namespace, name }) === null) {
    socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    return
  }
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64')
  const head = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: Upgrade']
  socket.write(
    [...head, `sec-websocket-accept: ${accept}`, 'sec-websocket-protocol: v5.channel.k8s.io', '', ''].join('\r\n'),
  )
  socket.on('error', () => socket.destroy())
  // A close frame is answered by the end of the connection.
  socket.on('data', (chunk: Buffer) => void (((chunk[0] ?? 0) & 15) === 8 && socket.end()))
  const [command, ...words] = url.searchParams.getAll('command')
  if (command === 'wait') return
  if (command === 'echo') socket.write(frame(1, `${words.join(' ')}\n`))
  socket.write(frame(3, JSON.stringify(statusOf(command === 'exit' ? Number(words[0]) : 0))))
}

const statusOf = (code: number): unknown =>
  code === 0
    ? { status: 'Success' }
    : {
        status: 'Failure',
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
      }

/** One unmasked binary frame of at most 64 KiB. */
const frame = (channel: number, text: string): Buffer => {
  const payload = Buffer.concat([Buffer.from([channel]), Buffer.from(text)])
  const length =
    payload.length < 126 ? Buffer.from([payload.length]) : Buffer.from([126, payload.length >> 8, payload.length & 255])
  return Buffer.concat([Buffer.from([0x82]), length, payload])
}
