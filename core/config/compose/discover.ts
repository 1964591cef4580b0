// Which Compose files a command means: those it names, those of COMPOSE_FILE, or the standard ones here and upwards.
import { dirname, join, resolve } from 'node:path'
import type { Files } from '../../ports.ts'
import type { Findings } from './findings.ts'
import type { Environment } from './session.ts'

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']
const OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
]

export interface Discovered {
  /** Absolute, or '-'. */
  readonly files: readonly string[]
  readonly overrideFile: string | null
}

interface Search {
  readonly named: readonly string[] | null
  readonly cwd: string
  readonly env: Environment
}

export const discover = (search: Search, files: Files, findings: Findings): Discovered => {
  const named = search.named !== null && search.named.length > 0 ? search.named : fromEnvironment(search.env)
  if (named !== undefined) {
    return { files: named.map((file) => (file === '-' ? file : resolve(search.cwd, file))), overrideFile: null }
  }
  for (let folder = search.cwd; ; folder = dirname(folder)) {
    const found = inFolder(NAMES, folder, files)
    if (found.length > 0) return chosen(found, inFolder(OVERRIDES, folder, files), findings)
    if (dirname(folder) === folder) break
  }
  const hint = 'run in the project folder, or name the file with --file'
  findings.error('SP1005', `no ${NAMES.join(', ')} in ${search.cwd} or above`, { hint })
  return { files: [], overrideFile: null }
}

const fromEnvironment = (env: Environment): readonly string[] | undefined => {
  const value = env['COMPOSE_FILE']
  return value === undefined ? undefined : value.split(env['COMPOSE_PATH_SEPARATOR'] || ':')
}

const inFolder = (names: readonly string[], folder: string, files: Files): readonly string[] =>
  names.map((name) => join(folder, name)).filter((path) => files.exists(path) !== undefined)

const chosen = (found: readonly string[], overrides: readonly string[], findings: Findings): Discovered => {
  for (const several of [found, overrides]) {
    if (several.length > 1)
      findings.warn('SP1015', `several files were found: ${several.join(', ')}; using ${several[0]}`)
  }
  return { files: [...found.slice(0, 1), ...overrides.slice(0, 1)], overrideFile: overrides[0] ?? null }
}
