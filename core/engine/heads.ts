// Heads: the one mutable pointer an app has on each target. Pure rules: what the next head is, and when a head is not ours.
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Head, HeadEntry } from '../model/release.ts'

/** DESIGN section 5: the last 10 are kept. */
const KEPT = 10

export const emptyHead = (origin: string): Head => ({
  version: 0,
  current: null,
  previousHealthy: null,
  state: 'deploying',
  origin,
  releases: [],
  scaled: {},
  restarts: {},
})

/** The head while release `number` is being rolled out. The counts set by hand go: the file wins. */
export const deployingHead = (
  head: Head,
  entry: { readonly number: number; readonly id: string },
  origin: string,
): Head => {
  const others = head.releases.filter((r) => r.number !== entry.number)
  return {
    ...head,
    version: head.version + 1,
    current: entry.number,
    previousHealthy: newestHealthy(others)?.number ?? null,
    state: 'deploying',
    origin,
    releases: [...others, { ...entry, healthy: false }].sort((a, b) => a.number - b.number).slice(-KEPT),
    scaled: {},
  }
}

export const healthyHead = (head: Head, number: number): Head => ({
  ...head,
  version: head.version + 1,
  current: number,
  state: 'healthy',
  releases: head.releases.map((r) => (r.number === number ? { ...r, healthy: true } : r)),
})

export const failedHead = (head: Head): Head => ({ ...head, version: head.version + 1, state: 'failed' })

export const newestHealthy = (releases: readonly HeadEntry[]): HeadEntry | undefined =>
  releases.filter((r) => r.healthy).at(-1)

/** Without a number: the newest healthy release before the current one. */
export const rollbackTo = (head: Head, number: number | null): HeadEntry | undefined =>
  number === null
    ? newestHealthy(head.releases.filter((r) => head.current === null || r.number < head.current))
    : head.releases.find((r) => r.number === number)

/** Whose configs and secrets are still there: the current release's and those of the two healthy ones before it. */
export const restorable = ({ current, releases }: Head): readonly number[] => [
  ...(current === null ? [] : [current]),
  ...healthyBut(releases, current).slice(-GENERATIONS),
]

/** Two, so that there is one to roll back to also when the newest release was taken back. */
export const GENERATIONS = 2

export const healthyBut = (releases: readonly HeadEntry[], number: number | null): readonly number[] =>
  releases.filter((r) => r.healthy && r.number !== number).map((r) => r.number)

export interface HeadsInput {
  readonly app: string
  /** null: nothing to compare with. */
  readonly origin: string | null
  /** By target, in the order of `names`. */
  readonly heads: readonly (Head | null)[]
  readonly names: readonly string[]
  readonly allowOverride: boolean
}

/** Another checkout's app under our name, or two histories that do not descend from each other: exit 9 unless overridden. */
export const headFindings = (input: HeadsInput): readonly Diagnostic[] => {
  const severity = input.allowOverride ? 'warning' : 'error'
  const found: Diagnostic[] = []
  for (const [i, head] of input.heads.entries()) {
    const target = input.names[i] ?? ''
    if (head && head.state !== 'destroyed' && input.origin !== null && head.origin !== input.origin)
      found.push({
        code: 'SP3110',
        severity,
        message: `${input.app} on ${target} was deployed from ${head.origin}, not from ${input.origin}`,
        hint: 'use another project name (-p), or take it over with --allow override',
        target,
      })
  }
  return [...found, ...diverged(input, severity)]
}

const diverged = (input: HeadsInput, severity: 'error' | 'warning'): readonly Diagnostic[] => {
  const known = input.heads.flatMap((head, i) => (head === null ? [] : [{ head, name: input.names[i] ?? '' }]))
  for (const [i, one] of known.entries())
    for (const other of known.slice(i + 1)) {
      const number = firstApart(one.head.releases, other.head.releases)
      if (number !== null)
        return [
          {
            code: 'SP3111',
            severity,
            message: `release ${number} of ${input.app} is not the same on all targets (${other.name} differs)`,
            hint: 'deploy with --allow override to bring all targets to one release',
          },
        ]
    }
  return []
}

/** Of two histories: the first number that differs after the newest release that both have. What is before was joined by it. */
const firstApart = (one: readonly HeadEntry[], other: readonly HeadEntry[]): number | null => {
  const ids = new Map(other.map((entry) => [entry.number, entry.id]))
  const shared = one.filter((entry) => ids.has(entry.number))
  const joined = shared.findLastIndex((entry) => ids.get(entry.number) === entry.id)
  return shared[joined + 1]?.number ?? null
}
