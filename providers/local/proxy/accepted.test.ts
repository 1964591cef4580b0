// Both kinds of client sockets, with the same bytes: large and small chunks, held back, and ended from either side.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Client, clientOf } from './accepted.ts'

const open: { end: () => void }[] = []
afterEach(() => {
  for (const { end } of open.splice(0)) end()
})

const listening = async (): Promise<Server> => {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  open.push({ end: () => void server.close() })
  await once(server, 'listening')
  return server
}

/** `hide`: as on a Node whose inside is another. */
const connected = async (hide: boolean): Promise<{ readonly client: Client; readonly peer: Socket }> => {
  const server = await listening()
  const address = server.address()
  const peer = connect({ port: typeof address === 'object' && address !== null ? address.port : 0, host: '127.0.0.1' })
  const accepted = await new Promise<Socket>((resolve) => server.once('connection', resolve))
  const shown = hide ? new Proxy(accepted, { get: withoutHandle }) : accepted
  const client = clientOf(shown)
  open.push({ end: () => void peer.destroy() }, { end: () => void accepted.destroy() })
  open.push({ end: () => void client.socket.destroy() })
  return { client, peer }
}

const withoutHandle = (target: Socket, key: string | symbol): unknown => {
  if (key === '_handle') return undefined
  const value: unknown = Reflect.get(target, key)
  return typeof value === 'function' ? value.bind(target) : value
}

describe.each([
  ['read in place', false],
  ['as it was accepted', true],
])('a client %s', (_name, hide) => {
  it('is read whole, and what was given stays as it was', async () => {
    const { client, peer } = await connected(hide)
    const chunks: Buffer[] = []
    client.listen((chunk) => chunks.push(chunk))
    const ended = once(client.socket, 'end')
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
    peer.write(sent.subarray(0, 10))
    await expect.poll(() => chunks.length).toBe(1)
    peer.end(sent.subarray(10))
    await ended
    expect(Buffer.concat(chunks).equals(sent)).toBe(true)
  })

  it('sends nothing on while it is held back', async () => {
    const { client, peer } = await connected(hide)
    let bytes = 0
    client.listen((chunk) => {
      bytes += chunk.length
      client.socket.pause()
    })
    peer.write(Buffer.alloc(8_000_000))
    await expect.poll(() => bytes).toBeGreaterThan(0)
    const first = bytes
    await new Promise((resolve) => setImmediate(resolve))
    expect(bytes).toBe(first)
    client.socket.resume()
    await expect.poll(() => bytes).toBeGreaterThan(first)
  })

  it('answers after the other side has ended, and closes', async () => {
    const { client, peer } = await connected(hide)
    client.listen(() => undefined)
    client.socket.on('end', () => client.socket.end('answer'))
    const answer: string[] = []
    peer.on('data', (chunk) => answer.push(String(chunk)))
    const closed = Promise.all([once(client.socket, 'close'), once(peer, 'close')])
    peer.end('question')
    await closed
    expect(answer.join('')).toBe('answer')
  })
})
