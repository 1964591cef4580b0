// Builds through the Engine API: by BuildKit, which Linux engines have, else by the classic builder. There is no connection
// back to us during the build, so what needs one is refused by name before it starts.
import { StormportError } from '../../../../../core/errors.ts'
import type { ProgressLine } from '../api.ts'
import { atLeast, type EngineClient } from '../client.ts'
import { bytes, compact, type Json } from '../container.ts'
import { engineError } from '../errors.ts'
import type { Say } from '../images.ts'
import { infoOf } from '../node-facts.ts'
import { decodeTrace } from './buildkit-trace.ts'
import { DOCKERFILE_NAME, packContext } from './context.ts'
import { buildkitFeatures, sessionFeatures } from './dockerfile.ts'
import type { BuildJob, BuildRequest } from './request.ts'

const NEEDS_BUILDX = [
  'secrets',
  'ssh',
  'additional_contexts',
  'cache_to',
  'entitlements',
  'provenance',
  'sbom',
  'privileged',
  'isolation',
  'no_cache_filter',
] as const
const LAST_LINES = 12

export interface EngineBuilder {
  readonly client: EngineClient
  readonly buildkit: boolean
}

/** Which builder the engine has. */
export const engineBuilderOf = async (client: EngineClient, signal: AbortSignal): Promise<EngineBuilder> => {
  const info = await infoOf(client, signal)
  return { client, buildkit: info.OSType === 'linux' }
}

export const engineBuild = async (
  { client, buildkit }: EngineBuilder,
  { request, say }: BuildJob,
  signal: AbortSignal,
): Promise<void> => {
  const query = {
    ...parameters(request),
    version: buildkit ? 2 : 1,
    platform: atLeast(await client.version(signal), '1.32') ? (request.platform ?? undefined) : undefined,
  }
  const tags = [request.reference, ...request.tags].map((tag) => `t=${encodeURIComponent(tag)}`).join('&')
  const lines = client.lines<ProgressLine>(
    {
      method: 'POST',
      path: `/build?${tags}&${new URLSearchParams(stringified(query))}`,
      headers: { 'Content-Type': 'application/x-tar' },
      body: packContext(request.context),
      operation: `build the image of ${request.service}`,
      timeoutMs: null,
    },
    signal,
  )
  await follow(lines, request, say)
}

export const refuseLacking = (request: BuildRequest, buildkit: boolean): void => {
  const keys = NEEDS_BUILDX.filter((key) => isStated(request.spec[key])).map((key) => `build.${key}`)
  const session = sessionFeatures(request.context.dockerfile)
  const newer = buildkit ? [] : buildkitFeatures(request.context.dockerfile)
  const lacking = [...keys, ...session, ...newer]
  if (lacking.length === 0) return
  throw new StormportError('Unsupported', `${request.service}: the engine's builder cannot do ${lacking.join(', ')}.`, {
    diagnostic: 'SP4120',
    service: request.service,
    source: 'user',
    hint: 'Install docker buildx on this machine, or remove it from the build.',
  })
}

const isStated = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  !(typeof value === 'object' && Object.keys(value).length === 0)

const parameters = ({ spec, args }: BuildRequest): Json =>
  compact({
    dockerfile: DOCKERFILE_NAME,
    rm: true,
    forcerm: true,
    buildargs: JSON.stringify(args),
    target: spec.target,
    labels: spec.labels === undefined ? undefined : JSON.stringify(spec.labels),
    networkmode: spec['network'],
    extrahosts: hostList(spec['extra_hosts']),
    nocache: spec['no_cache'],
    pull: spec['pull'],
    cachefrom: spec['cache_from'] === undefined ? undefined : JSON.stringify(spec['cache_from']),
    shmsize: bytes(spec['shm_size']),
  })

const hostList = (hosts: unknown): string | undefined =>
  Array.isArray(hosts) && hosts.length > 0 ? hosts.map((host) => String(host).replace('=', ':')).join(',') : undefined

const stringified = (fields: Json): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, String(value)]),
  )

const follow = async (lines: AsyncIterable<ProgressLine>, request: BuildRequest, say: Say): Promise<void> => {
  const last: string[] = []
  const tell = (text: string): void => {
    for (const line of text.split(/\r?\n/)) {
      if (line.trim() === '') continue
      say(line)
      last.push(line)
      if (last.length > LAST_LINES) last.shift()
    }
  }
  const trace = createTraceTeller(tell)
  for await (const line of lines) {
    const error = line.errorDetail?.message ?? line.error
    if (error !== undefined) throw buildFailed(request, error)
    if (line.id === 'moby.buildkit.trace' && typeof line.aux === 'string') trace(line.aux)
    else if (line.stream !== undefined) tell(line.stream)
  }
}

/** Each step once when it starts or is found in the cache, and each line that it prints. */
const createTraceTeller = (tell: (text: string) => void): ((base64: string) => void) => {
  const told = new Set<string>()
  return (base64) => {
    const { steps, logs } = decodeTrace(base64)
    for (const step of steps) {
      const key = `${step.digest} ${step.cached}`
      if (step.name === '' || told.has(key) || step.name.startsWith('[internal]')) continue
      told.add(key)
      tell(step.cached ? `${step.name} (cached)` : step.name)
    }
    for (const log of logs) tell(log.text)
  }
}

const buildFailed = (request: BuildRequest, message: string): StormportError => {
  const known = engineError(0, message, `build the image of ${request.service}`)
  if (known.code === 'Unhealthy' || known.code === 'Unreachable' || known.code === 'Forbidden') return known
  return new StormportError(
    'InvalidSpec',
    `${request.service}: the build failed: ${maskArgs(request, message.trim().split('\n')[0] ?? '')}`,
    {
      diagnostic: 'SP4121',
      service: request.service,
      source: 'user',
      hint: 'Correct the Dockerfile; the lines above show the step.',
    },
  )
}

/** Builders print steps with their arguments filled in. Short values would tear words apart and are no secret worth the name. */
export const maskArgs = ({ args, secretArgs }: BuildRequest, text: string): string =>
  secretArgs.reduce((masked, key) => {
    const value = args[key] ?? ''
    return value.length < 8 ? masked : masked.replaceAll(value, '***')
  }, text)
