// Making one container, whole: with its files and all its networks. Every part may be there already.
import { StormportError } from '../../../../core/errors.ts'
import type { AllocSpec } from '../../daemon/driver.ts'
import type { ImageInspect } from './api.ts'
import { atLeast, type EngineClient } from './client.ts'
import { createBody, endpointOf, networkOrder } from './container.ts'
import { hasCode } from './errors.ts'
import { archiveOf, planFiles, removeBound, writeBound } from './files.ts'
import { imageIdIn } from './images.ts'
import type { Lookup } from './lookup.ts'

export interface CreateDeps {
  readonly client: EngineClient
  readonly lookup: Lookup
  readonly owner: string
  readonly stateDir: string
  /** Fetches an image for another platform than the node's own. */
  readonly pull: (image: string, platform: string, signal: AbortSignal) => Promise<void>
}

export const START_MS = 120_000

export interface Created {
  readonly native: string
  /** False: an earlier create had made it, and its answer was lost or forgotten. */
  readonly isNew: boolean
}

/** Nothing is looked for first: only a create that is refused may have been done before. */
export const createContainer = async (deps: CreateDeps, alloc: AllocSpec, signal: AbortSignal): Promise<Created> => {
  const post = await poster(deps, alloc, signal)
  try {
    const native = await post(alloc.container.image).catch((error: unknown) =>
      withOtherImage(deps, { alloc, post, error }, signal),
    )
    return { native, isNew: true }
  } catch (error) {
    // The image may have been removed since, too.
    const repeated = hasCode(error, 'Conflict') || hasCode(error, 'ImageNotFound')
    const found = repeated ? await deps.lookup.byAlloc(alloc.id, signal) : null
    if (found !== null) return { native: found, isNew: false }
    await removeBound(deps.stateDir, alloc.id)
    throw hasCode(error, 'Conflict') ? nameTaken(alloc.name, error) : error
  }
}

/** Files and further networks. */
export const completeContainer = async (
  deps: CreateDeps,
  { alloc, native }: { readonly alloc: AllocSpec; readonly native: string },
  signal: AbortSignal,
): Promise<void> => {
  const { client } = deps
  const { upload } = planFiles(alloc)
  if (upload.length > 0) {
    const operation = `write configs and secrets of ${alloc.name}`
    const headers = { 'Content-Type': 'application/x-tar' }
    const path = `/containers/${native}/archive`
    await client.json(
      { method: 'PUT', path, query: { path: '/' }, headers, body: await archiveOf(upload), operation },
      signal,
    )
  }
  for (const network of networkOrder(alloc).slice(1)) {
    const json = { Container: native, EndpointConfig: endpointOf(alloc, network) }
    const path = `/networks/${encodeURIComponent(network)}/connect`
    try {
      await client.json({ method: 'POST', path, json, operation: `connect ${alloc.name} to ${network}` }, signal)
    } catch (error) {
      if (!/already exists|already attached/i.test(causeText(error))) throw error
    }
  }
}

type Post = (image: string | null) => Promise<string>

const poster = async (deps: CreateDeps, alloc: AllocSpec, signal: AbortSignal): Promise<Post> => {
  const { client, owner, stateDir } = deps
  const apiVersion = await client.version(signal)
  const boundFiles = await writeBound(stateDir, alloc.id, planFiles(alloc).bind)
  const body = createBody(await withImageEntrypoint(client, alloc, signal), { owner, apiVersion, boundFiles })
  const platform = atLeast(apiVersion, '1.41') ? alloc.container.compose.platform : undefined
  const query = { name: alloc.name, platform }
  return async (image) => {
    const json = { ...body, Image: image }
    const operation = `create ${alloc.name}`
    const request = { method: 'POST', path: '/containers/create', query, json, operation, timeoutMs: START_MS } as const
    return (await client.json<{ Id: string }>(request, signal)).Id
  }
}

/** The engine may hold the image by its id only, or for its own platform only. */
const withOtherImage = async (
  deps: CreateDeps,
  { alloc, post, error }: { readonly alloc: AllocSpec; readonly post: Post; readonly error: unknown },
  signal: AbortSignal,
): Promise<string> => {
  const { image, pullPolicy, compose } = alloc.container
  if (image === null || !hasCode(error, 'ImageNotFound')) throw error
  const id = imageIdIn(image)
  if (id !== null) return post(id)
  if (compose.platform === undefined || pullPolicy === 'never') throw error
  await deps.pull(image, compose.platform, signal)
  return post(image)
}

/** An empty command list clears the image's command; the engine does that only when an entrypoint comes along. */
const withImageEntrypoint = async (client: EngineClient, alloc: AllocSpec, signal: AbortSignal): Promise<AllocSpec> => {
  const { command, entrypoint, image } = alloc.container
  if (command?.length !== 0 || entrypoint !== null || image === null) return alloc
  const path = `/images/${encodeURIComponent(image)}/json`
  const found = await client.json<ImageInspect>(
    { method: 'GET', path, operation: `inspect the image ${image}` },
    signal,
  )
  return { ...alloc, container: { ...alloc.container, entrypoint: found.Config?.Entrypoint ?? null } }
}

const nameTaken = (name: string, cause: unknown): StormportError =>
  new StormportError('Conflict', `The container name ${name} is used by a container that is not ours.`, {
    diagnostic: 'SP4116',
    hint: `Remove it (docker rm -f ${name}) or change container_name.`,
    cause,
  })

const causeText = (error: unknown): string => {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return typeof cause === 'object' && cause !== null && 'message' in cause ? String(cause.message) : ''
}
