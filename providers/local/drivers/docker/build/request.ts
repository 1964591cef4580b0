// One image to build, read from a service: what is built is decided here alone, and its name is the hash of it.
import { createHash, createHmac } from 'node:crypto'
import { StormportError } from '../../../../../core/errors.ts'
import type { App, Service, ServiceBuild } from '../../../../../core/model/app.ts'
import { canonicalJson } from '../../../../../core/model/canonical.ts'
import type { ComposeBuild } from '../../../../../core/model/compose.ts'
import type { Say } from '../images.ts'
import { type BuildContext, hashContext, readContext } from './context.ts'
import { fetchContext, type RemoteFetch } from './remote-fetch.ts'
import { remoteContext } from './remote-name.ts'

export interface BuildRequest {
  readonly service: string
  readonly context: BuildContext
  readonly spec: ComposeBuild
  /** Revealed: never printed, never stored. */
  readonly args: Readonly<Record<string, string>>
  readonly secretArgs: readonly string[]
  readonly platform: string | null
  /** 16 hex: equal = nothing to build. */
  readonly hash: string
  /** '<app>-<service>:<hash>' */
  readonly reference: string
  /** Further names of the image: the service's own `image:` and build.tags. */
  readonly tags: readonly string[]
}

/** One build under way, and where its lines go. */
export interface BuildJob {
  readonly request: BuildRequest
  readonly say: Say
}

/** What reading a build may have to ask for. */
export interface BuildMeans {
  /** Hex key under which secret build arguments enter the hash, so that the name gives nothing away. */
  readonly secretKey: () => Promise<string>
  readonly fetch: RemoteFetch
  /** 'linux/amd64': of the engine that builds and runs it. */
  readonly nodePlatform: () => Promise<string>
}

/** A remote context is resolved to its commit, or to its content, each time. */
export const readBuild = async (
  app: App,
  name: string,
  { secretKey, fetch, nodePlatform }: BuildMeans,
): Promise<BuildRequest> => {
  const service = app.services.find((each) => each.name === name)
  if (service?.build === null || service === undefined) {
    throw new StormportError('Internal', `The service ${name} has no build.`, { source: 'internal' })
  }
  const { spec } = service.build
  const platform = await platformOf(service, spec, nodePlatform)
  const remote = spec.context === undefined ? null : remoteContext(spec.context)
  const folder = remote === null ? (spec.context ?? app.workingDir) : await fetchContext(remote, fetch)
  const context = await readContext({
    folder,
    dockerfile: spec.dockerfile ?? 'Dockerfile',
    inline: spec.dockerfile_inline ?? null,
    projectRoot: remote === null ? app.projectRoot : folder,
  })
  const { args, secretArgs } = argumentsOf(service.build)
  const digest = createHash('sha256')
  await hashContext(context, digest)
  // What names or reports the image, but is no part of it, stays out.
  const { context: _context, tags, no_cache: _noCache, pull: _pull, cache_from: _from, cache_to: _to, ...parts } = spec
  const open = Object.fromEntries(Object.entries(args).filter(([key]) => !secretArgs.includes(key)))
  digest.update(canonicalJson({ parts, args: open, platform }))
  for (const key of secretArgs)
    digest.update(
      `${key}=${createHmac('sha256', Buffer.from(await secretKey(), 'hex'))
        .update(args[key] ?? '')
        .digest('hex')}`,
    )
  const hash = digest.digest('hex').slice(0, 16)
  const image = service.image === null ? [] : [service.image]
  return {
    service: name,
    context,
    spec,
    args,
    secretArgs,
    platform,
    hash,
    reference: `${imageName(app.name, name)}:${hash}`,
    tags: [...image, ...tagList(tags)],
  }
}

/** Image names know lower case and single separators only; a name that had to change ends in a hash of the whole one. */
export const imageName = (app: string, service: string): string => {
  const whole = `${app}-${service}`
  const plain = whole
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, (run) => (/^(?:\.|_{1,2}|-+)$/.test(run) ? run : '-'))
    .replace(/[^a-z0-9]+$/, '')
  return plain === whole ? whole : `${plain}-${createHash('sha256').update(whole).digest('hex').slice(0, 6)}`
}

const argumentsOf = (build: ServiceBuild): Pick<BuildRequest, 'args' | 'secretArgs'> => {
  const args: Record<string, string> = {}
  const secretArgs: string[] = []
  for (const [key, value] of Object.entries(build.args)) {
    if (value === null) continue
    const revealed = typeof value === 'string' ? value : value.reveal()
    if (revealed === undefined) continue
    args[key] = revealed
    if (typeof value !== 'string') secretArgs.push(key)
  }
  return { args, secretArgs: secretArgs.toSorted() }
}

/**
 * An engine's store holds one platform: of several the one of the node that will run it, as `docker compose up` takes it.
 * The others are for registries.
 */
const platformOf = async (
  service: Service,
  spec: ComposeBuild,
  node: BuildMeans['nodePlatform'],
): Promise<string | null> => {
  const platforms = [...new Set(spec.platforms ?? [])]
  if (platforms.length < 2) return platforms[0] ?? service.compose.platform ?? null
  const wanted = service.compose.platform ?? (await node())
  if (platforms.includes(wanted)) return wanted
  throw new StormportError(
    'Unsupported',
    `${service.name}: it is built for ${platforms.join(', ')}, and the engine runs ${wanted}.`,
    {
      diagnostic: 'SP4123',
      service: service.name,
      hint: `Add ${wanted} to build.platforms, or write platform: of the service.`,
      span: service.spans['build'] ?? service.span,
    },
  )
}

const tagList = (tags: unknown): readonly string[] => (Array.isArray(tags) ? tags.map(String) : [])
