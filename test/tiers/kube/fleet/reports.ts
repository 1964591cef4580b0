// The shapes of DESIGN section 9 that these tests read.
import type { World } from '../../../e2e/world.ts'

export interface Status {
  readonly state: string
  readonly release: number | null
  readonly targets: readonly {
    readonly name: string
    readonly state: string
    readonly release: number | null
    readonly owed: boolean
    readonly services: readonly {
      readonly name: string
      readonly desired: number
      readonly ready: number
      readonly release: number | null
      readonly endpoints: readonly string[]
    }[]
  }[]
}

export interface Ps {
  readonly replicas: readonly {
    readonly id: string
    readonly service: string
    readonly target: string
    readonly node: string | null
    readonly ready: boolean
    readonly image: string | null
  }[]
}

export interface Plan {
  readonly changes: readonly { readonly target: string; readonly kind: string; readonly action: string }[]
  readonly placements: readonly { readonly service: string; readonly target: string; readonly count: number }[]
  readonly unplaceable: readonly {
    readonly service: string
    readonly count: number
    readonly refusals: readonly { readonly target: string; readonly reason: string }[]
  }[]
  readonly exposed: readonly { readonly target: string; readonly service: string }[]
  readonly diagnostics: readonly { readonly code: string; readonly message: string }[]
}

export const statusOf = (w: World, ...args: readonly string[]): Status => w.json('status', ...args) as Status
export const psOf = (w: World, ...args: readonly string[]): Ps => w.json('ps', ...args) as Ps

/** Also of a plan that ends with 5: it is a whole document. */
export const planOf = (w: World, ...args: readonly string[]): Plan =>
  JSON.parse(w.run('plan', '--json', '--no-resolve', ...args).out) as Plan

/** Service → target → count. */
export const countsOf = ({ placements }: Plan): Readonly<Record<string, Readonly<Record<string, number>>>> => {
  const counts: Record<string, Record<string, number>> = {}
  for (const { service, target, count } of placements)
    counts[service] = { ...counts[service], [target]: (counts[service]?.[target] ?? 0) + count }
  return counts
}
