// The App: canonical Compose project and x-stormport joined, secrets wrapped, every finding at once.
import type { App, Service } from '../model/app.ts'
import type { ComposeProject } from '../model/compose.ts'
import { bySpan, type Diagnostic, hasErrors } from '../model/diagnostic.ts'
import type { Fleet } from '../model/fleet.ts'
import type { Files } from '../ports.ts'
import { bindsOf } from './app-binds.ts'
import { checkApp } from './app-checks.ts'
import { checkExposedSecrets } from './app-exposed-secrets.ts'
import { checkExtensionPlaces } from './app-extension-places.ts'
import { kindsOf } from './app-kind.ts'
import { mentionFinder } from './app-mentions.ts'
import { fileObjectsOf, networksOf, volumesOf } from './app-objects.ts'
import { secretVariables } from './app-secrets.ts'
import { serviceOf } from './app-service.ts'
import { type ParsedExtension, parseExtension } from './extension.ts'
import { createReport, type Report } from './report.ts'
import type { LoadedProject } from './types.ts'

export interface BuiltApp {
  /** null when the project or x-stormport has errors. */
  readonly app: App | null
  readonly diagnostics: readonly Diagnostic[]
}

/** `files` gives the contents of configs and secrets. A project that has errors already is only checked for x-stormport. */
export const buildApp = (loaded: LoadedProject, fleet: Fleet, files: Files): BuiltApp => {
  const report = createReport(loaded.positions, (path) => secretVariables(loaded.positions.origin(path)).length > 0)
  if (loaded.project === null) return { app: null, diagnostics: [] }
  checkExtensionPlaces(loaded.project, report)
  const extensions = extensionsOf(loaded.project, report)
  checkExposedSecrets(loaded.project, loaded.positions, { extensions, report })
  if (hasErrors(loaded.diagnostics)) return { app: null, diagnostics: [...report.diagnostics].sort(bySpan) }
  const app = assemble({ loaded, fleet, files, report, extensions, project: loaded.project })
  checkApp({ app, fleet, loaded, files, report })
  return { app: hasErrors(report.diagnostics) ? null : app, diagnostics: [...report.diagnostics].sort(bySpan) }
}

interface Assembly {
  readonly loaded: LoadedProject
  readonly project: ComposeProject
  readonly fleet: Fleet
  readonly files: Files
  readonly report: Report
  readonly extensions: ReadonlyMap<string, ParsedExtension>
}

const extensionsOf = (project: ComposeProject, report: Report): ReadonlyMap<string, ParsedExtension> =>
  new Map(
    Object.entries(project.services ?? {}).map(([name, compose]) => {
      const parsed = parseExtension(compose?.['x-stormport'])
      report.addAll(parsed.findings, ['services', name, 'x-stormport'], { service: name })
      return [name, parsed]
    }),
  )

const assemble = ({ loaded, project, fleet, files, report, extensions }: Assembly): App => {
  const services = servicesOf({ loaded, project, fleet, files, report, extensions })
  const used = (kind: 'configs' | 'secrets'): ReadonlySet<string> =>
    new Set(services.flatMap((service) => usedFiles(service, kind)))
  const binds = bindsOf({ services, fleet, files, roots: [loaded.projectRoot, ...(loaded.roots ?? [])] })
  return {
    name: project.name,
    services,
    networks: networksOf(project, services),
    volumes: volumesOf(project, services),
    configs: fileObjectsOf({ kind: 'configs', used: used('configs'), loaded, files, report }),
    secrets: fileObjectsOf({ kind: 'secrets', used: used('secrets'), loaded, files, report }),
    projectRoot: loaded.projectRoot,
    workingDir: loaded.workingDir,
    files: loaded.files,
    ...(Object.keys(binds).length === 0 ? {} : { binds }),
  }
}

const servicesOf = ({ loaded, project, fleet, report, extensions }: Assembly): readonly Service[] => {
  const kinds = kindsOf(project, new Map([...extensions].map(([name, parsed]) => [name, parsed.extension])))
  const mentionsOf = mentionFinder(project)
  return Object.entries(project.services).map(([name, compose]) => {
    const parsed = extensions.get(name) ?? parseExtension(undefined)
    const mentions = mentionsOf(name)
    const service = serviceOf({
      name,
      compose,
      parsed,
      kind: kinds.get(name) ?? 'service',
      mentions,
      fleet,
      positions: loaded.positions,
      report,
    })
    if (fleet.targets.length > 1) {
      for (const mention of mentions) {
        if (!isDeclaredPeer(service, mention.service))
          report.add('note', {
            code: 'SP1340',
            path: ['services', name, 'environment', mention.key],
            service: name,
            message: `${name} names ${mention.service} as a host in ${mention.key}: they are placed together`,
            hint: `give x-stormport.reach for ${mention.service} to cut this`,
          })
      }
    }
    return service
  })
}

const isDeclaredPeer = (service: Service, peer: string): boolean =>
  service.dependsOn.some((dependency) => dependency.service === peer && dependency.required) ||
  Object.values(service.links).includes(peer) ||
  service.extension.place.with.includes(peer) ||
  Object.hasOwn(service.extension.reach, peer)

/** Mounted ones, and secrets that a build reads. */
const usedFiles = (service: Service, kind: 'configs' | 'secrets'): readonly string[] => {
  const mounted = service[kind].map((mount) => mount.source)
  const build = service.build?.spec['secrets']
  if (kind === 'configs' || !Array.isArray(build)) return mounted
  return [
    ...mounted,
    ...build.flatMap((entry: unknown) =>
      typeof entry === 'object' && entry !== null && 'source' in entry ? [String(entry.source)] : [],
    ),
  ]
}
