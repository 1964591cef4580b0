// stormport.yaml: found, read, checked against the schema and across its parts, all findings at once. Without the file
// there is one target, `local`: this machine.
import { dirname, join, resolve } from 'node:path'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Files } from '../ports.ts'
import { type FleetSource, fleetOf } from './fleet-build.ts'
import { checkFleet } from './fleet-checks.ts'
import { type FleetInput, fleetSchema, targetSchema } from './fleet-schema.ts'
import { createReport } from './report.ts'
import { type Finding, findings } from './schema-issues.ts'
import type { LoadedFleet } from './types.ts'
import { readYaml } from './yaml-file.ts'

export interface FleetOptions {
  readonly workingDir: string
  /** --config; null: discovery. */
  readonly file: string | null
  /** First compose file: stormport.yaml is looked for beside it. */
  readonly composeFile: string | null
  /** Environment of the process: DOCKER_HOST tells whether the default engine is this machine's. */
  readonly env: Readonly<Record<string, string>>
  readonly files: Files
}

export const loadFleet = (options: FleetOptions): LoadedFleet => {
  const found = findFile(options)
  if (found.file === null) return { fleet: fleetOf({}, sourceOf(null, options)), diagnostics: found.diagnostics }
  const text = readText(found.file, options.files)
  if (text === undefined) {
    const missing: Diagnostic = {
      code: 'SP1313',
      severity: 'error',
      message: `${found.file} cannot be read`,
      hint: 'correct --config',
    }
    return { fleet: fleetOf({}, sourceOf(null, options)), diagnostics: [missing] }
  }
  return parseFleet(text, sourceOf(found.file, options))
}

/** The text of stormport.yaml; findings in one part do not hide those of another. */
export const parseFleet = (text: string, source: FleetSource): LoadedFleet => {
  const yaml = readYaml(text, source.file ?? 'stormport.yaml')
  const positioned: FleetSource = { ...source, span: yaml.span }
  if (yaml.value === undefined) return { fleet: fleetOf({}, positioned), diagnostics: yaml.diagnostics }
  const value: unknown = yaml.value ?? {}
  const shape = findings(fleetSchema, value)
  const input = usable(value, shape)
  const report = createReport({ span: yaml.span })
  report.addAll(
    [
      ...shape,
      ...checkFleet(input, { dockerHost: source.dockerHost, names: Object.keys(targetsIn(value)) }),
      ...interpolations(value, []),
    ],
    [],
    {},
  )
  return { fleet: fleetOf(input, positioned), diagnostics: report.diagnostics }
}

const sourceOf = (file: string | null, { workingDir, env }: FleetOptions): FleetSource => ({
  file,
  folder: file === null ? workingDir : dirname(file),
  dockerHost: env['DOCKER_HOST'],
  span: () => null,
})

const findFile = ({
  workingDir,
  file,
  composeFile,
  files,
}: FleetOptions): { readonly file: string | null; readonly diagnostics: readonly Diagnostic[] } => {
  if (file !== null) return { file: resolve(workingDir, file), diagnostics: [] }
  const folders =
    composeFile === null || composeFile === '-' ? [workingDir] : [dirname(resolve(workingDir, composeFile)), workingDir]
  const found = folders.map((folder) => join(folder, 'stormport.yaml')).find((path) => files.exists(path) === 'file')
  if (found !== undefined) return { file: found, diagnostics: [] }
  const misnamed = folders.map((folder) => join(folder, 'stormport.yml')).find((path) => files.exists(path) === 'file')
  if (misnamed === undefined) return { file: null, diagnostics: [] }
  return {
    file: null,
    diagnostics: [
      {
        code: 'SP1313',
        severity: 'error',
        message: `${misnamed} is not read`,
        hint: 'call it stormport.yaml, or name it with --config',
        span: { file: misnamed, line: 1, column: 1 },
      },
    ],
  }
}

const readText = (path: string, files: Files): string | undefined => {
  try {
    return files.read(path)
  } catch {
    return undefined
  }
}

/** The value without the parts that have findings: top-level keys whole, targets one by one. */
const usable = (value: unknown, found: readonly Finding[]): FleetInput => {
  if (typeof value !== 'object' || value === null) return {}
  const broken = new Set(found.map(({ path }) => String(path[0])))
  const kept = Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'targets' && !broken.has(key)))
  const sound = Object.entries(targetsIn(value)).filter(
    ([name, target]) =>
      targetSchema.safeParse(target).success && !found.some(({ path }) => path[0] === 'targets' && path[1] === name),
  )
  return (
    fleetSchema.safeParse({ ...kept, ...(sound.length > 0 ? { targets: Object.fromEntries(sound) } : {}) }).data ?? {}
  )
}

const targetsIn = (value: unknown): object =>
  typeof value === 'object' &&
  value !== null &&
  'targets' in value &&
  typeof value.targets === 'object' &&
  value.targets !== null
    ? value.targets
    : {}

/** Compose fills in variables, stormport.yaml does not: a `${X}` would be taken as it stands. */
const interpolations = (value: unknown, path: readonly (string | number)[]): readonly Finding[] => {
  if (typeof value === 'string')
    return /\$\{[A-Za-z_]/.test(value)
      ? [
          {
            path,
            code: 'SP1316',
            message: `${path.join('.')}: variables are not filled in here`,
            hint: 'write the value itself',
          },
        ]
      : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    interpolations(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}
