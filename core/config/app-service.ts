// One Compose service and its x-stormport as the Service that decisions and adapters read.
import type { Dependency, Service, ServiceBuild, ServiceKind } from '../model/app.ts'
import type { ComposeService } from '../model/compose.ts'
import type { SourceSpan } from '../model/diagnostic.ts'
import type { Fleet } from '../model/fleet.ts'
import type { Constraint } from '../model/resources.ts'
import { Secret, type Text } from '../model/secret.ts'
import type { Mention } from './app-mentions.ts'
import { fileMountsOf, mountsOf } from './app-mounts.ts'
import { parseConstraint, preferencesOf } from './app-placement.ts'
import { exposedPortsOf, portsOf } from './app-ports.ts'
import { gpuOf, resourcesOf } from './app-resources.ts'
import { healthcheckOf, restartOf, stopOf, updateOf } from './app-rollout.ts'
import { type SecretRules, secretRules } from './app-secrets.ts'
import type { ParsedExtension } from './extension.ts'
import type { Report } from './report.ts'
import type { Path, Positions } from './types.ts'

export interface ServiceInput {
  readonly name: string
  readonly compose: ComposeService
  readonly parsed: ParsedExtension
  readonly kind: ServiceKind
  readonly mentions: readonly Mention[]
  readonly fleet: Fleet
  readonly positions: Positions
  readonly report: Report
}

export const serviceOf = (input: ServiceInput): Service => {
  const { name, compose, parsed, kind, fleet, positions } = input
  const path: Path = ['services', name]
  const secrets = secretRules(name, positions, parsed.public)
  const job = kind === 'job' ? (parsed.extension.job ?? { run: 'onChange', targets: 'one' }) : parsed.extension.job
  return {
    name,
    kind,
    image: compose.image === undefined || compose.image === '' ? null : compose.image,
    build: buildOf(input),
    command: wordsOf('command', compose.command, { secrets, path }),
    entrypoint: wordsOf('entrypoint', compose.entrypoint, { secrets, path }),
    environment: environmentOf(compose, secrets, path),
    healthcheck: healthcheckOf(compose.healthcheck, secrets, path),
    mode: compose.deploy?.mode?.startsWith('global') === true ? 'global' : 'replicated',
    replicas: compose.deploy?.replicas ?? compose.scale ?? 1,
    ...resourcesOf(compose, fleet.defaults),
    gpu: gpuOf(compose, parsed.gpu),
    constraints: constraintsOf(input),
    preferences: preferencesOf(compose.deploy),
    maxReplicasPerNode: compose.deploy?.placement?.max_replicas_per_node || null,
    ports: portsOf(compose),
    expose: exposedPortsOf(compose),
    dependsOn: dependenciesOf(compose),
    links: linksOf(compose),
    mentions: input.mentions.map((mention) => mention.service),
    mounts: mountsOf(compose),
    configs: fileMountsOf(compose.configs, '/'),
    secrets: fileMountsOf(compose.secrets, '/run/secrets/'),
    networks: networksOf(compose),
    restart: restartOf(compose),
    update: updateOf(compose.deploy?.update_config),
    rollback: updateOf(compose.deploy?.rollback_config),
    stop: stopOf(compose),
    extension: { ...parsed.extension, job },
    compose: withoutSecrets(compose),
    span: positions.keySpan?.(path) ?? positions.span(path) ?? NOWHERE,
    spans: spansOf(compose, path, positions),
  }
}

const NOWHERE: SourceSpan = { file: '', line: 1, column: 1 }

/** Build args are secrets by rule, so the spec that adapters and hashes read holds none. */
const buildOf = ({ name, compose, parsed }: ServiceInput): ServiceBuild | null => {
  if (compose.build === undefined) return null
  const { args, ...spec } = compose.build
  const entries = Object.entries(args ?? {}).map(([key, value]): [string, Text | null] => [
    key,
    value === null || parsed.public.includes(key) ? value : new Secret(`${name}.build.args.${key}`, String(value)),
  ])
  return { spec, args: Object.fromEntries(entries) }
}

const wordsOf = (
  key: string,
  words: readonly string[] | null | undefined,
  at: { readonly secrets: SecretRules; readonly path: Path },
): readonly Text[] | null => words?.map((word, i) => at.secrets.text(`${key}.${i}`, word, [...at.path, key, i])) ?? null

/** A key without value that the environment does not give either is not set in the container. */
const environmentOf = (compose: ComposeService, secrets: SecretRules, path: Path): Service['environment'] => {
  const entries = Object.entries(compose.environment ?? {}).flatMap(([key, value]): [string, Text][] =>
    value === null ? [] : [[key, secrets.environment(key, String(value), [...path, 'environment', key])]],
  )
  return Object.fromEntries(entries)
}

const constraintsOf = ({ name, compose, report }: ServiceInput): readonly Constraint[] =>
  (compose.deploy?.placement?.constraints ?? []).flatMap((text, i) => {
    const constraint = parseConstraint(text)
    if (constraint !== null) return [constraint]
    const path = ['services', name, 'deploy', 'placement', 'constraints', i]
    report.add('error', {
      code: 'SP1328',
      path,
      service: name,
      message: `"${text}" is not a placement constraint`,
      hint: 'write KEY == VALUE or KEY != VALUE with node.hostname, node.labels.NAME and the like',
    })
    return []
  })

const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'] as const

const dependenciesOf = (compose: ComposeService): readonly Dependency[] =>
  Object.entries(compose.depends_on ?? {}).map(([service, written]) => ({
    service,
    condition: CONDITIONS.find((condition) => condition === written.condition) ?? 'service_started',
    required: written.required ?? true,
    restart: written.restart ?? false,
  }))

/** 'db:database' → { database: 'db' }. */
const linksOf = (compose: ComposeService): Service['links'] =>
  Object.fromEntries(
    (compose.links ?? []).map((link) => {
      const [service = link, alias = service] = link.split(':')
      return [alias, service]
    }),
  )

const networksOf = (compose: ComposeService): Service['networks'] => {
  if (compose.network_mode !== undefined) return {}
  const written = compose.networks ?? { default: null }
  return Object.fromEntries(Object.entries(written).map(([key, network]) => [key, { aliases: network?.aliases ?? [] }]))
}

const withoutSecrets = (compose: ComposeService): ComposeService => {
  const {
    environment: _environment,
    command: _command,
    entrypoint: _entrypoint,
    healthcheck: _healthcheck,
    build: _build,
    env_file: _envFile,
    'x-stormport': _extension,
    ...rest
  } = compose
  return rest
}

/** Keys whose inner keys are pointed at one by one; of any other mapping or list only the entries are. */
const DEEP = new Set(['deploy', 'x-stormport'])
/** Held in every release, so long mappings that no finding points into stay out. */
const WHOLE = new Set(['environment', 'labels', 'annotations', 'command', 'entrypoint'])

const spansOf = (compose: ComposeService, path: Path, positions: Positions): Service['spans'] => {
  const spans: Record<string, SourceSpan> = {}
  const visit = (value: unknown, below: readonly (string | number)[]): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      const here = [...below, Array.isArray(value) ? Number(key) : key]
      const span = positions.span([...path, ...here])
      if (span !== undefined) spans[here.join('.')] = { file: span.file, line: span.line, column: span.column }
      const top = String(here[0])
      if (here.length < (DEEP.has(top) ? 4 : WHOLE.has(top) ? 1 : 2)) visit(inner, here)
    }
  }
  visit(compose, [])
  return spans
}
