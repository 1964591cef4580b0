// Other protocols through the proxy, and the ports it listens on.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  agent,
  apply,
  get,
  httpBackend,
  plain,
  portOf,
  raw,
  stand,
  tcpBackend,
  until,
  useStand,
} from './session-stand.ts'
import type { ProxyEntry } from './types.ts'

useStand()

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
    await until('closed', () => stand.board.connections('echo') === 0)
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
    stand.cleanups.push(() => backend.close())
    backend.on('message', (message, from) => backend.send(`echo ${message}`, from.port, from.address))
    backend.bind(0, '127.0.0.1')
    await once(backend, 'listening')
    const report = await stand.board.apply(
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
    stand.cleanups.push(() => client.close())
    client.send('hi', report.ports['u'] ?? 0, '127.0.0.1')
    const [answer] = await once(client, 'message')
    expect(String(answer)).toBe('echo hi')
  })
})

describe('ports', () => {
  it('that are taken are named, with their holder, and do not disturb others', async () => {
    const blocker = net.createServer().listen(0, '0.0.0.0')
    await once(blocker, 'listening')
    stand.cleanups.push(() => blocker.close())
    const taken = portOf(blocker)
    const a = await httpBackend('a')
    const entry = (key: string, port: number, host = '127.0.0.1'): ProxyEntry => ({
      key,
      listen: { host, port },
      protocol: 'tcp',
      backends: [plain(a)],
    })
    const report = await stand.board.apply({ entries: [entry('x', taken, '::'), entry('y', 0)] }, {})
    expect(report.errors['x']).toMatchObject({ code: 'PortTaken' })
    expect(report.errors['x']?.message).toMatch(new RegExp(`port ${taken}/tcp is taken by .*pid ${process.pid}`))
    expect((await get(report.ports['y'] ?? 0)).body).toBe('a')
    blocker.close()
    await once(blocker, 'close')
    expect((await stand.board.apply({ entries: [entry('x', taken), entry('y', 0)] }, {})).errors).toEqual({})
  })

  it('are closed with their entry: idle clients at once, running ones after their answer', async () => {
    let release = (): void => {}
    const a = await httpBackend('a', (_, response) => {
      release = () => response.end('done')
    })
    const port = await apply([a])
    const idle = await raw(port)
    const running = get(port, { agent: agent() })
    await until('both are there', () => stand.board.open() === 2 && release.name === 'release')
    await stand.board.apply({ entries: [] }, {})
    await expect(get(port)).rejects.toThrow(/ECONNREFUSED/)
    await until('the idle one ended', () => idle.ended())
    release()
    expect((await running).body).toBe('done')
  })
})
