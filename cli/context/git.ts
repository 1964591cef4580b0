// What git says of a folder: commit, branch, uncommitted changes, remote. Quick, with a deadline, and without running
// anything that the repository's own settings name. No git or no repository: nulls.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Source {
  readonly commit: string | null
  readonly ref: string | null
  readonly dirty: boolean
}

const DEADLINE_MS = 2_000
const NO_SOURCE: Source = { commit: null, ref: null, dirty: false }

export const readSource = async (root: string): Promise<Source> => {
  const text = await git(root, ['status', '--porcelain=v2', '--branch', '--untracked-files=normal'])
  return text === null ? NO_SOURCE : parseStatus(text)
}

export const parseStatus = (text: string): Source => {
  const lines = text.split('\n').filter((line) => line !== '')
  const header = (name: string): string | null =>
    lines.find((line) => line.startsWith(`# ${name} `))?.slice(name.length + 3) ?? null
  const commit = header('branch.oid')
  const ref = header('branch.head')
  return {
    commit: commit === '(initial)' ? null : commit,
    ref: ref === '(detached)' ? null : ref,
    dirty: lines.some((line) => !line.startsWith('#')),
  }
}

/** The URL of `origin`, else null. */
export const readRemote = async (root: string): Promise<string | null> =>
  (await git(root, ['config', '--get', 'remote.origin.url']))?.trim() || null

/** Nobody is asked where no folder above can be a repository: starting a program takes longer than looking. */
const git = (root: string, args: readonly string[]): Promise<string | null> =>
  isInRepository(root) ? askGit(root, args) : Promise.resolve(null)

const isInRepository = (root: string): boolean => {
  if (process.env['GIT_DIR'] !== undefined) return true
  for (let at = root; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true
    if (dirname(at) === at) return false
  }
}

const askGit = (root: string, args: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    const quiet = ['-C', root, '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null']
    const options = {
      timeout: DEADLINE_MS,
      maxBuffer: 1 << 26,
      env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' },
    }
    execFile('git', [...quiet, ...args], options, (error, stdout) => resolve(error === null ? stdout : null))
  })
