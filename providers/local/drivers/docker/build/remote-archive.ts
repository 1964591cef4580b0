// An archive as a build context: tar, plain or gzipped; anything else is one Dockerfile, as docker takes it. Nothing is
// written outside the folder, whatever names the archive holds.
import { createWriteStream } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, normalize, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { StormportError } from '../../../../../core/errors.ts'

export const unpackArchive = async (bytes: Buffer, folder: string): Promise<void> => {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes
  if (plain.subarray(257, 262).toString() !== 'ustar') return writeFile(join(folder, 'Dockerfile'), plain)
  const archive = extract()
  const reading = pipeline(Readable.from([plain]), archive)
  // Told by the loop, which ends first; an archive that is refused ends the reading early.
  reading.catch(() => undefined)
  for await (const entry of archive) {
    const { name, type, mode, linkname } = entry.header
    const path = within(folder, name)
    if (type === 'directory') await mkdir(path, { recursive: true })
    else if (type === 'file') {
      await mkdir(dirname(path), { recursive: true })
      await pipeline(entry, createWriteStream(path, { mode: mode ?? 0o644 }))
    } else if (type === 'symlink') {
      within(folder, join(dirname(name), linkname ?? ''))
      await mkdir(dirname(path), { recursive: true })
      await symlink(linkname ?? '', path)
    }
    entry.resume()
  }
  await reading
}

const MAX_BYTES = 2 * 1024 ** 3

const within = (folder: string, name: string): string => {
  const path = resolve(folder, normalize(name))
  if (path === folder || path.startsWith(`${folder}${sep}`)) return path
  throw new StormportError('BadInput', `the archive of the build context holds ${name}, which lies outside it`, {
    diagnostic: 'SP4124',
    source: 'user',
    hint: 'pack it again with names below its own folder',
  })
}
