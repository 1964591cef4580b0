// Images of an engine: made present by their pull policy, with the user's own credentials for that registry only.
import { StormportError } from '../../../../core/errors.ts'
import { type ImageReference, parseImageReference, repositoryName } from '../../../../core/model/image-reference.ts'
import type { Images, RegistryCredentials, RegistryLogin, ResolvedImage } from '../../../../core/ports.ts'
import type { ImageInspect, ProgressLine } from './api.ts'
import type { EngineClient } from './client.ts'
import { engineError, hasCode } from './errors.ts'

export type Say = (line: string) => void

export interface PullRequest {
  readonly image: string
  /** null: the node's own. */
  readonly platform: string | null
  readonly say: Say
}

export interface EngineImageStore {
  /** null: not present. */
  inspect(image: string, signal: AbortSignal): Promise<ImageInspect | null>
  pull(request: PullRequest, signal: AbortSignal): Promise<void>
}

export const createImageStore = (client: EngineClient, credentials: RegistryCredentials): EngineImageStore => {
  const byName = async (image: string, signal: AbortSignal): Promise<ImageInspect | null> => {
    const path = `/images/${encodeURIComponent(image)}/json`
    try {
      return await client.json({ method: 'GET', path, operation: `inspect the image ${image}` }, signal)
    } catch (error) {
      if (hasCode(error, 'NotFound') || hasCode(error, 'ImageNotFound')) return null
      throw error
    }
  }
  const inspect = async (image: string, signal: AbortSignal): Promise<ImageInspect | null> => {
    const found = await byName(image, signal)
    const id = imageIdIn(image)
    if (found !== null || id === null) return found
    const byId = await byName(id, signal)
    return byId?.Id === id ? byId : null
  }
  return {
    inspect,
    pull: async ({ image, platform, say }, signal) => {
      const reference = referenceOf(image)
      const login = await credentials.forRegistry(reference.registry, signal)
      const headers = { 'X-Registry-Auth': registryAuth(reference, login) }
      const query = {
        fromImage: repositoryName(reference),
        tag: reference.digest ?? reference.tag ?? 'latest',
        platform: platform ?? undefined,
      }
      const request = {
        method: 'POST',
        path: '/images/create',
        query,
        headers,
        operation: `pull ${image}`,
        timeoutMs: null,
      } as const
      try {
        await followProgress(client.lines<ProgressLine>(request, signal), `pull ${image}`, say)
      } catch (error) {
        throw hasCode(error, 'NotFound')
          ? absent(image, 'its registry has none of that name', 'Check the name and the tag, or push it.')
          : error
      }
    },
  }
}

/** Makes the image present; resolves to its id. */
export const ensureImage = async (
  store: EngineImageStore,
  request: PullRequest & { readonly policy: 'always' | 'missing' | 'never' },
  signal: AbortSignal,
): Promise<string> => {
  const { image, policy } = request
  const present = policy === 'always' ? null : await store.inspect(image, signal)
  if (present !== null) return present.Id
  if (policy === 'never')
    throw absent(image, 'pull_policy forbids pulling it', 'Build or load it on the node, or change pull_policy.')
  request.say(`pulling ${image}`)
  await store.pull(request, signal)
  const pulled = await store.inspect(image, signal)
  if (pulled === null) throw absent(image, 'it is not there after the pull', 'Pull it by hand to see why.')
  return pulled.Id
}

/** Reports each state of each layer once; an error line ends it. */
export const followProgress = async (
  lines: AsyncIterable<ProgressLine>,
  operation: string,
  say: Say,
): Promise<void> => {
  const last = new Map<string, string>()
  for await (const line of lines) {
    const error = line.errorDetail?.message ?? line.error
    if (error !== undefined) throw engineError(0, error, operation)
    const status = line.status ?? ''
    const id = line.id ?? ''
    if (status === '' || last.get(id) === status) continue
    last.set(id, status)
    say(id === '' ? status : `${id}: ${status}`)
  }
}

/**
 * An image that was never pushed has no digest; its pinned name ends in its id instead, which engines look up only alone.
 * null: the reference is not pinned.
 */
export const imageIdIn = (image: string): string | null =>
  image.includes('@') ? image.slice(image.indexOf('@') + 1) : null

/** Image references → what the engine itself holds: the digest in force, no registry asked. */
export const createEngineImages = (store: EngineImageStore): Images => ({
  resolve: (references, signal) => Promise.all(references.map((reference) => resolveOne(store, reference, signal))),
})

const resolveOne = async (store: EngineImageStore, reference: string, signal: AbortSignal): Promise<ResolvedImage> => {
  const found = await store.inspect(reference, signal)
  if (found === null)
    return { reference, digest: null, error: { code: 'ImageNotFound', message: `${reference} is not on this engine.` } }
  const parsed = parseImageReference(reference)
  const own =
    parsed === undefined
      ? undefined
      : found.RepoDigests?.find((digest) => digest.startsWith(`${repositoryName(parsed)}@`))
  return { reference, digest: own?.slice(own.indexOf('@') + 1) ?? found.Id, error: null }
}

const referenceOf = (image: string): ImageReference => {
  const reference = parseImageReference(image)
  if (reference !== undefined) return reference
  throw new StormportError('InvalidSpec', `Not an image name: ${image}.`, {
    diagnostic: 'SP4103',
    hint: 'Write [registry/]name[:tag][@digest], in lower case.',
  })
}

const absent = (image: string, because: string, hint: string): StormportError =>
  new StormportError('ImageNotFound', `The image ${image} is not on the node, and ${because}.`, {
    diagnostic: 'SP4103',
    hint,
    source: 'user',
  })

/** An empty object says "no credentials"; a missing header would let some engines use none of their own rules. */
export const registryAuth = ({ registry }: ImageReference, login: RegistryLogin | null): string => {
  const serveraddress = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry
  const auth = login === null ? {} : { ...authFields(login), serveraddress }
  return encodeAuth(auth)
}

/** URL-safe base64 with its padding: engines take a header without it for no credentials, in silence. */
export const encodeAuth = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')

export const authFields = (login: RegistryLogin): Readonly<Record<string, string>> =>
  login.kind === 'token'
    ? { identitytoken: login.identityToken }
    : { username: login.username, password: login.password }
