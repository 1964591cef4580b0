// The name of the project: --project-name, COMPOSE_PROJECT_NAME, the last `name:` of the files, or the folder's name.
import { basename } from 'node:path'
import { own } from './environment.ts'
import type { Findings } from './findings.ts'
import { printed } from './go-text.ts'
import { isMap, type Node } from './node.ts'
import type { Environment } from './session.ts'
import { substitute } from './template.ts'
import type { YamlDocument } from './yaml-expand.ts'

export interface NameSource {
  readonly explicit: string | null
  readonly env: Environment
  readonly workingDir: string
  /** Documents of the named files, in order. */
  readonly documents: readonly YamlDocument[]
}

export const normalizeName = (name: string): string =>
  (name.toLowerCase().match(/[a-z0-9_-]/g) ?? []).join('').replace(/^[_-]+/, '')

/** '' when there is none, which is reported. */
export const projectName = (source: NameSource, findings: Findings): string => {
  const given = source.explicit || own(source.env, 'COMPOSE_PROJECT_NAME')
  if (given) return checked(given, findings)
  const inFile = nameInFiles(source.documents)
  const written = inFile === undefined ? '' : normalizeName(filled(inFile, source.env))
  const name = written !== '' || inFile !== undefined ? written : normalizeName(basename(source.workingDir))
  if (name === '') findings.error('SP1007', 'the project has no name', { hint: 'set name: or pass --project-name' })
  return name
}

const checked = (name: string, findings: Findings): string => {
  if (normalizeName(name) !== name) {
    const hint = `write ${normalizeName(name) || 'a name that starts with a letter'}`
    findings.error('SP1007', `invalid project name ${JSON.stringify(name)}`, { hint })
  }
  return name
}

// Faults of the text are found again, and reported, when the file is loaded.
const filled = (name: string, env: Environment): string => {
  const result = substitute(name, (variable) => own(env, variable))
  return 'ok' in result ? result.ok.value : name
}

// A date is a name as it is written.
const written = (node: Node): string => (node.kind === 'time' ? node.written : printed(node))

const nameInFiles = (documents: readonly YamlDocument[]): string | undefined => {
  const names = documents.flatMap(({ root }) => {
    const node = isMap(root) ? root.entries.get('name') : undefined
    return node === undefined || node.kind === 'null' || written(node) === '' ? [] : [written(node)]
  })
  return names.at(-1)
}
