// env_file with `format: raw`: one KEY=value a line, nothing unquoted, nothing expanded (as `docker run --env-file`).
import type { Dotenv, Variable } from './dotenv.ts'
import type { Lookup } from './template.ts'

export const parseRawEnv = (source: string, lookup: Lookup): Dotenv => {
  const variables: Variable[] = []
  const lines = source.replace(/^\uFEFF/, '').split('\n')
  for (const [index, raw] of lines.entries()) {
    const line = raw.replace(/\r$/, '').replace(/^[\t\v\f\r \u0085\u00a0]+/, '')
    if (line === '' || line.startsWith('#')) continue
    const at = line.indexOf('=')
    const key = at < 0 ? line : line.slice(0, at)
    if (key === '') return { fault: { line: index + 1, message: 'no variable name' } }
    if (/[ \t]/.test(key)) return { fault: { line: index + 1, message: 'variable name contains whitespace' } }
    const value = at < 0 ? lookup(key) : line.slice(at + 1)
    if (value !== undefined) variables.push({ key, value })
  }
  return { variables }
}
