// The files of a build context: listed in one order, hashed, and packed. Links are carried as links and never followed, so
// nothing outside the folder can get in.
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { type Pack, pack } from 'tar-stream'
import { StormportError } from '../../../../../core/errors.ts'
import { type IgnoreRules, parseIgnore } from './ignore.ts'

export interface ContextEntry {
  /** Below the context, with '/' between parts. */
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link'
  readonly mode: number
  readonly size: number
  readonly modified: Date
  readonly linkTarget: string
}

export interface BuildContext {
  readonly folder: string
  readonly entries: readonly ContextEntry[]
  readonly dockerfile: string
}

export interface ContextSource {
  /** Absolute. */
  readonly folder: string
  /** Below the folder, or absolute; ignored with `inline`. */
  readonly dockerfile: string
  readonly inline: string | null
  /** Where a Dockerfile outside the context may lie. */
  readonly projectRoot: string
}

const MAX_ENTRIES = 200_000
const MAX_BYTES = 8 * 1024 ** 3
/** Its name in the archive: no file of a context is called so. */
export const DOCKERFILE_NAME = '.stormport.dockerfile'

export const readContext = async (source: ContextSource): Promise<BuildContext> => {
  const folder = await realpath(source.folder).catch(() => {
    throw unusable(`There is no build context ${source.folder}.`, 'Correct build.context.')
  })
  const rules = parseIgnore(await ignoreText(source, folder))
  const entries: ContextEntry[] = []
  for await (const entry of walk({ folder, rules }, '')) {
    entries.push(entry)
    checkLimits(entries, folder)
  }
  return { folder, entries, dockerfile: await dockerfileText(source, folder) }
}

/** Adds every file's path, mode and content; times and owners are no part of what is built. */
export const hashContext = async (context: BuildContext, hash: Hash): Promise<void> => {
  hash.update(context.dockerfile)
  for (const entry of context.entries) {
    hash.update(`\0${entry.kind}\0${entry.path}\0${(entry.mode & 0o777).toString(8)}\0${entry.linkTarget}\0`)
    if (entry.kind !== 'file') continue
    const content = createHash('sha256')
    for await (const chunk of createReadStream(join(context.folder, entry.path))) content.update(chunk)
    hash.update(content.digest())
  }
}

export const packContext = (context: BuildContext): Readable => {
  const archive = pack()
  fill(archive, context).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  return Readable.from(archive as AsyncIterable<Buffer>)
}

interface Tree {
  readonly folder: string
  readonly rules: IgnoreRules
}

async function* walk(tree: Tree, below: string): AsyncGenerator<ContextEntry> {
  const names = (await readdir(join(tree.folder, below))).sort()
  for (const name of names) {
    const path = below === '' ? name : `${below}/${name}`
    const ignored = tree.rules.ignores(path)
    if (ignored && tree.rules.final) continue
    const entry = await entryAt(tree.folder, path)
    if (entry !== null && !ignored) yield entry
    if (entry?.kind === 'folder') yield* walk(tree, path)
  }
}

/** null: sockets and devices cannot be packed; builders leave them out too. */
const entryAt = async (folder: string, path: string): Promise<ContextEntry | null> => {
  const stat = await lstat(join(folder, path))
  const shared = { path, mode: stat.mode, modified: stat.mtime, size: 0, linkTarget: '' }
  if (stat.isDirectory()) return { ...shared, kind: 'folder' }
  if (stat.isSymbolicLink()) return { ...shared, kind: 'link', linkTarget: await readlink(join(folder, path)) }
  return stat.isFile() ? { ...shared, kind: 'file', size: stat.size } : null
}

const checkLimits = (entries: readonly ContextEntry[], folder: string): void => {
  if (entries.length <= MAX_ENTRIES) return
  throw unusable(
    `The build context ${folder} has more than ${MAX_ENTRIES} files.`,
    'Exclude what the build does not need in .dockerignore.',
  )
}

const fill = async (archive: Pack, context: BuildContext): Promise<void> => {
  if (context.entries.reduce((sum, entry) => sum + entry.size, 0) > MAX_BYTES) {
    throw unusable(
      `The build context ${context.folder} is larger than 8 GiB.`,
      'Exclude what the build does not need in .dockerignore.',
    )
  }
  for (const entry of context.entries) await packEntry(archive, context.folder, entry)
  await new Promise<void>((done, failed) =>
    archive.entry({ name: DOCKERFILE_NAME }, context.dockerfile, (error) => (error ? failed(error) : done())),
  )
}

const packEntry = (archive: Pack, folder: string, entry: ContextEntry): Promise<void> =>
  new Promise((done, failed) => {
    const header = { name: entry.path, mode: entry.mode & 0o7777, mtime: entry.modified, uid: 0, gid: 0 }
    const finished = (error?: Error | null): void => (error ? failed(changed(entry.path, error)) : done())
    if (entry.kind === 'folder') archive.entry({ ...header, type: 'directory' }, finished)
    else if (entry.kind === 'link') archive.entry({ ...header, type: 'symlink', linkname: entry.linkTarget }, finished)
    else {
      const sink = archive.entry({ ...header, size: entry.size }, finished)
      createReadStream(join(folder, entry.path)).on('error', finished).pipe(sink)
    }
  })

const changed = (path: string, cause: Error): StormportError =>
  new StormportError('BadInput', `${path} changed or vanished while the build context was read.`, {
    diagnostic: 'SP4122',
    hint: 'Deploy again when the file is complete.',
    cause,
  })

/** The Dockerfile's own ignore file stands above the context's. */
const ignoreText = async (source: ContextSource, folder: string): Promise<string> => {
  const own = source.inline === null ? [`${resolve(folder, source.dockerfile)}.dockerignore`] : []
  for (const path of [...own, join(folder, '.dockerignore')]) {
    const real = await realpath(path).catch(() => null)
    if (real !== null && isBelow(real, folder, source.projectRoot)) return readFile(real, 'utf8')
  }
  return ''
}

const dockerfileText = async (source: ContextSource, folder: string): Promise<string> => {
  if (source.inline !== null) return source.inline
  const path = resolve(folder, source.dockerfile)
  const real = await realpath(path).catch(() => {
    throw unusable(`There is no Dockerfile ${path}.`, 'Correct build.dockerfile.')
  })
  if (!isBelow(real, folder, source.projectRoot)) {
    throw unusable(`The Dockerfile ${path} leads to ${real}, outside the project.`, 'Keep it inside the project.')
  }
  return readFile(real, 'utf8')
}

const isBelow = (path: string, ...folders: readonly string[]): boolean =>
  folders.some((folder) => {
    const way = relative(folder, path)
    return !way.startsWith('..') && !isAbsolute(way)
  })

const unusable = (message: string, hint: string): StormportError =>
  new StormportError('BadInput', message, { diagnostic: 'SP4122', source: 'user', hint })
