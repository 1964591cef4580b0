// For tests only: a LoadedProject from canonical Compose text, as the loader would hand it on, with origins by dotted path;
// and the application that is made of it.
import type { App, Service } from '../model/app.ts'
import type { ComposeProject } from '../model/compose.ts'
import type { Fleet } from '../model/fleet.ts'
import type { Files } from '../ports.ts'
import { buildApp } from './app.ts'
import { parseFleet } from './fleet.ts'
import { type FleetSource, fleetOf } from './fleet-build.ts'
import type { LoadedProject, Origin } from './types.ts'
import { readYaml } from './yaml-file.ts'

export interface FixtureOptions {
  readonly origins?: Readonly<Record<string, Origin>>
  readonly environment?: Readonly<Record<string, string>>
  readonly overrideFile?: string
  /** Other files of the project: absolute path → text. */
  readonly contents?: Readonly<Record<string, string>>
  /** Where the file stands. */
  readonly file?: string
}

const ROOT = '/project'

export const fixtureProject = (text: string, options: FixtureOptions = {}): LoadedProject => {
  const file = options.file ?? `${ROOT}/compose.yaml`
  const yaml = readYaml(text, file)
  if (yaml.diagnostics.length > 0) throw new Error(yaml.diagnostics[0]?.message)
  return {
    project: { name: 'shop', ...(yaml.value as Omit<ComposeProject, 'name'>) },
    positions: { span: yaml.span, origin: (path) => options.origins?.[path.join('.')] ?? { kind: 'literal' } },
    files: [file],
    overrideFile: options.overrideFile ?? null,
    environment: options.environment ?? {},
    workingDir: ROOT,
    projectRoot: ROOT,
    diagnostics: [],
  }
}

/** Files in memory, with the folders that their paths imply. */
export const fixtureFiles = (contents: Readonly<Record<string, string>> = {}): Files => {
  const paths = Object.keys(contents)
  const exists: Files['exists'] = (path) => {
    if (Object.hasOwn(contents, path)) return 'file'
    return paths.some((other) => other.startsWith(path === '/' ? '/' : `${path}/`)) ? 'directory' : undefined
  }
  return {
    exists,
    read: (path) => (Object.hasOwn(contents, path) ? contents[path] : undefined),
    realpath: (path) => (exists(path) === undefined ? undefined : path),
    list: (path) => [
      ...new Set(
        paths
          .filter((other) => other.startsWith(`${path}/`))
          .map((other) => other.slice(path.length + 1).split('/')[0] ?? ''),
      ),
    ],
  }
}

const SOURCE: FleetSource = { file: `${ROOT}/stormport.yaml`, folder: ROOT, dockerHost: undefined, span: () => null }

/** Throws on any finding. */
export const fixtureFleet = (text?: string): Fleet => {
  if (text === undefined) return fleetOf({}, { ...SOURCE, file: null })
  const { fleet, diagnostics } = parseFleet(text, SOURCE)
  if (diagnostics.length > 0) throw new Error(diagnostics.map((found) => found.message).join('; '))
  return fleet
}

/** The application; throws on any error. */
export const fixtureApp = (text: string, options: FixtureOptions = {}, fleet = fixtureFleet()): App => {
  const { app, diagnostics } = buildApp(fixtureProject(text, options), fleet, fixtureFiles(options.contents))
  const errors = diagnostics.filter((found) => found.severity === 'error')
  if (app === null || errors.length > 0) throw new Error(errors.map((found) => found.message).join('; '))
  return app
}

/** The service web, beside a service db; throws on any error. */
export const fixtureWeb = (body: string, options: FixtureOptions = {}): Service => {
  const service = fixtureApp(`services:\n  web: ${body}\n  db: { image: postgres }\n`, options).services[0]
  if (service === undefined) throw new Error('no service')
  return service
}
