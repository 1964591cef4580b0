// The variables of a project: the process environment first, then the files named on the command line or by include.
import { resolve } from 'node:path'
import { parseDotenv } from './dotenv.ts'
import type { Mark } from './node.ts'
import type { Environment, Session } from './session.ts'

export interface EnvFileRef {
  readonly path: string
  readonly at?: Mark | undefined
}

/** Later files win; their values may use the given variables and those of earlier files. undefined: a file is missing or wrong. */
export const readEnvFiles = (
  session: Pick<Session, 'files' | 'findings' | 'cwd' | 'confinement'>,
  env: Environment,
  files: readonly EnvFileRef[],
): Environment | undefined => {
  let known: Environment = {}
  for (const file of files) {
    const path = resolve(session.cwd, file.path)
    if (file.at !== undefined && !session.confinement.allows(path, file.at)) return undefined
    const text = session.files.exists(path) === 'file' ? session.files.read(path) : undefined
    if (text === undefined) {
      session.findings.error('SP1008', `environment file ${path} does not exist or is no file`, { at: file.at })
      return undefined
    }
    const before = known
    const parsed = parseDotenv(text, (name) => own(env, name) ?? own(before, name))
    if ('fault' in parsed) {
      session.findings.error('SP1008', `${path}:${parsed.fault.line}: ${parsed.fault.message}`, { at: file.at })
      return undefined
    }
    known = { ...known, ...Object.fromEntries(parsed.variables.map(({ key, value }) => [key, value])) }
  }
  return known
}

export const own = (env: Environment, name: string): string | undefined =>
  Object.hasOwn(env, name) ? env[name] : undefined
