import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { API_MAX, atLeast, createEngineClient, type EngineClient } from './client.ts'
import { endpointOf } from './endpoint.ts'

let folder: string
let server: Server | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stormport-client-'))
})

afterEach(async () => {
  server?.closeAllConnections()
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)))
  server = undefined
  await rm(folder, { recursive: true, force: true })
})

const serve = async (apiVersion: string, handle: RequestListener): Promise<EngineClient> => {
  const path = join(folder, 'sock')
  server = createServer((request, response) => {
    if (request.url === '/_ping') return response.writeHead(200, { 'Api-Version': apiVersion }).end('OK')
    return handle(request, response)
  })
  await new Promise<void>((resolve) => server?.listen(path, resolve))
  return createEngineClient({ kind: 'unix', path })
}

const get = { method: 'GET', path: '/info', operation: 'describe itself' } as const

describe('a client of an engine', () => {
  test.each([
    ['1.41', '/v1.41/info'],
    ['1.99', `/v${API_MAX}/info`],
  ])('speaks version %s as %s', async (engine, path) => {
    const client = await serve(engine, (request, response) => response.end(JSON.stringify({ url: request.url })))
    expect(await client.json(get, AbortSignal.timeout(5_000))).toEqual({ url: path })
  })

  test('refuses an engine that is too old', async () => {
    const client = await serve('1.24', (_, response) => response.end('{}'))
    await expect(client.json(get, AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: 'Unsupported' })
  })

  test('gives up on an answer that does not come, and at once when aborted', async () => {
    const client = await serve('1.41', () => {})
    await expect(client.json({ ...get, timeoutMs: 50 }, AbortSignal.timeout(5_000))).rejects.toMatchObject({
      code: 'Unreachable',
    })
    const leave = new AbortController()
    const asked = client.json(get, leave.signal)
    leave.abort()
    await expect(asked).rejects.toMatchObject({ code: 'Aborted' })
  })

  test('says that an engine is not there', async () => {
    const client = createEngineClient({ kind: 'unix', path: join(folder, 'none') })
    await expect(client.json(get, AbortSignal.timeout(5_000))).rejects.toMatchObject({
      code: 'Unreachable',
      details: { diagnostic: 'SP4101' },
    })
  })

  test('tells a cut answer from a whole one', async () => {
    const client = await serve('1.41', (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"half":')
      response.destroy()
    })
    await expect(client.json(get, AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: 'Unreachable' })
  })
})

describe('an engine address', () => {
  test('comes from the node, else DOCKER_HOST, else the usual socket', () => {
    expect(endpointOf('unix:///a', null, { DOCKER_HOST: 'unix:///b' })).toEqual({ kind: 'unix', path: '/a' })
    expect(endpointOf(null, null, { DOCKER_HOST: 'unix:///b' })).toEqual({ kind: 'unix', path: '/b' })
    expect(endpointOf(null, null, {})).toEqual({ kind: 'unix', path: '/var/run/docker.sock' })
  })

  test('over plain tcp is refused, with certificates it is used', () => {
    expect(() => endpointOf('tcp://10.0.0.1:2375', null, {})).toThrow(/without TLS/)
    expect(endpointOf('tcp://10.0.0.1', null, { DOCKER_CERT_PATH: '/c' })).toMatchObject({
      port: 2376,
      tls: { ca: '/c/ca.pem' },
    })
  })

  test('over ssh is not there yet', () => {
    expect(() => endpointOf('ssh://me@host', null, {})).toThrow(expect.objectContaining({ code: 'NotYet' }))
  })
})

test.each([
  ['1.44', '1.41', true],
  ['1.40', '1.41', false],
  ['1.9', '1.10', false],
  ['2.0', '1.99', true],
])('%s is at least %s: %s', (have, want, expected) => {
  expect(atLeast(have, want)).toBe(expected)
})
