// Images for tests without any registry: made from what Debian and the tool chain put on this machine.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pack } from 'tar-stream'
import { createEngineClient } from '../../providers/local/drivers/docker/client.ts'
import { endpointOf } from '../../providers/local/drivers/docker/endpoint.ts'
import { debianPackages } from './paths.ts'

export type TestImage = 'busybox' | 'node' | 'redis'

interface Rootfs {
  /** Path in the image → file on this machine. */
  readonly files: Readonly<Record<string, string>>
  readonly links: Readonly<Record<string, string>>
  readonly changes: readonly string[]
}

const run = promisify(execFile)
const NODE = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url))

/** Imports the image into the engine; resolves to its reference. */
export const loadImage = async (host: string, image: TestImage): Promise<string> => {
  const reference = `stormport.test/${image}`
  const scratch = await mkdtemp(join(tmpdir(), 'stormport-image-'))
  try {
    const rootfs = await rootfsOf(image, scratch)
    const client = createEngineClient(endpointOf(host, null, {}))
    const query = { fromSrc: '-', repo: reference, tag: '1' }
    const path = `/images/create?${rootfs.changes.map((change) => `changes=${encodeURIComponent(change)}`).join('&')}`
    const body = await tarOf(rootfs)
    const request = {
      method: 'POST',
      path: `${path}&${new URLSearchParams(query)}`,
      body,
      operation: 'import an image',
      timeoutMs: null,
    } as const
    for await (const line of client.lines<{ error?: string }>(request, AbortSignal.timeout(120_000))) {
      if (line.error !== undefined) throw new Error(line.error)
    }
    return `${reference}:1`
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The files of a test image as one archive: also the base of a build that starts FROM scratch. */
export const imageArchive = async (image: TestImage): Promise<Buffer> => {
  const scratch = await mkdtemp(join(tmpdir(), 'stormport-image-'))
  try {
    return await tarOf(await rootfsOf(image, scratch))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const rootfsOf = async (image: TestImage, scratch: string): Promise<Rootfs> => {
  const base = { '/bin/busybox': '/bin/busybox' }
  const links = Object.fromEntries(APPLETS.map((name) => [`/bin/${name}`, 'busybox']))
  if (image === 'busybox') return { files: base, links, changes: ['CMD ["sh"]'] }
  if (image === 'node') {
    const files = { ...base, '/usr/local/bin/node': NODE, ...(await sharedLibraries(NODE, '')) }
    return { files, links, changes: ['CMD ["node"]', `ENV PATH=${PATH}`] }
  }
  for (const file of debianPackages()) await run('dpkg-deb', ['-x', file, scratch])
  const redis = await realpath(join(scratch, 'usr/bin/redis-server'))
  const files = {
    ...base,
    '/usr/bin/redis-server': redis,
    '/usr/bin/redis-cli': join(scratch, 'usr/bin/redis-cli'),
    ...(await sharedLibraries(redis, scratch)),
  }
  return { files, links, changes: ['CMD ["redis-server","--save","","--protected-mode","no"]', `ENV PATH=${PATH}`] }
}

const PATH = '/usr/local/bin:/usr/bin:/bin'
const APPLETS =
  'sh sleep echo cat nc httpd ls id env ping nslookup test touch mkdir stat hostname ps kill true false dd head wget tail sed grep date printf cp mv rm mount df ulimit nproc'.split(
    ' ',
  )

/** What the dynamic linker would load, by the names under which it looks for them. */
const sharedLibraries = async (program: string, root: string): Promise<Record<string, string>> => {
  const LD_LIBRARY_PATH = root === '' ? '' : join(root, 'usr/lib/x86_64-linux-gnu')
  const { stdout } = await run('ldd', [program], { env: { ...process.env, LD_LIBRARY_PATH } })
  const found: Record<string, string> = {}
  for (const line of stdout.split('\n')) {
    const match = line.match(/^\s*(?:(\S+) => )?(\/\S+) \(/)
    const file = match?.[2]
    if (file === undefined) continue
    const isLinker = match?.[1] === undefined
    found[isLinker ? file : `/lib/x86_64-linux-gnu/${basename(match?.[1] ?? file)}`] = await realpath(file)
  }
  return found
}

const tarOf = async (rootfs: Rootfs): Promise<Buffer> => {
  const archive = pack()
  for (const folder of ['etc', 'tmp', 'run', 'var', 'data'])
    archive.entry({ name: folder, type: 'directory', mode: folder === 'tmp' ? 0o1777 : 0o755 })
  archive.entry({ name: 'etc/passwd' }, 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n')
  archive.entry({ name: 'etc/group' }, 'root:x:0:\nnogroup:x:65534:\n')
  for (const [path, source] of Object.entries(rootfs.files))
    archive.entry({ name: path.slice(1), mode: 0o755 }, await readFile(source))
  for (const [path, target] of Object.entries(rootfs.links))
    archive.entry({ name: path.slice(1), type: 'symlink', linkname: target })
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
