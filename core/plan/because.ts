// The reasons of a plan in words, by what changed: 'image changed, environment TAG changed'.
import type { SourceSpan } from '../model/diagnostic.ts'
import type { FieldChange } from '../model/plan.ts'
import type { ObservedObject } from '../model/replica.ts'

type Phrase = (change: FieldChange, match: RegExpMatchArray) => string

const verb = (change: FieldChange): string =>
  change.from === null ? 'added' : change.to === null ? 'removed' : 'changed'

/** First match wins. Paths come from every kind of target, so the rules go by the words that they share. */
const RULES: readonly (readonly [RegExp, Phrase])[] = [
  [/(?:^|\.)environment(?:\.|\[")([^\]."]+)/, (c, m) => `environment ${m[1]} ${verb(c)}`],
  [/(?:^|\.)env\[([^\]]+)\]/i, (c, m) => `environment ${m[1]} ${verb(c)}`],
  [/(?:^|\.)environment$|(?:^|\.)env$/i, () => 'environment changed'],
  [/(?:^|\.)image$/i, () => 'image changed'],
  [/(?:^|\.)codeHash$/, () => 'code changed'],
  [/(?:^|\.)restart(?:s|edAt)$/, () => 'restart asked for'],
  [/(?:^|\.)replicas$/i, (c) => `replicas ${c.from ?? 0} → ${c.to ?? 0}`],
  [/(?:^|\.)(?:command|entrypoint|args)\b/i, () => 'command changed'],
  [/(?:^|\.)(?:healthcheck|livenessProbe|readinessProbe|startupProbe)\b/i, () => 'health check changed'],
  [/(?:^|\.)(?:ports|expose)\b/i, () => 'ports changed'],
  [/(?:^|\.)(?:mounts|volumeMounts|volumes)\b/i, () => 'mounts changed'],
  [/(?:^|\.)files\b/i, () => 'configs or secrets changed'],
  [/(?:^|\.)(?:limits|requests|resources|gpu)\b/i, () => 'resources changed'],
  [/(?:^|\.)(?:networks|extraHosts|aliases)\b/i, () => 'networks changed'],
  [/(?:^|\.)placement\b/i, () => 'placement rules changed'],
  [/(?:^|\.)(?:update|failureAction)\b/i, () => 'update policy changed'],
  [/(?:^|\.)restart\b/i, () => 'restart policy changed'],
  [/(?:^|\.)labels\b/i, () => 'labels changed'],
]

const phraseOf = (change: FieldChange): string => {
  for (const [pattern, phrase] of RULES) {
    const match = change.path.match(pattern)
    if (match !== null) return phrase(change, match)
  }
  return change.path === ''
    ? 'content changed'
    : `${change.path.replace(/^(?:spec|container|compose|container\.compose)\./, '')} ${verb(change)}`
}

const AT_MOST = 3

/** Several reasons joined; the rest is counted, for a plan line must stay a line. */
export const joined = (reasons: readonly string[]): string => {
  const unique = [...new Set(reasons)]
  const more = unique.length - AT_MOST
  return more > 0 ? `${unique.slice(0, AT_MOST).join(', ')} and ${more} more` : unique.join(', ')
}

export const changedBecause = (diff: readonly FieldChange[]): string =>
  diff.length === 0 ? 'specification changed' : joined(diff.map(phraseOf))

export const driftBecause = (live: ObservedObject): string => {
  const managers = [...new Set(live.drift.flatMap((d) => (d.manager === undefined ? [] : [d.manager])))].sort()
  const by = managers.length === 0 ? 'outside of Stormport' : `by ${managers.join(', ')}`
  return `${joined(live.drift.map((d) => d.path))} changed ${by}`
}

/** 'compose.yaml:31', relative to the folder that the user works in. */
export const placeInFile = (span: SourceSpan, workingDir: string): string => {
  const prefix = `${workingDir}/`
  return `${span.file.startsWith(prefix) ? span.file.slice(prefix.length) : span.file}:${span.line}`
}

export const counted = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`
