// The image of examples/fleet as its Dockerfile makes it, of what this machine has: no public registry is asked.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import type { ImageRegistry } from '../../../clusters/index.ts'
import { root } from '../../../e2e/world.ts'
import { imageArchive } from '../../../engines/images.ts'

export interface FleetImages {
  readonly REGISTRY: string
  readonly REDIS_IMAGE: string
}

/** Puts both images into the registry; resolves to what the Compose file asks of the environment. */
export const pushImages = async (registry: ImageRegistry): Promise<FleetImages> => {
  const base = await imageArchive('node')
  const layer = Buffer.concat([withoutEnd(base), await programs()])
  await registry.push({ name: 'shop:1', layer, cmd: ['node'] })
  const redis = await registry.push({ name: 'redis:8', layer: await imageArchive('redis'), cmd: ['redis-server'] })
  return { REGISTRY: registry.address, REDIS_IMAGE: redis.reference }
}

/** A tar ends with two empty blocks; the next one goes on before them. */
const withoutEnd = (tar: Buffer): Buffer => tar.subarray(0, tar.length - 1024)

const programs = async (): Promise<Buffer> => {
  const archive = pack()
  const shop = join(root, 'examples', 'shop')
  for (const name of ['web', 'api', 'worker']) {
    archive.entry({ name: `app/${name}/main.mjs` }, await readFile(join(shop, name, 'main.mjs')))
    for (const file of ['redis.mjs', 'probe.mjs'])
      archive.entry({ name: `app/${name}/lib/${file}` }, await readFile(join(shop, 'lib', file)))
  }
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
