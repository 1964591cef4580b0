// Brings a remote build context here, once for each commit or content: git by the user's own git (and so by their sign-ins),
// archives by http. A folder that is complete is the only thing that is ever used.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rename, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { promisify } from 'node:util'
import { StormportError } from '../../../../../core/errors.ts'
import { unpackArchive } from './remote-archive.ts'
import { type RemoteContext, shownUrl } from './remote-name.ts'

const execute = promisify(execFile)

export interface RemoteFetch {
  /** Folder of ours for what was fetched. */
  readonly cacheDir: string
  readonly env: Readonly<Record<string, string | undefined>>
}

const GIT_MS = 300_000

/** The folder to build from. @throws StormportError 'BadInput' with git's or the server's own words. */
export const fetchContext = (remote: RemoteContext, at: RemoteFetch): Promise<string> =>
  remote.kind === 'git' ? fetchRepository(remote, at) : fetchArchive(remote.url, at)

const fetchRepository = async (remote: Extract<RemoteContext, { kind: 'git' }>, at: RemoteFetch): Promise<string> => {
  for (const part of [remote.url, remote.ref ?? '', remote.folder])
    if (part.startsWith('-')) throw refused(remote.url, `"${part}" would be read as an option`)
  const commit = await commitOf(remote, at)
  const checkout = await once(at, `git\0${remote.url}\0${commit}`, (folder) => checkOut(remote, { folder, commit }, at))
  return inside(checkout, remote.folder, remote.url)
}

/** A ref is resolved at every build; what is asked for by commit is taken by its word. */
const commitOf = async ({ url, ref }: Extract<RemoteContext, { kind: 'git' }>, at: RemoteFetch): Promise<string> => {
  if (ref !== null && /^[0-9a-f]{40}$/.test(ref)) return ref
  const wanted = ref ?? 'HEAD'
  const lines = (await git(['ls-remote', '--', url, wanted, `${wanted}^{}`], url, at)).trim().split('\n')
  // An annotated tag is two lines: the second is the commit that it stands on.
  const found = (lines.find((line) => line.endsWith('^{}')) ?? lines[0] ?? '').split('\t')[0] ?? ''
  if (/^[0-9a-f]{40,64}$/.test(found)) return found
  throw refused(url, `it has no ${wanted}`)
}

const checkOut = async (
  { url, ref }: Extract<RemoteContext, { kind: 'git' }>,
  to: { readonly folder: string; readonly commit: string },
  at: RemoteFetch,
): Promise<void> => {
  const inFolder = (...argv: readonly string[]): Promise<string> => git(['-C', to.folder, ...argv], url, at)
  await inFolder('init', '--quiet')
  await inFolder('fetch', '--quiet', '--depth', '1', '--', url, to.commit).catch(async () => {
    // Servers may refuse a bare commit: then the ref that it was resolved from.
    await inFolder('fetch', '--quiet', '--', url, ref ?? 'HEAD')
  })
  await inFolder('checkout', '--quiet', to.commit)
  if (existsSync(join(to.folder, '.gitmodules')))
    await inFolder('submodule', 'update', '--quiet', '--init', '--recursive', '--depth', '1')
  await rm(join(to.folder, '.git'), { recursive: true, force: true })
}

const git = async (argv: readonly string[], url: string, { env }: RemoteFetch): Promise<string> => {
  const asked = { ...process.env, ...env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }
  try {
    const safe = ['-c', 'protocol.ext.allow=never', '-c', 'protocol.file.allow=never', ...argv]
    return (await execute('git', safe, { env: asked, timeout: GIT_MS, maxBuffer: 1 << 24 })).stdout
  } catch (error) {
    throw refused(url, withoutUser(reasonIn(error), url))
  }
}

/** Git repeats parts of the address. */
const withoutUser = (text: string, url: string): string => {
  const user = /\/\/([^@/]*)@/.exec(url)?.[1]
  return user === undefined || user === '' ? text : text.replaceAll(`${user}@`, '').replaceAll(user, '***')
}

const reasonIn = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'ENOENT') return 'git is not installed'
  const said = 'stderr' in error ? String(error.stderr).trim() : error.message
  return shownUrl(said.split('\n').findLast((line) => line !== '') ?? error.message)
}

/** By content: the archive is small beside what is built from it, and a URL says nothing about what is behind it today. */
const fetchArchive = async (url: string, at: RemoteFetch): Promise<string> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(GIT_MS) }).catch((error: unknown) => {
    throw refused(url, error instanceof Error ? error.message : String(error))
  })
  if (!answer.ok) throw refused(url, `the server answers ${answer.status}`)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const digest = createHash('sha256').update(bytes).digest('hex')
  return once(at, `archive\0${digest}`, (folder) => unpackArchive(bytes, folder))
}

/** Made beside and moved into its place when it is whole; another process that is quicker is as good. */
const once = async (at: RemoteFetch, key: string, make: (folder: string) => Promise<void>): Promise<string> => {
  const place = join(at.cacheDir, createHash('sha256').update(key).digest('hex').slice(0, 24))
  if (existsSync(place)) return place
  await mkdir(at.cacheDir, { recursive: true, mode: 0o700 })
  const beside = await mkdtemp(join(at.cacheDir, 'new-'))
  try {
    await make(beside)
    await rename(beside, place).catch((error: unknown) => {
      if (!existsSync(place)) throw error
    })
    return place
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

/** A folder of the repository, also where a link in it points elsewhere. */
const inside = async (checkout: string, folder: string, url: string): Promise<string> => {
  const root = await realpath(checkout)
  const found = await realpath(join(root, folder)).catch(() => {
    throw refused(url, `it has no folder ${folder}`)
  })
  if (found !== root && !found.startsWith(`${root}${sep}`)) throw refused(url, `${folder} leads out of it`)
  return found
}

const refused = (url: string, why: string): StormportError =>
  new StormportError('BadInput', `the build context ${shownUrl(url)} cannot be had: ${why}`, {
    diagnostic: 'SP4124',
    source: 'user',
    hint: 'check the address and your sign-in, or clone it and name the folder',
  })
