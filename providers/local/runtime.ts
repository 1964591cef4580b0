// The daemon's own copy of what it runs from, so that a reinstall or an npm update under it does no harm.
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { LocalPaths } from './paths.ts'
import { commandLines } from './processes.ts'

export interface DaemonRuntime {
  /** Node binary; process.execPath. */
  readonly node: string
  /** Script of the daemon: dist/daemon.mjs, or cli/daemon-main.ts in the repository. */
  readonly daemon: string
  /** Script of the proxy: dist/proxy.mjs, or providers/local/proxy/proxy-main.ts. */
  readonly proxy: string
  /** True for the built package; false runs the files where they are (sources import their neighbours). */
  readonly copy: boolean
}

/** The command that starts the daemon; `--home DIR` is appended by the caller. */
export const installRuntime = (runtime: DaemonRuntime, paths: LocalPaths): { readonly command: readonly string[] } => {
  if (!runtime.copy) return { command: [runtime.node, runtime.daemon, '--proxy', runtime.proxy] }
  const files = [runtime.node, runtime.daemon, runtime.proxy].map((file) => realpathSync(file))
  const folder = join(paths.runtime, hashOf(files))
  if (!existsSync(folder)) place(files, folder, paths)
  const [node = '', daemon = '', proxy = ''] = files.map((file) => join(folder, basename(file)))
  return { command: [node, daemon, '--proxy', proxy] }
}

/** Removes old copies, but none that a process runs from: the proxy outlives the daemon that started it. */
export const pruneRuntimes = (paths: LocalPaths, keep: string): void => {
  if (!existsSync(paths.runtime)) return
  const used = commandLines()
  for (const name of readdirSync(paths.runtime)) {
    const folder = join(paths.runtime, name)
    if (folder !== keep && !name.startsWith('.') && !used.some((line) => line.includes(`${folder}/`)))
      rmSync(folder, { recursive: true, force: true })
  }
}

/** Size and time tell two files apart well enough, and cost nothing for a binary of 100 MB. */
const hashOf = (files: readonly string[]): string => {
  const hash = createHash('sha256')
  for (const file of files) {
    const { size, mtimeMs } = statSync(file)
    hash.update(`${file}\0${size}\0${mtimeMs}\0`)
  }
  return hash.digest('hex').slice(0, 16)
}

/** Whole or not at all: two commands may do it at once, and the rename of the second one fails harmlessly. */
const place = (files: readonly string[], folder: string, paths: LocalPaths): void => {
  mkdirSync(paths.runtime, { recursive: true, mode: 0o700 })
  const made = mkdtempSync(join(paths.runtime, '.new-'))
  try {
    for (const file of files) linkOrCopy(file, join(made, basename(file)))
    renameSync(made, folder)
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
}

const linkOrCopy = (from: string, to: string): void => {
  try {
    linkSync(from, to)
  } catch {
    copyFileSync(from, to)
  }
}
