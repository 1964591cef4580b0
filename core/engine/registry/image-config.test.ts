// What an image says of itself, from a registry over HTTP: by digest alone, and only what the digest promises.
import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createImages } from './index.ts'

const never = new AbortController().signal
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

interface Registry {
  readonly host: string
  readonly seen: readonly string[]
}

/** Serves each text under its digest, and what `instead` says in its place. */
const registry = async (
  texts: readonly string[],
  options: { readonly instead?: Readonly<Record<string, string>>; readonly token?: string } = {},
): Promise<Registry> => {
  const byDigest = new Map(texts.map((text) => [digestOf(text), text]))
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    if (request.url?.startsWith('/token')) return response.end(JSON.stringify({ token: options.token }))
    if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
      const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
      return response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
    }
    const digest = request.url?.split('/').at(-1) ?? ''
    const text = options.instead?.[digest] ?? byDigest.get(digest)
    return text === undefined ? response.writeHead(404).end() : response.end(text)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const imageOf = (config: unknown) => {
  const text = JSON.stringify({ config })
  return { config: text, manifest: JSON.stringify({ schemaVersion: 2, config: { digest: digestOf(text) } }) }
}

const describeAll = (...references: readonly string[]) =>
  createImages({ credentials: { forRegistry: async () => null }, local: null }).describe?.(references, never)

describe('the configuration of an image', () => {
  it('tells user and stop signal, with a token where the registry wants one', async () => {
    const { config, manifest } = imageOf({ User: '1001:1001', StopSignal: 'SIGQUIT' })
    const { host, seen } = await registry([config, manifest], { token: 't0k3n' })
    const reference = `${host}/web:1@${digestOf(manifest)}`
    expect(await describeAll(reference)).toEqual({ [reference]: { user: '1001:1001', stopSignal: 'SIGQUIT' } })
    expect(seen.filter((line) => line.includes('/token'))).toHaveLength(1)
  })

  it('of an index is that of linux/amd64; no user is the empty word', async () => {
    const [arm, amd] = [imageOf({ User: '7' }), imageOf({})]
    const entry = (architecture: string, { manifest }: { readonly manifest: string }) => ({
      digest: digestOf(manifest),
      platform: { os: 'linux', architecture },
    })
    const index = JSON.stringify({ manifests: [entry('arm64', arm), entry('amd64', amd)] })
    const { host } = await registry([index, ...Object.values(arm), ...Object.values(amd)])
    const reference = `${host}/web@${digestOf(index)}`
    expect(await describeAll(reference)).toEqual({ [reference]: { user: '' } })
  })

  it('that is not what its digest promises is not believed', async () => {
    const { config, manifest } = imageOf({ User: 'root' })
    const forged = imageOf({ User: '1001' })
    const { host } = await registry([config, manifest], { instead: { [digestOf(config)]: forged.config } })
    expect(await describeAll(`${host}/web@${digestOf(manifest)}`)).toEqual({})
  })

  it('that cannot be read leaves the others known', async () => {
    const { config, manifest } = imageOf({ User: '1001' })
    const { host } = await registry([config, manifest])
    const [good, gone] = [`${host}/web@${digestOf(manifest)}`, `${host}/gone@${digestOf('gone')}`]
    expect(await describeAll(good, gone, `${host}/tagged:1`)).toEqual({ [good]: { user: '1001' } })
  })
})
