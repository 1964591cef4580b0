// The hash that makes changed code a change (DESIGN section 1, Processes): the files that a host process's command names
// and what its `watch` globs match.
import { createHash, type Hash } from 'node:crypto'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { StormportError } from '../../core/errors.ts'
import type { App, Mount, Service } from '../../core/model/app.ts'
import { Secret } from '../../core/model/secret.ts'

const MAX_FILES = 20_000
/** A file that is larger counts by size and time of change: reading it at every plan would be felt. */
const MAX_READ_BYTES = 16 * 1024 ** 2

export const hashCode = async (app: App, serviceName: string): Promise<string | null> => {
  const service = app.services.find((candidate) => candidate.name === serviceName)
  if (service?.extension.process == null) return null
  const files = [...scriptFiles(app, service), ...watchedFiles(app, service)]
  const hash = createHash('sha256')
  for (const file of [...new Set(files)].sort()) addFile(hash, file, app.projectRoot)
  return hash.digest('hex').slice(0, 32)
}

/** Words of the command that are files, seen from the folder in which it will run. */
const scriptFiles = (app: App, service: Service): readonly string[] => {
  const folder = hostPath(service.mounts, service.compose.working_dir ?? app.workingDir, app.workingDir)
  const words = [...(service.entrypoint ?? []), ...(service.command ?? [])]
  const plain = words.filter(
    (word): word is string => !(word instanceof Secret) && word !== '' && !word.startsWith('-'),
  )
  return plain
    .map((word) => hostPath(service.mounts, word, folder))
    .filter((path) => isFile(path) && isInside(app.projectRoot, path))
}

const watchedFiles = (app: App, service: Service): readonly string[] => {
  const globs = service.extension.process?.watch ?? []
  const files = globs
    .flatMap((glob) => globSync(glob, { cwd: app.workingDir, exclude: skipped }))
    .map((file) => resolve(app.workingDir, file))
  if (files.length > MAX_FILES) {
    throw new StormportError('BadInput', `${service.name}: watch matches ${files.length} files`, {
      diagnostic: 'SP1503',
      source: 'user',
      hint: 'name fewer files in x-stormport.process.watch',
      service: service.name,
    })
  }
  return files.filter((path) => isFile(path) && isInside(app.projectRoot, path))
}

/** Dependencies change with their lock file, and version control is no code. */
const skipped = (path: string): boolean => /(^|\/)(node_modules|\.git)(\/|$)/.test(path)

/** A path as the command writes it → on this machine, through the service's bind mounts. */
const hostPath = (mounts: readonly Mount[], path: string, folder: string): string => {
  if (!path.startsWith('/')) return resolve(folder, path)
  const binds = mounts.filter((mount) => mount.kind === 'bind').filter((mount) => isInside(mount.target, path))
  const longest = binds.sort((a, b) => b.target.length - a.target.length)[0]
  return longest === undefined ? path : join(longest.source, relative(longest.target, path))
}

const isInside = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

const addFile = (hash: Hash, file: string, root: string): void => {
  const { size, mtimeMs } = statSync(file)
  hash.update(`${relative(root, file)}\0${size}\0`)
  hash.update(size > MAX_READ_BYTES ? String(mtimeMs) : readFileSync(file))
}
