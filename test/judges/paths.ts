// Where the judges lie: made by .ci/setup-judges.sh, outside the repository, keyed by version.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { missingForPlane } from '../clusters/index.ts'

export const VERSIONS = {
  kubeconform: '0.8.0',
  'kube-score': '1.20.0',
  checkov: '3.3.30',
  '@monokle/validation': '0.33.0',
  kompose: '1.38.0',
} as const

const cacheFolder = (): string =>
  join(process.env['STORMPORT_CACHE'] || join(process.env['HOME'] || homedir(), '.cache', 'stormport'), 'judges')

const built = (name: 'kubeconform' | 'kube-score' | 'kompose'): string =>
  join(cacheFolder(), `${name}-v${VERSIONS[name]}`, name)

export const kubeconformProgram = (): string => built('kubeconform')
export const kubeScoreProgram = (): string => built('kube-score')
export const komposeProgram = (): string => built('kompose')
export const checkovProgram = (): string => join(cacheFolder(), `checkov-v${VERSIONS.checkov}`, 'bin', 'checkov')
export const monokleModule = (): string =>
  join(cacheFolder(), `monokle-v${VERSIONS['@monokle/validation']}`, 'node_modules/@monokle/validation/lib/node.js')
/** Generated from the API server of that release (v1.36.3). */
export const schemaFolder = (release: string): string => join(cacheFolder(), `schemas-${release}`)

/** null: everything is here; else what is missing, in words. */
export const missingForJudges = (): string | null => {
  const parts = [kubeconformProgram(), kubeScoreProgram(), checkovProgram(), monokleModule()]
  const absent = parts.find((part) => !existsSync(part))
  if (absent !== undefined) return `${absent} is missing: run .ci/setup-judges.sh`
  return missingForPlane('1.36') ?? missingForPlane('1.34')
}
