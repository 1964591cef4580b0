// Following one kind over lines that break in every way: nothing is lost, nothing stays by mistake, no storm.
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { textAt } from '../raw.ts'
import { createKubeApi } from './api.ts'
import { watchKind } from './watch.ts'

type Script = (response: ServerResponse) => void

const pod = (name: string, version: string): object => ({ metadata: { name, resourceVersion: version } })
const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`

let close: () => Promise<void> = async () => undefined
afterEach(() => close())

/** Lists hold `pods` at version 10; each watch follows the next script, the last one for good. */
const start = async (scripts: readonly Script[]) => {
  const asked: string[] = []
  let next = 0
  const server: Server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://fake')
    const isWatch = searchParams.get('watch') === 'true'
    asked.push(isWatch ? `watch ${searchParams.get('resourceVersion')}` : 'list')
    response.writeHead(200)
    if (!isWatch)
      return void response.end(JSON.stringify({ metadata: { resourceVersion: '10' }, items: [pod('a', '9')] }))
    scripts[Math.min(next, scripts.length - 1)]?.(response)
    next += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const api = createKubeApi(
    {
      server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ca: null,
      tlsServerName: null,
      namespace: null,
      context: 'scripted',
      user: { kind: 'anonymous' },
    },
    { mode: 'never', allowed: [], ask: null, env: {} },
  )
  close = async () => {
    api.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { api, asked }
}

/** What is told until `name` is. */
const toldUntil = async (name: string, scripts: readonly Script[], silentMs = 10_000) => {
  const { api, asked } = await start(scripts)
  const told: string[] = []
  const over = AbortSignal.timeout(15_000)
  for await (const note of watchKind(api, { path: '/pods', query: {}, silentMs }, over)) {
    const named = note.kind === 'list' ? 'list' : (textAt(note.object, 'metadata.name') ?? '')
    told.push(note.kind === 'gone' ? `-${named}` : named)
    if (named === name) return { told, asked }
  }
  throw new Error(`${name} was not told: ${told.join(' ')}`)
}

const last: Script = (response) => void response.write(line('ADDED', pod('last', '99')))

describe('a watch', () => {
  it('goes on from where it was when its stream ends', async () => {
    const ends: Script = (response) => void response.end(line('ADDED', pod('b', '12')))
    const { told, asked } = await toldUntil('last', [ends, last])
    expect(told).toEqual(['list', 'b', 'last'])
    expect(asked).toEqual(['list', 'watch 10', 'watch 12'])
  })
  it('goes on from its bookmark', async () => {
    const ends: Script = (response) => void response.end(line('BOOKMARK', pod('', '42')))
    const { told, asked } = await toldUntil('last', [ends, last])
    expect(told).toEqual(['list', 'last'])
    expect(asked).toEqual(['list', 'watch 10', 'watch 42'])
  })
  it('takes no half line for a change', async () => {
    const half: Script = (response) =>
      void response.end(`${line('ADDED', pod('b', '12'))}${line('ADDED', pod('c', '13')).slice(0, 20)}`)
    const { told, asked } = await toldUntil('last', [half, last])
    expect(told).toEqual(['list', 'b', 'last'])
    expect(asked.at(-1)).toBe('watch 12')
  })
  it('lists again after a reset in the middle of a line', async () => {
    const cut: Script = (response) => {
      response.write(line('ADDED', pod('b', '12')), () => response.destroy())
    }
    const { told, asked } = await toldUntil('last', [cut, last])
    expect(told.at(-1)).toBe('last')
    expect(asked.filter((what) => what === 'list').length).toBeGreaterThanOrEqual(2)
  })
  it('lists again when its position has expired, told as an event or as a status', async () => {
    const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 10 (500)' }
    const { told, asked } = await toldUntil('last', [(r) => void r.end(line('ERROR', expired)), last])
    expect(told).toEqual(['list', 'list', 'last'])
    expect(asked).toEqual(['list', 'watch 10', 'list', 'watch 10'])
  })
  it('asks anew when nothing at all has come for too long', async () => {
    const dumb: Script = (response) => response.flushHeaders()
    const { told, asked } = await toldUntil('last', [dumb, last], 200)
    expect(told).toEqual(['list', 'last'])
    expect(asked).toEqual(['list', 'watch 10', 'watch 10'])
  })
})
