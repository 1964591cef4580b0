// What a loader makes of a case, in a form in which two loaders can be compared: canonical JSON, or refused.
import { join } from 'node:path'
import { loadCompose, printable } from '../../core/config/compose/index.ts'
import { canonicalJson } from '../../core/model/canonical.ts'
import { hasErrors } from '../../core/model/diagnostic.ts'
import type { Files } from '../../core/ports.ts'
import type { Case } from './corpus.ts'

export interface Outcome {
  /** null: refused. */
  readonly project: unknown
  readonly reason: string
}

export interface Reading {
  readonly files: Files
  readonly unused: boolean
}

export const HOME = '/home/somebody'

/** `unused: false` leaves out what no service uses, as the command line of the reference does. */
export const loadCase = (item: Case, root: string, { files, unused }: Reading): Outcome => {
  const loaded = loadCompose(
    {
      workingDir: join(root, item.args.from ?? 'app'),
      files: item.args.files ?? null,
      env: { ...item.args.env, HOME },
      envFiles: item.args.envFiles ?? [],
      profiles: item.args.profiles ?? [],
      projectName: item.args.projectName ?? null,
      projectRoot: null,
      allowPaths: [],
      confine: false,
    },
    files,
  )
  const errors = loaded.diagnostics.filter((d) => d.severity === 'error')
  const reason = errors.map((d) => `${d.code} ${d.message}`).join('; ')
  if (hasErrors(loaded.diagnostics) || loaded.project === null) return { project: null, reason }
  return { project: printable(loaded.project, { unused }), reason }
}

/** Equal texts for equal outcomes, wherever the case stood. */
export const comparable = (outcome: Outcome, root: string): string =>
  outcome.project === null ? 'refused' : canonicalJson(outcome.project).replaceAll(root, '/ROOT')

/** The first places where two canonical projects differ. */
export const differences = (ours: unknown, theirs: unknown, path = ''): readonly string[] => {
  if (isRecord(ours) && isRecord(theirs)) {
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
    return keys.flatMap((key) => differences(ours[key], theirs[key], `${path}.${key}`))
  }
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    return ours.flatMap((item, i) => differences(item, theirs[i], `${path}[${i}]`))
  }
  const [mine, other] = [JSON.stringify(ours), JSON.stringify(theirs)]
  return mine === other ? [] : [`${path}: ${mine} instead of ${other}`]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
