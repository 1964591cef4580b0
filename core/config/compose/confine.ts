// Which files may be read: those inside the project once symbolic links are followed, or inside folders that the user
// allowed (DESIGN section 1, Project root).
import { dirname, join, relative, resolve } from 'node:path'
import type { Files } from '../../ports.ts'
import type { Findings } from './findings.ts'
import type { Mark } from './node.ts'

export interface Confinement {
  /** Reports a path that is outside. */
  allows(path: string, at?: Mark): boolean
}

export interface Bounds {
  readonly roots: readonly string[]
  readonly allowPaths: readonly string[]
  readonly confine: boolean
}

export const createConfinement = (bounds: Bounds, files: Files, findings: Findings): Confinement => {
  const folders = [...bounds.roots, ...bounds.allowPaths].map((folder) => realPath(folder, files))
  return {
    allows: (path, at) => {
      if (!bounds.confine) return true
      const real = realPath(path, files)
      if (folders.some((folder) => isInside(real, folder))) return true
      const hint = `pass --allow-path ${dirname(path)}`
      findings.error('SP1006', `${path} is outside the project ${bounds.roots[0] ?? ''}`, { at, hint })
      return false
    },
  }
}

const isInside = (path: string, folder: string): boolean => {
  const way = relative(folder, path)
  return way === '' || (!way.startsWith('../') && way !== '..' && !way.startsWith('/'))
}

/** Follows links as far as the path exists; the rest is taken as it is written. */
const realPath = (path: string, files: Files): string => {
  const real = files.realpath(path)
  if (real !== undefined) return real
  const parent = dirname(path)
  return parent === path ? path : join(realPath(parent, files), relative(parent, path))
}

/** The git work tree that holds a folder, else the folder. */
export const workTreeOf = (folder: string, files: Files): string => {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (files.exists(join(at, '.git')) !== undefined) return at
    if (dirname(at) === at) return folder
  }
}
