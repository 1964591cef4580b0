// The list of apps from the store while no daemon runs: read only, and without starting one.
import { existsSync } from 'node:fs'
import type { AppEntry } from '../../../core/ports.ts'
import type { LocalPaths } from '../paths.ts'

export const readAppsAtRest = async (paths: LocalPaths): Promise<readonly AppEntry[]> => {
  if (!existsSync(paths.active)) return []
  const { openStore } = await import('./store.ts')
  const store = openStore(paths.store)
  try {
    return appEntries(store.heads())
  } finally {
    store.close()
  }
}

export const appEntries = (
  heads: readonly {
    readonly target: string
    readonly app: string
    readonly head: { readonly origin: string; readonly current: number | null }
  }[],
): readonly AppEntry[] =>
  heads.map(({ target, app, head }) => ({ app, target, origin: head.origin, release: head.current }))
