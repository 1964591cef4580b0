// Small files of the project that services bind: no node of a cluster is this machine, so their content travels. Nothing is
// read unless a target is a cluster, and nothing outside of the project.
import { join, relative } from 'node:path'
import type { BindContent, Mount, Service } from '../model/app.ts'
import type { Fleet } from '../model/fleet.ts'
import { Secret } from '../model/secret.ts'
import type { Files } from '../ports.ts'

const CLUSTERS = ['kubernetes', 'eks', 'aks']

/** What one object of a cluster can hold. */
const LARGEST_BYTES = 1024 ** 2
const MOST_FILES = 200

export interface BindsInput {
  readonly services: readonly Service[]
  readonly fleet: Fleet
  readonly files: Files
  /** Folders that count as the project. */
  readonly roots: readonly string[]
}

export const bindsOf = (input: BindsInput): Readonly<Record<string, BindContent>> => {
  if (!input.fleet.targets.some((target) => CLUSTERS.includes(target.provider))) return {}
  const sources = input.services.flatMap((service) => service.mounts.flatMap(bindSource))
  const found = [...new Set(sources)].sort().flatMap((source) => {
    const content = contentOf(source, input)
    return content === null ? [] : [[source, content] as const]
  })
  return Object.fromEntries(found)
}

const bindSource = (mount: Mount): readonly string[] => (mount.kind === 'bind' ? [mount.source] : [])

/** null: not of the project, or not there. */
const contentOf = (source: string, { files, roots }: BindsInput): BindContent | null => {
  const real = files.realpath(source)
  if (real === undefined || !roots.some((root) => isInside(real, root))) return null
  try {
    const paths = pathsBelow(source, files)
    if (paths.length > MOST_FILES) return { kind: 'unfit', because: `it has more than ${MOST_FILES} files` }
    const read = paths.map((path) => ({ path: relative(source, path), text: files.read(path) ?? '' }))
    const unfit = unfitness(read)
    if (unfit !== null) return { kind: 'unfit', because: unfit }
    return {
      kind: 'files',
      files: read.map(({ path, text }) => ({ path, content: new Secret(`binds.${source}.${path}`, text) })),
    }
  } catch {
    return { kind: 'unfit', because: 'it cannot be read' }
  }
}

const isInside = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`)

/** The file itself, or every file below the folder; a folder that grows beyond the limit is not walked to its end. */
const pathsBelow = (path: string, files: Files): readonly string[] => {
  if (files.exists(path) === 'file') return [path]
  const found: string[] = []
  const open = [path]
  for (let at = open.shift(); at !== undefined && found.length <= MOST_FILES; at = open.shift()) {
    for (const name of [...files.list(at)].sort()) {
      const inner = join(at, name)
      if (files.exists(inner) === 'directory') open.push(inner)
      else found.push(inner)
    }
  }
  return found
}

const unfitness = (read: readonly { readonly path: string; readonly text: string }[]): string | null => {
  if (read.length === 0) return 'it is empty'
  const bytes = read.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  if (bytes > LARGEST_BYTES) return 'it is larger than 1 MiB'
  const binary = read.find(({ text }) => /[\0\uFFFD]/.test(text))
  return binary === undefined ? null : `${binary.path === '' ? 'it' : binary.path} is not text`
}
