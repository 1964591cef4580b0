// HTTP through the proxy on real sockets.
import type http from 'node:http'
import type net from 'node:net'
import { describe, expect, it } from 'vitest'
import { agent, apply, closedPort, get, httpBackend, plain, raw, stand, until, useStand } from './session-stand.ts'

useStand()

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
    expect(stand.board.connections('a')).toBe(0)
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
    await until('the request is there', () => stand.board.connections('a') === 1)
    await until('the answer begins', () => release.length === 0 && stand.board.open() === 1)
    await apply([{ ...plain(a), draining: true }, b])
    expect(stand.board.connections('a')).toBe(1)
    await until('the handler ran', () => {
      release()
      return true
    })
    await new Promise((resolve) => setImmediate(resolve))
    release()
    expect((await running).body).toBe('half whole')
    await until('a has drained', () => stand.board.connections('a') === 0)
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
      await until('drained', () => backends.every(({ id }) => stand.board.connections(id) === 0))
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
    await until('the backend is left', () => stand.board.connections('a') === 0)
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
    expect(stand.board.connections('echo')).toBe(1)
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
    await until('the client is there', () => stand.board.open() === 1)
    await apply([await httpBackend('late')])
    expect((await waiting).body).toBe('late')
    await apply([])
    expect(await get(port)).toMatchObject({ status: 503, body: 'no replica is ready\n' })
  })
})
