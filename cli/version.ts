// The package's version: put in by the build, else read from package.json beside the sources.
import { readFileSync } from 'node:fs'

declare const STORMPORT_VERSION: string | undefined

/** False when the sources run as they are. */
export const isBuilt = (): boolean => typeof STORMPORT_VERSION === 'string'

export const packageVersion = (): string => {
  if (typeof STORMPORT_VERSION === 'string') return STORMPORT_VERSION
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const parsed: unknown = JSON.parse(text)
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0'
}
