// Configs and secrets as files. They are written into the container's own layer before it starts, with owner and mode, so
// they go when it goes. Where that layer is read-only or a mount covers the place, they are bound from the state folder.
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { pack } from 'tar-stream'
import type { AllocSpec } from '../../daemon/driver.ts'

type File = AllocSpec['container']['files'][number]

/** Compose: readable by all in the container unless the file says otherwise. */
const DEFAULT_MODE = 0o444

export interface FilePlan {
  readonly upload: readonly File[]
  readonly bind: readonly File[]
}

/** Never into a volume or a bind: there the file would outlive the container. */
export const planFiles = (alloc: AllocSpec): FilePlan => {
  const { files, mounts, compose } = alloc.container
  const covers = [
    ...mounts.map((mount) => mount.target),
    ...(compose.tmpfs ?? []).map((text) => text.split(':')[0] ?? ''),
  ]
  const covered = (file: File): boolean =>
    compose.read_only === true || covers.some((path) => inside(path, file.target))
  return { upload: files.filter((file) => !covered(file)), bind: files.filter(covered) }
}

/** The archive for `containers/ID/archive?path=/`; no folder entries, so existing folders keep their owner and mode. */
export const archiveOf = async (files: readonly File[]): Promise<Buffer> => {
  const archive = pack()
  for (const file of files) {
    const owner = { uid: Number(file.uid ?? 0), gid: Number(file.gid ?? 0) }
    archive.entry({ name: file.target.replace(/^\/+/, ''), mode: file.mode ?? DEFAULT_MODE, ...owner }, file.content)
  }
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Writes the files to be bound; resolves to target → source. Their folder is closed to everyone but the daemon's user. */
export const writeBound = async (
  stateDir: string,
  id: string,
  files: readonly File[],
): Promise<Readonly<Record<string, string>>> => {
  const bound: Record<string, string> = {}
  for (const [index, file] of files.entries()) {
    const source = join(folderOf(stateDir, id), String(index))
    await mkdir(dirname(source), { recursive: true, mode: 0o700 })
    await rm(source, { force: true })
    await writeFile(source, file.content, { mode: 0o600 })
    if (process.getuid?.() === 0) await chown(source, Number(file.uid ?? 0), Number(file.gid ?? 0))
    await chmod(source, file.mode ?? DEFAULT_MODE)
    bound[file.target] = source
  }
  return bound
}

export const removeBound = (stateDir: string, id: string): Promise<void> =>
  rm(folderOf(stateDir, id), { recursive: true, force: true })

const folderOf = (stateDir: string, id: string): string => join(stateDir, 'files', id)

const inside = (folder: string, path: string): boolean => {
  const relative = posix.relative(folder, path)
  return relative !== '' ? !relative.startsWith('..') : true
}
