// Secrets where they cannot be hidden: labels, images, names, ports, driver options. Only variables of the published
// pattern count, for `image: node:${TAG}` is no secret.
import type { ComposeProject } from '../model/compose.ts'
import { type SecretRules, secretRules } from './app-secrets.ts'
import type { ParsedExtension } from './extension.ts'
import type { Report } from './report.ts'
import type { Path, Positions } from './types.ts'

/** Parts of a service that may hold secrets: they become Secret values (app-service.ts). */
const HIDDEN = new Set(['environment', 'command', 'entrypoint', 'healthcheck', 'env_file'])

export const checkExposedSecrets = (
  project: ComposeProject,
  positions: Positions,
  { extensions, report }: { readonly extensions: ReadonlyMap<string, ParsedExtension>; readonly report: Report },
): void => {
  for (const [name, compose] of Object.entries(project.services)) {
    const rules = secretRules(name, positions, extensions.get(name)?.public ?? [])
    for (const [key, value] of Object.entries(compose)) {
      if (!HIDDEN.has(key))
        visit(key === 'build' ? withoutArgs(value) : value, ['services', name, key], { rules, report, service: name })
    }
  }
  const rules = secretRules('', positions, [])
  for (const kind of ['networks', 'volumes'] as const) visit(project[kind], [kind], { rules, report, service: null })
}

interface Visit {
  readonly rules: SecretRules
  readonly report: Report
  readonly service: string | null
}

const visit = (value: unknown, path: Path, at: Visit): void => {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      visit(inner, [...path, Array.isArray(value) ? Number(key) : key], at)
    return
  }
  const [variable] = at.rules.exposed(path)
  if (variable === undefined) return
  const field = path.slice(2).join('.') || path.join('.')
  at.report.add('error', {
    code: 'SP1324',
    path,
    message: `${field} takes the secret variable ${variable}, and would show it`,
    hint:
      at.service === null
        ? 'pass it by an environment key or a secret'
        : `pass it by an environment key or a secret, or list ${variable} in x-stormport.public if it is none`,
    ...(at.service === null ? {} : { service: at.service }),
  })
}

const withoutArgs = (build: unknown): unknown =>
  typeof build === 'object' && build !== null
    ? Object.fromEntries(Object.entries(build).filter(([key]) => key !== 'args'))
    : build
