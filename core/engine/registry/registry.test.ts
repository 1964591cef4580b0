import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { RegistryCredentials } from '../../ports.ts'
import { mayReceiveCredentials, parseChallenge } from './challenge.ts'
import { createImages } from './index.ts'

const DIGEST = `sha256:${'b'.repeat(64)}`
const signal = new AbortController().signal
const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

const serve = async (
  handle: (request: IncomingMessage, response: ServerResponse, host: string) => void,
): Promise<string> => {
  const server = createServer((request, response) =>
    handle(request, response, `127.0.0.1:${(server.address() as AddressInfo).port}`),
  )
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const nobody: RegistryCredentials = { forRegistry: async () => null }
const porter: RegistryCredentials = {
  forRegistry: async () => ({ kind: 'password', username: 'porter', password: 'canary-pw' }),
}

describe('the digest of a tag', () => {
  test('comes from a HEAD request that asks for an index first', async () => {
    const seen: string[] = []
    const host = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.accept?.split(',')[0]}`)
      response.writeHead(200, { 'docker-content-digest': DIGEST }).end()
    })
    const answers = await createImages({ credentials: nobody, local: null }).resolve([`${host}/acme/web:1`], signal)
    expect(answers).toEqual([{ reference: `${host}/acme/web:1`, digest: DIGEST, error: null }])
    expect(seen).toEqual(['HEAD /v2/acme/web/manifests/1 application/vnd.oci.image.index.v1+json'])
  })

  test('is worked out from the manifest where the registry does not say it', async () => {
    const host = await serve((_, response) => response.writeHead(200).end('{"schemaVersion":2}'))
    const [answer] = await createImages({ credentials: nobody, local: null }).resolve([`${host}/web`], signal)
    expect(answer?.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  test('is fetched with a token that the credentials buy at the realm', async () => {
    const tokens: (string | undefined)[] = []
    const host = await serve((request, response, self) => {
      if (request.url?.startsWith('/token')) {
        tokens.push(`${request.url} ${request.headers.authorization}`)
        return response.writeHead(200).end('{"token":"t0k3n"}')
      }
      if (request.headers.authorization === 'Bearer t0k3n')
        return response.writeHead(200, { 'docker-content-digest': DIGEST }).end()
      return response
        .writeHead(401, {
          'www-authenticate': `Bearer realm="http://${self}/token",service="reg",scope="repository:web:pull"`,
        })
        .end()
    })
    const [answer] = await createImages({ credentials: porter, local: null }).resolve([`${host}/web`], signal)
    expect(answer?.digest).toBe(DIGEST)
    expect(tokens).toEqual([
      `/token?service=reg&scope=repository%3Aweb%3Apull Basic ${Buffer.from('porter:canary-pw').toString('base64')}`,
    ])
  })

  test('is fetched with an identity token where the sign-in left one', async () => {
    const forms: string[] = []
    const host = await serve((request, response, self) => {
      if (request.method === 'POST') {
        request.on('data', (chunk) => forms.push(String(chunk)))
        return request.on('end', () => response.writeHead(200).end('{"access_token":"t0k3n"}'))
      }
      if (request.headers.authorization === 'Bearer t0k3n')
        return response.writeHead(200, { 'docker-content-digest': DIGEST }).end()
      return response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${self}/token",service="reg"` }).end()
    })
    const credentials: RegistryCredentials = {
      forRegistry: async () => ({ kind: 'token', identityToken: 'refresh-1' }),
    }
    const [answer] = await createImages({ credentials, local: null }).resolve([`${host}/web`], signal)
    expect(answer?.digest).toBe(DIGEST)
    expect(Object.fromEntries(new URLSearchParams(forms.join('')))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'stormport',
      refresh_token: 'refresh-1',
      scope: 'repository:web:pull',
      service: 'reg',
    })
  })

  test('refused, absent and silent registries are told apart, and no message shows a password', async () => {
    const refusing = await serve((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    )
    const empty = await serve((_, response) => response.writeHead(404).end())
    const silent = await serve(() => {})
    const images = createImages({ credentials: porter, local: null, registryMs: 300 })
    const answers = await images.resolve([`${refusing}/a`, `${empty}/b`, `${silent}/c`, 'Not A Name'], signal)
    expect(answers.map((answer) => answer.error?.code)).toEqual([
      'Forbidden',
      'ImageNotFound',
      'Unreachable',
      'InvalidSpec',
    ])
    expect(JSON.stringify(answers)).not.toContain('canary-pw')
  })

  test('a pinned reference asks nobody', async () => {
    const host = await serve(() => expect.unreachable())
    const reference = `${host}/web@${DIGEST}`
    expect(await createImages({ credentials: nobody, local: null }).resolve([reference], signal)).toEqual([
      { reference, digest: DIGEST, error: null },
    ])
  })

  test('a slow registry does not keep the answers of a quick one', async () => {
    const quick = await serve((_, response) => response.writeHead(200, { 'docker-content-digest': DIGEST }).end())
    const silent = await serve(() => {})
    const started = performance.now()
    const answers = await createImages({ credentials: nobody, local: null, registryMs: 200 }).resolve(
      [`${silent}/a`, `${quick}/b`],
      signal,
    )
    expect(answers.map((answer) => answer.digest)).toEqual([null, DIGEST])
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test('what an engine here holds is not asked of a registry', async () => {
    const local = {
      resolve: async (refs: readonly string[]) => refs.map((reference) => ({ reference, digest: DIGEST, error: null })),
    }
    const [answer] = await createImages({ credentials: nobody, local }).resolve(['registry.invalid/web'], signal)
    expect(answer?.digest).toBe(DIGEST)
  })
})

describe('credentials', () => {
  test.each([
    ['ghcr.io', 'https://ghcr.io/token', true],
    ['registry.gitlab.com', 'https://gitlab.com/jwt/auth', true],
    ['registry-1.docker.io', 'https://auth.docker.io/token', true],
    ['ghcr.io', 'https://evil.io/token', false],
    ['registry.example.com', 'https://example.com.evil.org/', false],
    ['127.0.0.1:5000', 'http://127.0.0.1:5001/token', true],
    ['10.0.0.1', 'https://9.0.0.1/token', false],
  ])('of %s to %s: %s', (registry, realm, allowed) => {
    expect(mayReceiveCredentials(registry, new URL(realm))).toBe(allowed)
  })

  test('a realm without TLS on another machine is no challenge that is met', () => {
    expect(parseChallenge('Bearer realm="http://registry.example.com/token"')).toBeNull()
    expect(parseChallenge('Negotiate')).toBeNull()
  })
})
