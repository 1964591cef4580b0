// The list of apps as the daemon leaves it in a file, for commands that ask while none runs: nothing is started, and no
// database is opened.
import { readFileSync } from 'node:fs'
import type { AppEntry } from '../../../core/ports.ts'
import type { LocalPaths } from '../paths.ts'

export const readAppsAtRest = (paths: LocalPaths): readonly AppEntry[] => {
  try {
    const entries: unknown = JSON.parse(readFileSync(paths.active, 'utf8'))
    return Array.isArray(entries) ? entries.filter(isEntry) : []
  } catch {
    return []
  }
}

const isEntry = (value: unknown): value is AppEntry =>
  typeof value === 'object' && value !== null && 'app' in value && 'target' in value && 'origin' in value

export const appEntries = (
  heads: readonly {
    readonly target: string
    readonly app: string
    readonly head: { readonly origin: string; readonly current: number | null }
  }[],
): readonly AppEntry[] =>
  heads.map(({ target, app, head }) => ({ app, target, origin: head.origin, release: head.current }))
