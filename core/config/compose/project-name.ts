// The name of the project: --project-name, COMPOSE_PROJECT_NAME, the last `name:` of the files, or the folder's name.
import { basename } from 'node:path'
import { own } from './environment.ts'
import type { Findings } from './findings.ts'
import { createFindings } from './findings.ts'
import { printed } from './go-text.ts'
import { isMap, type Node } from './node.ts'
import type { Environment } from './session.ts'
import { substitute } from './template.ts'
import { readYaml } from './yaml-read.ts'

export interface NameSource {
  readonly explicit: string | null
  readonly env: Environment
  readonly workingDir: string
  /** Texts of the named files, in order. */
  readonly texts: readonly string[]
}

export const normalizeName = (name: string): string =>
  (name.toLowerCase().match(/[a-z0-9_-]/g) ?? []).join('').replace(/^[_-]+/, '')

/** '' when there is none, which is reported. */
export const projectName = (source: NameSource, findings: Findings): string => {
  const given = source.explicit || own(source.env, 'COMPOSE_PROJECT_NAME')
  if (given) return checked(given, findings)
  const inFile = nameInFiles(source.texts)
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
const written = (source: string, node: Node): string =>
  node.kind === 'time' ? source.slice(node.at.start, node.at.end) : printed(node)

const nameInFiles = (texts: readonly string[]): string | undefined => {
  let name: string | undefined
  for (const text of texts) {
    for (const document of readYaml(text, '', createFindings()) ?? []) {
      const node = isMap(document.root) ? document.root.entries.get('name') : undefined
      if (node !== undefined && node.kind !== 'null' && printed(node) !== '') name = written(text, node)
    }
  }
  return name
}
