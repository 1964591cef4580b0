// One run of the loader: what it reads through, what it has read, and what it found.

import { resolve } from 'node:path'
import type { Files } from '../../ports.ts'
import type { Confinement } from './confine.ts'
import type { Findings } from './findings.ts'
import { joinPath, parentOf, relativePath } from './go-text.ts'
import type { MapNode, Mark, Node } from './node.ts'
import type { YamlDocument } from './yaml-expand.ts'
import { readYaml } from './yaml-read.ts'

export interface Session {
  readonly files: Files
  readonly findings: Findings
  /** Relative paths of the command line, and of what the reference loader leaves relative, count from here. */
  readonly cwd: string
  readonly home: string | undefined
  readonly confinement: Confinement
  /** Every Compose file read, in merge order. */
  readonly loaded: string[]
  /** Services in which something was refused and taken out. */
  readonly damaged: Set<string>
  readonly included: Map<string, Node>
  /** Parsed files by path; nothing changes them. */
  readonly documents: Map<string, readonly YamlDocument[]>
}

export type Environment = Readonly<Record<string, string>>

/** What a group of files shares: where their relative paths count from, and their variables. */
export interface Scope {
  readonly workingDir: string
  /** Where `extends` and `include` look for files. */
  readonly loaderDir: string
  readonly env: Environment
  readonly extended: Map<string, ExtendedFile>
}

export interface ExtendedFile {
  readonly root: MapNode
  readonly resets: readonly (readonly string[])[]
}

/** The documents of a Compose file, read once; undefined when it cannot be read, which is reported. */
export const readDocuments = (session: Session, path: string, at?: Mark): readonly YamlDocument[] | undefined => {
  const absolute = path === '-' ? path : resolve(session.cwd, path)
  const known = session.documents.get(absolute)
  if (known !== undefined) return known
  if (at !== undefined && !session.confinement.allows(absolute, at)) return undefined
  const text = readText(session, absolute, at)
  const documents = text === undefined ? undefined : readYaml(text, path, session.findings)
  if (documents !== undefined) session.documents.set(absolute, documents)
  return documents
}

/** Notes that a file takes part, in merge order. */
export const noteLoaded = (session: Session, path: string): void => {
  const absolute = path === '-' ? path : resolve(session.cwd, path)
  if (!session.loaded.includes(absolute)) session.loaded.push(absolute)
}

const readText = (session: Session, path: string, at?: Mark): string | undefined => {
  const kind = path === '-' ? 'file' : session.files.exists(path)
  const text = kind === 'file' ? session.files.read(path) : undefined
  if (text === undefined) {
    const why = kind === 'directory' ? 'is a folder' : 'does not exist'
    session.findings.error('SP1004', `${path} ${why}`, { at, hint: 'check the path' })
  }
  return text
}

export const below = (folder: string, path: string): string => (path.startsWith('/') ? path : joinPath(folder, path))

/** The folder that holds a file, as seen from where files are looked for. */
export const folderOf = (session: Session, scope: Scope, path: string): string => {
  const whole = below(scope.loaderDir, path)
  const folder = session.files.exists(resolve(session.cwd, whole)) === 'directory'
  return relativePath(scope.loaderDir, folder ? whole : below(scope.loaderDir, parentOf(path)))
}
