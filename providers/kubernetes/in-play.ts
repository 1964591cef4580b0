// Which kinds an app is made of, as far as this client knows: those that its last look found and those that it has applied
// since. A watch follows these closely and looks at the others now and then: most apps use few of the many kinds.
import type { ApiKind } from './client/kinds.ts'

export interface InPlay {
  /** After a look at a whole namespace. */
  saw(app: string, kinds: readonly ApiKind[]): void
  applied(app: string, kind: ApiKind): void
  /** True where it is not known. */
  has(app: string, kind: ApiKind): boolean
}

/** What was seen longer ago is forgotten. */
const REMEMBERED_MS = 60_000

interface Seen {
  readonly atMs: number
  readonly kinds: Set<ApiKind>
}

export const createInPlay = (nowMs: () => number): InPlay => {
  const byApp = new Map<string, Seen>()
  return {
    saw: (app, kinds) => {
      byApp.set(app, { atMs: nowMs(), kinds: new Set(kinds) })
    },
    applied: (app, kind) => {
      byApp.get(app)?.kinds.add(kind)
    },
    has: (app, kind) => {
      const seen = byApp.get(app)
      return seen === undefined || nowMs() - seen.atMs > REMEMBERED_MS || seen.kinds.has(kind)
    },
  }
}
