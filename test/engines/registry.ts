// A real registry (Debian's docker-registry) on loopback, with a password: proves pulls with the user's own sign-in.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngineClient } from '../../providers/local/drivers/docker/client.ts'
import { endpointOf } from '../../providers/local/drivers/docker/endpoint.ts'
import { encodeAuth } from '../../providers/local/drivers/docker/images.ts'
import { startBackground, until } from './process.ts'

export interface TestRegistry {
  /** '127.0.0.1:PORT' */
  readonly address: string
  readonly user: string
  readonly password: string
  /** Folder for DOCKER_CONFIG that holds the sign-in. */
  readonly dockerConfig: string
  /** Pushes a local image of the engine under this registry's name; resolves to the new reference. */
  push(host: string, image: string, name: string): Promise<string>
  stop(): Promise<void>
}

const USER = 'porter'
const PASSWORD = 'canary-registry-7f3a'
const HTPASSWD = `${USER}:$2y$05$cy/XA9TCmwXfKblVnpfLUOBaZhdgutJUt1YjzKEEJJfNa7H6q17f6\n`

export const startRegistry = async (): Promise<TestRegistry> => {
  const folder = await mkdtemp(join(tmpdir(), 'stormport-registry-'))
  const address = `127.0.0.1:${await freePort()}`
  await writeFile(join(folder, 'htpasswd'), HTPASSWD)
  await writeFile(join(folder, 'config.yml'), configText(folder, address))
  const dockerConfig = join(folder, 'docker')
  await mkdir(dockerConfig)
  const auth = Buffer.from(`${USER}:${PASSWORD}`).toString('base64')
  await writeFile(join(dockerConfig, 'config.json'), JSON.stringify({ auths: { [address]: { auth } } }))
  const server = startBackground({
    argv: ['/usr/bin/docker-registry', 'serve', join(folder, 'config.yml')],
    logFile: join(folder, 'log'),
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
  })
  const stop = async (): Promise<void> => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const up = await until(async () => server.exited() || (await answers(address)), 15_000)
  if (!up || server.exited()) {
    const output = server.lastOutput()
    await stop()
    throw new Error(`the registry did not start: ${output}`)
  }
  return {
    address,
    user: USER,
    password: PASSWORD,
    dockerConfig,
    push: (host, image, name) => push(host, image, `${address}/${name}`),
    stop,
  }
}

const push = async (host: string, image: string, reference: string): Promise<string> => {
  const client = createEngineClient(endpointOf(host, null, {}))
  const signal = AbortSignal.timeout(60_000)
  const [repo = '', tag = ''] = [
    reference.slice(0, reference.lastIndexOf(':')),
    reference.slice(reference.lastIndexOf(':') + 1),
  ]
  const source = encodeURIComponent(image)
  await client.json({ method: 'POST', path: `/images/${source}/tag`, query: { repo, tag }, operation: 'tag' }, signal)
  const headers = { 'X-Registry-Auth': encodeAuth({ username: USER, password: PASSWORD }) }
  const request = {
    method: 'POST',
    path: `/images/${repo}/push`,
    query: { tag },
    headers,
    operation: 'push',
    timeoutMs: null,
  } as const
  for await (const line of client.lines<{ error?: string }>(request, signal))
    if (line.error !== undefined) throw new Error(line.error)
  await client.json({ method: 'DELETE', path: `/images/${encodeURIComponent(reference)}`, operation: 'untag' }, signal)
  return reference
}

const configText = (folder: string, address: string): string =>
  `version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: ${join(folder, 'data')} }, delete: { enabled: true } }
http: { addr: "${address}" }
auth: { htpasswd: { realm: test, path: ${join(folder, 'htpasswd')} } }
`

const answers = (address: string): Promise<boolean> =>
  fetch(`http://${address}/v2/`).then(
    (response) => response.status === 401,
    () => false,
  )

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
