// A plan as its native objects: each line of what an object is now and of what it becomes. No secret is shown.
import { stringify } from 'yaml'
import type { Action } from '../../core/model/plan.ts'
import { mapSecrets } from '../../core/model/secret-walk.ts'
import { type DiffLine, diffLines } from './line-diff.ts'
import { plainText } from './plain-text.ts'
import type { Style } from './style.ts'

/** Unchanged lines that stay around a change. */
const CONTEXT = 3

export interface NativeChange {
  readonly target: string
  readonly id: string
  readonly action: string
  /** null: it is not there, or the target does not keep what was applied. */
  readonly before: unknown
  readonly after: unknown
}

export const nativeChanges = (actions: readonly Action[]): readonly NativeChange[] =>
  actions.map(({ target, id, kind, live, object }) => ({
    target,
    id,
    action: kind,
    before: masked(live?.body),
    after: masked(object?.body),
  }))

const masked = (body: unknown): unknown => (body === undefined ? null : mapSecrets(body, () => '***'))

export const renderNative = (changes: readonly NativeChange[], style: Style): string =>
  changes
    .flatMap((change) => [
      style.bold(`${change.action} ${change.target} ${change.id}`),
      ...around(diffLines(linesOf(change.before), linesOf(change.after))).map((line) => lineText(line, style)),
    ])
    .join('\n')

const linesOf = (body: unknown): readonly string[] =>
  body === null ? [] : stringify(body, { aliasDuplicateObjects: false }).trimEnd().split('\n')

type Shown = DiffLine | { readonly kind: 'gap' }

const around = (lines: readonly DiffLine[]): readonly Shown[] => {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((l) => l.kind !== 'same'),
  )
  return lines.flatMap((line, at): readonly Shown[] => {
    if (near[at] === true) return [line]
    return at === 0 || near[at - 1] === true ? [{ kind: 'gap' }] : []
  })
}

const lineText = (line: Shown, style: Style): string => {
  if (line.kind === 'gap') return style.dim('    …')
  const text = plainText(line.text)
  if (line.kind === 'added') return style.green(`  + ${text}`)
  return line.kind === 'removed' ? style.red(`  - ${text}`) : `    ${text}`
}
