// Sessions over real sockets, with the switchboard in this process: what clients see while backends come, go and fail.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSwitchboard, type Switchboard } from './switchboard.ts'
import type { ProxyBackend, ProxyEntry } from './types.ts'

const HOLD_MS = 600
let board: Switchboard
let cleanups: (() => void)[]

beforeEach(() => {
  board = createSwitchboard({ holdMs: HOLD_MS })
  cleanups = []
})

afterEach(() => {
  board.destroy()
  for (const clean of cleanups) clean()
})

const until = async (what: string, ask: () => boolean, ms = 5000): Promise<void> => {
  const deadline = Date.now() + ms
  while (!ask()) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const portOf = (server: net.Server | http.Server): number => {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('not listening')
  return address.port
}

const httpBackend = async (
  id: string,
  handler: http.RequestListener = (_, response) => response.end(id),
): Promise<ProxyBackend & { readonly server: http.Server }> => {
  const server = http.createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { id, host: '127.0.0.1', port: portOf(server), draining: false, server }
}

const tcpBackend = async (id: string, onSocket: (socket: net.Socket) => void): Promise<ProxyBackend> => {
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { id, host: '127.0.0.1', port: portOf(server), draining: false }
}

const closedPort = async (): Promise<number> => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

const plain = ({ id, host, port, draining }: ProxyBackend): ProxyBackend => ({ id, host, port, draining })

const apply = async (backends: readonly ProxyBackend[], more: Partial<ProxyEntry> = {}): Promise<number> => {
  const entry: ProxyEntry = {
    key: 'k',
    listen: { host: '127.0.0.1', port: 0 },
    protocol: 'tcp',
    backends: backends.map(plain),
    ...more,
  }
  const report = await board.apply({ entries: [entry] }, {})
  expect(report.errors).toEqual({})
  return report.ports['k'] ?? 0
}

const agent = (): http.Agent => {
  const made = new http.Agent({ keepAlive: true, maxSockets: 1 })
  cleanups.push(() => made.destroy())
  return made
}

const get = (
  port: number,
  options: http.RequestOptions = {},
  body?: string,
): Promise<{ status: number; body: string; reused: boolean }> =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, agent: false, ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, reused: request.reusedSocket }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })

const raw = async (port: number): Promise<{ socket: net.Socket; text: () => string; ended: () => boolean }> => {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  cleanups.push(() => socket.destroy())
  let [text, ended] = ['', false]
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  socket.on('end', () => {
    ended = true
  })
  socket.on('error', () => {
    ended = true
  })
  await once(socket, 'connect')
  return { socket, text: () => text, ended: () => ended }
}

describe('HTTP through the proxy', () => {
  it('spreads new connections over all backends', async () => {
    const backends = await Promise.all(['a', 'b', 'c'].map((id) => httpBackend(id)))
    const port = await apply(backends)
    const seen = new Map<string, number>()
    for (let round = 0; round < 30; round += 1) {
      const { body } = await get(port)
      seen.set(body, (seen.get(body) ?? 0) + 1)
    }
    expect([...seen.values()]).toEqual([10, 10, 10])
  })

  it('moves a kept connection to another backend between two requests', async () => {
    const [a, b] = [await httpBackend('a'), await httpBackend('b')]
    const port = await apply([a])
    const kept = agent()
    expect((await get(port, { agent: kept })).body).toBe('a')
    await apply([{ ...plain(a), draining: true }, b])
    expect(board.connections('a')).toBe(0)
    expect(await get(port, { agent: kept })).toEqual({ status: 200, body: 'b', reused: true })
    await apply([b])
    a.server.close()
    expect(await get(port, { agent: kept })).toEqual({ status: 200, body: 'b', reused: true })
  })

  it('lets a running exchange finish on a draining backend, and counts it', async () => {
    let release = (): void => {}
    const a = await httpBackend('a', (_, response) => {
      response.write('half ')
      release = () => response.end('whole')
    })
    const b = await httpBackend('b')
    const port = await apply([a])
    const kept = agent()
    const running = get(port, { agent: kept })
    await until('the request is there', () => board.connections('a') === 1)
    await until('the answer begins', () => release.length === 0 && board.open() === 1)
    await apply([{ ...plain(a), draining: true }, b])
    expect(board.connections('a')).toBe(1)
    await until('the handler ran', () => {
      release()
      return true
    })
    await new Promise((resolve) => setImmediate(resolve))
    release()
    expect((await running).body).toBe('half whole')
    await until('a has drained', () => board.connections('a') === 0)
    expect(await get(port, { agent: kept })).toMatchObject({ body: 'b', reused: true })
  })

  it('survives rolling replacement under load on kept and new connections', async () => {
    let backends = await Promise.all(['r0-a', 'r0-b'].map((id) => httpBackend(id)))
    const port = await apply(backends)
    let go = true
    const failures: string[] = []
    let count = 0
    const load = async (options: http.RequestOptions): Promise<void> => {
      while (go) {
        await get(port, options).then(
          ({ status }) => {
            if (status !== 200) failures.push(`status ${status}`)
          },
          (error: Error) => failures.push(error.message),
        )
        count += 1
      }
    }
    const loads = [load({}), load({}), load({ agent: agent() }), load({ agent: agent() })]
    const more = async (): Promise<void> => {
      const before = count
      await until('more requests', () => count >= before + 12)
    }
    for (let round = 1; round <= 10; round += 1) {
      await more()
      const next = await Promise.all([`r${round}-a`, `r${round}-b`].map((id) => httpBackend(id)))
      await apply([...backends, ...next])
      await apply([...backends.map((backend) => ({ ...plain(backend), draining: true })), ...next])
      await more()
      await until('drained', () => backends.every(({ id }) => board.connections(id) === 0))
      await apply(next)
      for (const { server } of backends) {
        server.close()
        server.closeAllConnections()
      }
      backends = next
    }
    go = false
    await Promise.all(loads)
    expect(failures).toEqual([])
    expect(count).toBeGreaterThan(50)
  })

  it('keeps the client when the backend closes an idle connection', async () => {
    const sockets: net.Socket[] = []
    const a = await httpBackend('a')
    a.server.on('connection', (socket) => sockets.push(socket))
    const port = await apply([a])
    const kept = agent()
    await get(port, { agent: kept })
    sockets[0]?.destroy()
    await until('the backend is left', () => board.connections('a') === 0)
    expect(await get(port, { agent: kept })).toMatchObject({ status: 200, reused: true })
  })

  it('tries the next backend when one refuses', async () => {
    const b = await httpBackend('b')
    const port = await apply([{ id: 'dead', host: '127.0.0.1', port: await closedPort(), draining: false }, b])
    for (let round = 0; round < 5; round += 1) expect((await get(port)).body).toBe('b')
    expect((await get(port, { method: 'POST' }, 'x'.repeat(100_000))).body).toBe('b')
  })

  it('repeats a request whose backend died before it answered, only where that is safe', async () => {
    let hits = 0
    const broken = await httpBackend('broken', (request) => {
      hits += 1
      request.socket.destroy()
    })
    const port = await apply([broken])
    const good = await httpBackend('good')
    await apply([broken, good])
    for (let round = 0; round < 4; round += 1) expect((await get(port, { method: 'PUT' }, 'body')).body).toBe('good')
    expect(hits).toBeGreaterThan(0)
    await apply([broken])
    const before = hits
    expect((await get(port, { method: 'POST' }, 'body')).status).toBe(502)
    expect(hits).toBe(before + 1)
    expect((await get(port)).status).toBe(502)
    expect(hits).toBe(before + 4)
  })

  it('passes bodies of any size and framing in both directions', async () => {
    const echo = await httpBackend('echo', (request, response) => request.pipe(response))
    const port = await apply([echo])
    const kept = agent()
    const text = 'äbc'.repeat(700_000)
    expect((await get(port, { method: 'POST', agent: kept }, text)).body).toBe(text)
    expect(
      (await get(port, { method: 'POST', agent: kept, headers: { 'transfer-encoding': 'chunked' } }, text)).body,
    ).toBe(text)
    expect((await get(port, { method: 'POST', agent: kept, headers: { expect: '100-continue' } }, 'x')).body).toBe('x')
    expect((await get(port, { method: 'HEAD', agent: kept })).status).toBe(200)
    expect(board.connections('echo')).toBe(1)
  })

  it('answers pipelined requests in order', async () => {
    const port = await apply([await httpBackend('a', (request, response) => response.end(`<${request.url}>`))])
    const client = await raw(port)
    client.socket.write(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''))
    await until('three answers', () => client.text().match(/<\/\d>/g)?.length === 3)
    expect(client.text().match(/<\/\d>/g)).toEqual(['</1>', '</2>', '</3>'])
  })

  it('answers a client that closes its side after the request', async () => {
    const port = await apply([await httpBackend('a')])
    const client = await raw(port)
    client.socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('the answer', () => client.ended())
    expect(client.text()).toMatch(/^HTTP\/1.1 200 OK[\s\S]*a/)
  })

  it('gives the connection away after an upgrade', async () => {
    const a = await httpBackend('a')
    a.server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n')
      socket.pipe(socket)
    })
    const port = await apply([a])
    const client = await raw(port)
    client.socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    await until('the switch', () => client.text().includes('101'))
    await apply([{ ...plain(a), draining: true }])
    client.socket.write('free bytes')
    await until('the echo', () => client.text().endsWith('free bytes'))
  })

  it('holds a request until a backend comes, and refuses in words when none does', async () => {
    const port = await apply([])
    const waiting = get(port)
    await until('the client is there', () => board.open() === 1)
    await apply([await httpBackend('late')])
    expect((await waiting).body).toBe('late')
    await apply([])
    expect(await get(port)).toMatchObject({ status: 503, body: 'no replica is ready\n' })
  })
})

describe('other protocols', () => {
  it('may let the server speak first', async () => {
    const port = await apply([await tcpBackend('smtp', (socket) => socket.write('220 hello\r\n'))])
    const client = await raw(port)
    await until('the greeting', () => client.text() === '220 hello\r\n')
  })

  it('keep their connection while the backend drains, and get half-closes through', async () => {
    const echo = await tcpBackend('echo', (socket) => socket.pipe(socket))
    const port = await apply([echo])
    const client = await raw(port)
    client.socket.write('PING\r\n')
    await until('the echo', () => client.text() === 'PING\r\n')
    await apply([{ ...echo, draining: true }])
    client.socket.end('more')
    await until('the end', () => client.ended())
    expect(client.text()).toBe('PING\r\nmore')
    await until('closed', () => board.connections('echo') === 0)
  })

  it('are not looked at when the entry forbids it', async () => {
    const port = await apply(
      [await tcpBackend('t', (socket) => socket.on('data', (data) => socket.write(`got ${data}`)))],
      { appProtocol: 'tcp' },
    )
    const client = await raw(port)
    client.socket.write('GET ')
    await until('the answer', () => client.text() === 'got GET ')
  })

  it('that look like the beginning of HTTP are passed on after a moment', async () => {
    const port = await apply([
      await tcpBackend('t', (socket) => socket.on('data', (data) => socket.write(`got ${data}`))),
    ])
    const client = await raw(port)
    client.socket.write('GET')
    await until('the answer', () => client.text() === 'got GET')
  })

  it('pass much data without keeping it', async () => {
    const port = await apply([await tcpBackend('sink', (socket) => socket.pipe(socket))])
    const client = await raw(port)
    let received = 0
    client.socket.on('data', (part) => {
      received += part.length
    })
    const block = Buffer.alloc(1 << 20, 1)
    for (let round = 0; round < 20; round += 1) if (!client.socket.write(block)) await once(client.socket, 'drain')
    await until('all came back', () => received === 20 * block.length)
  })

  it('over UDP get answers from one backend', async () => {
    const backend = createSocket('udp4')
    cleanups.push(() => backend.close())
    backend.on('message', (message, from) => backend.send(`echo ${message}`, from.port, from.address))
    backend.bind(0, '127.0.0.1')
    await once(backend, 'listening')
    const report = await board.apply(
      {
        entries: [
          {
            key: 'u',
            listen: { host: '127.0.0.1', port: 0 },
            protocol: 'udp',
            backends: [{ id: 'u', host: '127.0.0.1', port: backend.address().port, draining: false }],
          },
        ],
      },
      {},
    )
    const client = createSocket('udp4')
    cleanups.push(() => client.close())
    client.send('hi', report.ports['u'] ?? 0, '127.0.0.1')
    const [answer] = await once(client, 'message')
    expect(String(answer)).toBe('echo hi')
  })
})

describe('ports', () => {
  it('that are taken are named, with their holder, and do not disturb others', async () => {
    const blocker = net.createServer().listen(0, '0.0.0.0')
    await once(blocker, 'listening')
    cleanups.push(() => blocker.close())
    const taken = portOf(blocker)
    const a = await httpBackend('a')
    const entry = (key: string, port: number, host = '127.0.0.1'): ProxyEntry => ({
      key,
      listen: { host, port },
      protocol: 'tcp',
      backends: [plain(a)],
    })
    const report = await board.apply({ entries: [entry('x', taken, '::'), entry('y', 0)] }, {})
    expect(report.errors['x']).toMatchObject({ code: 'PortTaken' })
    expect(report.errors['x']?.message).toMatch(new RegExp(`port ${taken}/tcp is taken by .*pid ${process.pid}`))
    expect((await get(report.ports['y'] ?? 0)).body).toBe('a')
    blocker.close()
    await once(blocker, 'close')
    expect((await board.apply({ entries: [entry('x', taken), entry('y', 0)] }, {})).errors).toEqual({})
  })

  it('are closed with their entry: idle clients at once, running ones after their answer', async () => {
    let release = (): void => {}
    const a = await httpBackend('a', (_, response) => {
      release = () => response.end('done')
    })
    const port = await apply([a])
    const idle = await raw(port)
    const running = get(port, { agent: agent() })
    await until('both are there', () => board.open() === 2 && release.name === 'release')
    await board.apply({ entries: [] }, {})
    await expect(get(port)).rejects.toThrow(/ECONNREFUSED/)
    await until('the idle one ended', () => idle.ended())
    release()
    expect((await running).body).toBe('done')
  })
})
