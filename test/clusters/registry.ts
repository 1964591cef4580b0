// A real registry (Debian's docker-registry) inside a plane's namespace. The machine's own loopback leads to it by the same
// address, so one image reference holds for the machine, its engines and the plane's node.
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { awaitReady } from './programs.ts'
import { launch, type Site } from './site.ts'
import type { ImageRegistry, ImageSource } from './types.ts'

export interface RunningRegistry {
  readonly registry: ImageRegistry
  close(): Promise<void>
}

export const startRegistry = async (site: Site): Promise<RunningRegistry> => {
  const { folder, ports, address } = site.slot
  const config = join(folder, 'registry.yml')
  await writeFile(config, configText(join(folder, 'registry'), ports.registry))
  const program = await launch(site, 'registry', ['/usr/bin/docker-registry', 'serve', config])
  const door = await openDoor(ports.registry, address)
  const local = `127.0.0.1:${ports.registry}`
  try {
    await awaitReady(program, 'the registry', () => isUp(local))
  } catch (error) {
    await door.close()
    throw error
  }
  return { registry: { address: local, push: (image) => push(local, image) }, close: door.close }
}

const configText = (folder: string, port: number): string => `version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: ${folder} }, delete: { enabled: true } }
http: { addr: ":${port}" }
`

const isUp = (address: string): Promise<boolean> =>
  fetch(`http://${address}/v2/`).then(
    (response) => response.ok,
    () => false,
  )

/** Forwards the machine's loopback port into the namespace. */
const openDoor = async (port: number, host: string): Promise<{ close(): Promise<void> }> => {
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(port, host)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => open.delete(socket))
      socket.pipe(other)
    }
  })
  await listen(server, port)
  return {
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })

const push = async (address: string, image: ImageSource): Promise<{ reference: string; digest: string }> => {
  const colon = image.name.lastIndexOf(':')
  const [name, tag] = [image.name.slice(0, colon), image.name.slice(colon + 1)]
  const layer = await putBlob(address, name, image.layer)
  const config = await putBlob(address, name, Buffer.from(JSON.stringify(imageConfig(image, layer.digest))))
  const type = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
  })
  const url = `http://${address}/v2/${name}/manifests/${tag}`
  await expectOk(await fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: manifest }))
  return { reference: `${address}/${image.name}`, digest: `${address}/${name}@${digestOf(Buffer.from(manifest))}` }
}

const imageConfig = (image: ImageSource, layerDigest: string): Record<string, unknown> => ({
  architecture: 'amd64',
  os: 'linux',
  config: {
    Entrypoint: image.entrypoint,
    Cmd: image.cmd,
    Env: image.env ?? ['PATH=/usr/local/bin:/usr/bin:/bin'],
    User: image.user,
    WorkingDir: image.workingDir,
  },
  rootfs: { type: 'layers', diff_ids: [layerDigest] },
})

const putBlob = async (address: string, name: string, content: Buffer): Promise<{ digest: string; size: number }> => {
  const digest = digestOf(content)
  const started = await expectOk(await fetch(`http://${address}/v2/${name}/blobs/uploads/`, { method: 'POST' }))
  const target = new URL(started.headers.get('location') ?? '', `http://${address}`)
  target.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream' }
  await expectOk(await fetch(target, { method: 'PUT', headers, body: new Uint8Array(content) }))
  return { digest, size: content.length }
}

const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`

const expectOk = async (response: Response): Promise<Response> => {
  const text = await response.text()
  if (!response.ok) throw new Error(`the registry answered ${response.status}: ${text.slice(0, 300)}`)
  return response
}
