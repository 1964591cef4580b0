// The canonical project with every secret's value hidden. Which values are secrets is the application model's decision,
// by type and place; no text is searched.
import type { App, FileObject, Service } from '../core/model/app.ts'
import type { ComposeProject, ComposeService } from '../core/model/compose.ts'
import { Secret } from '../core/model/secret.ts'

const HIDDEN = '***'

/** Without an application nothing is known to be public: every environment value is hidden. */
export const maskProject = (project: ComposeProject | null, app: App | null): unknown => {
  if (project === null) return null
  const services = Object.entries(project.services).map(([name, service]) => [
    name,
    maskService(service, app?.services.find((known) => known.name === name) ?? null),
  ])
  return {
    ...project,
    services: Object.fromEntries(services),
    ...(project.configs === undefined ? {} : { configs: maskFiles(project.configs, app?.configs ?? null) }),
    ...(project.secrets === undefined ? {} : { secrets: maskFiles(project.secrets, null) }),
  }
}

const maskService = (service: ComposeService, known: Service | null): unknown => ({
  ...service,
  ...maskField(service, 'environment', (value) => maskRecord(value, known?.environment ?? null)),
  ...maskField(service, 'command', (value) => maskWords(value, known?.command ?? null)),
  ...maskField(service, 'entrypoint', (value) => maskWords(value, known?.entrypoint ?? null)),
  ...maskField(service, 'healthcheck', (value) =>
    maskInside(value, 'test', (test) => maskWords(test, known?.healthcheck?.test ?? null)),
  ),
  ...maskField(service, 'build', (value) =>
    maskInside(value, 'args', (args) => maskRecord(args, known?.build?.args ?? null)),
  ),
})

const maskField = (holder: object, key: string, mask: (value: unknown) => unknown): object => {
  const value: unknown = Reflect.get(holder, key)
  return value === undefined || value === null ? {} : { [key]: mask(value) }
}

const maskInside = (value: unknown, key: string, mask: (value: unknown) => unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value, ...maskField(value, key, mask) }
    : value

/** A key that the application does not know, or knows as a secret, is hidden. */
const maskRecord = (value: unknown, known: Readonly<Record<string, unknown>> | null): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const hides = (key: string, text: unknown): boolean =>
    text !== null && (known === null || !(key in known) || known[key] instanceof Secret)
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, hides(key, text) ? HIDDEN : text]))
}

const maskWords = (value: unknown, known: readonly unknown[] | null): unknown => {
  if (!Array.isArray(value)) return value
  if (known === null || known.length !== value.length)
    return known?.some((word) => word instanceof Secret) ? value.map(() => HIDDEN) : value
  return value.map((word, index) => (known[index] instanceof Secret ? HIDDEN : word))
}

const maskFiles = (files: Readonly<Record<string, object>>, known: readonly FileObject[] | null): unknown =>
  Object.fromEntries(
    Object.entries(files).map(([key, file]) => {
      const content = known?.find((candidate) => candidate.key === key)?.content
      const isPublic = known !== null && typeof content === 'string'
      return [key, isPublic ? file : { ...file, ...maskField(file, 'content', () => HIDDEN) }]
    }),
  )
