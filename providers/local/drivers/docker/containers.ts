// Allocations as containers: made once, found again by label, stopped and removed. Every step may be repeated.
import { StormportError } from '../../../../core/errors.ts'
import type { AllocSpec, AllocState } from '../../daemon/driver.ts'
import type { ContainerInspect, ContainerSummary, ImageInspect } from './api.ts'
import { atLeast, type EngineClient } from './client.ts'
import { createBody, endpointOf, networkOrder } from './container.ts'
import { hasCode } from './errors.ts'
import { archiveOf, planFiles, removeBound, writeBound } from './files.ts'
import { imageIdIn } from './images.ts'
import { ALLOC, labelFilter, OWNER } from './labels.ts'
import { goneState, stateOf } from './state.ts'

export interface Containers {
  create(alloc: AllocSpec, signal: AbortSignal): Promise<AllocState>
  start(id: string, signal: AbortSignal): Promise<AllocState>
  stop(id: string, options: StopOptions, signal: AbortSignal): Promise<AllocState>
  remove(id: string, signal: AbortSignal): Promise<void>
  list(signal: AbortSignal): Promise<readonly AllocState[]>
  /** null: not there. */
  find(id: string, signal: AbortSignal): Promise<ContainerInspect | null>
}

export interface StopOptions {
  readonly gracePeriodMs: number
  readonly signal: string | null
}

interface Context {
  readonly client: EngineClient
  readonly owner: string
  readonly stateDir: string
  /** Fetches an image for another platform than the node's own. */
  readonly pull: (image: string, platform: string, signal: AbortSignal) => Promise<void>
}

/** More than this at once only lengthens the engine's own queue. */
const INSPECTS_AT_ONCE = 8
const CREATE_MS = 120_000

export const createContainers = (context: Context): Containers => {
  const { client, owner } = context
  /** Allocation → container id, to spare the look-up by label. Never trusted beyond a 404. */
  const known = new Map<string, string>()

  const find = async (id: string, signal: AbortSignal): Promise<ContainerInspect | null> => {
    const native = known.get(id) ?? (await findByLabel(client, owner, id, signal))
    if (native === null) return null
    const container = await inspect(client, native, signal)
    if (container === null) known.delete(id)
    else known.set(id, native)
    return container
  }

  const state = async (id: string, signal: AbortSignal): Promise<AllocState> => {
    const container = await find(id, signal)
    return container === null ? goneState(id) : stateOf(container)
  }

  return {
    find,
    create: async (alloc, signal) => {
      const existing = await find(alloc.id, signal)
      // Also when found: a create that was cut off may have left it without its files or further networks.
      if (existing === null || existing.State.Status === 'created') {
        const native = existing?.Id ?? (await createNew(context, alloc, signal))
        known.set(alloc.id, native)
        await complete(context, alloc, native, signal)
      }
      return state(alloc.id, signal)
    },
    start: async (id, signal) => {
      const container = await required(find, id, signal)
      const name = container.Name.replace(/^\//, '')
      const path = `/containers/${container.Id}/start`
      await client.json({ method: 'POST', path, operation: `start ${name}`, timeoutMs: CREATE_MS }, signal)
      return state(id, signal)
    },
    stop: async (id, options, signal) => {
      const container = await find(id, signal)
      if (container === null) return goneState(id)
      if (container.State.Running) await stopRunning(client, container, options, signal)
      return state(id, signal)
    },
    remove: async (id, signal) => {
      const container = await find(id, signal)
      if (container !== null) await removeContainer(client, container.Id, signal)
      known.delete(id)
      await removeBound(context.stateDir, id)
    },
    list: async (signal) => {
      const found = await listByLabel(client, [`${OWNER}=${owner}`, ALLOC], signal)
      const states: AllocState[] = []
      for (let at = 0; at < found.length; at += INSPECTS_AT_ONCE) {
        const batch = found.slice(at, at + INSPECTS_AT_ONCE).map((item) => inspect(client, item.Id, signal))
        for (const container of await Promise.all(batch)) if (container !== null) states.push(stateOf(container))
      }
      return states
    },
  }
}

const listByLabel = (
  client: EngineClient,
  labels: readonly string[],
  signal: AbortSignal,
): Promise<readonly ContainerSummary[]> =>
  client.json(
    {
      method: 'GET',
      path: '/containers/json',
      query: { all: true, filters: labelFilter(...labels) },
      operation: 'list containers',
    },
    signal,
  )

/** Running containers of a Compose project that Docker Compose itself started. */
export const composeContainers = async (
  client: EngineClient,
  project: string,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const found = await listByLabel(
    client,
    [`com.docker.compose.project=${project}`, 'com.docker.compose.service'],
    signal,
  )
  return found.filter((item) => item.State === 'running').map((item) => (item.Names[0] ?? item.Id).replace(/^\//, ''))
}

const findByLabel = async (
  client: EngineClient,
  owner: string,
  id: string,
  signal: AbortSignal,
): Promise<string | null> => {
  const [found] = await listByLabel(client, [`${OWNER}=${owner}`, `${ALLOC}=${id}`], signal)
  return found?.Id ?? null
}

const inspect = async (client: EngineClient, native: string, signal: AbortSignal): Promise<ContainerInspect | null> => {
  try {
    return await client.json(
      { method: 'GET', path: `/containers/${native}/json`, operation: 'inspect a container' },
      signal,
    )
  } catch (error) {
    if (hasCode(error, 'NotFound')) return null
    throw error
  }
}

export const required = async (
  find: Containers['find'],
  id: string,
  signal: AbortSignal,
): Promise<ContainerInspect> => {
  const container = await find(id, signal)
  if (container !== null) return container
  throw new StormportError('NotFound', `There is no container of the allocation ${id}.`, { source: 'target' })
}

const createNew = async (context: Context, alloc: AllocSpec, signal: AbortSignal): Promise<string> => {
  const { client, owner, stateDir } = context
  const apiVersion = await client.version(signal)
  const platform = alloc.container.compose.platform
  const boundFiles = await writeBound(stateDir, alloc.id, planFiles(alloc).bind)
  const spec = await withImageEntrypoint(client, alloc, signal)
  const body = createBody(spec, { owner, apiVersion, boundFiles })
  const query = { name: alloc.name, platform: atLeast(apiVersion, '1.41') ? platform : undefined }
  const post = async (image: string | null): Promise<string> => {
    const json = { ...body, Image: image }
    const operation = `create ${alloc.name}`
    const request = {
      method: 'POST',
      path: '/containers/create',
      query,
      json,
      operation,
      timeoutMs: CREATE_MS,
    } as const
    return (await client.json<{ Id: string }>(request, signal)).Id
  }
  try {
    return await post(alloc.container.image).catch((error: unknown) =>
      otherImage(context, alloc, { error, post }, signal),
    )
  } catch (error) {
    const found = hasCode(error, 'Conflict') ? await findByLabel(client, owner, alloc.id, signal) : null
    if (found !== null) return found
    await removeBound(stateDir, alloc.id)
    throw hasCode(error, 'Conflict') ? nameTaken(alloc.name, error) : error
  }
}

interface Failed {
  readonly error: unknown
  readonly post: (image: string) => Promise<string>
}

/** The engine may hold the image by its id only, or for its own platform only. */
const otherImage = async (
  context: Context,
  alloc: AllocSpec,
  { error, post }: Failed,
  signal: AbortSignal,
): Promise<string> => {
  const { image, pullPolicy, compose } = alloc.container
  if (image === null || !hasCode(error, 'ImageNotFound')) throw error
  const id = imageIdIn(image)
  if (id !== null) return post(id)
  if (compose.platform === undefined || pullPolicy === 'never') throw error
  await context.pull(image, compose.platform, signal)
  return post(image)
}

const nameTaken = (name: string, cause: unknown): StormportError =>
  new StormportError('Conflict', `The container name ${name} is used by a container that is not ours.`, {
    diagnostic: 'SP4116',
    hint: `Remove it (docker rm -f ${name}) or change container_name.`,
    cause,
  })

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

/** Files and further networks; both may be there already. */
const complete = async (context: Context, alloc: AllocSpec, native: string, signal: AbortSignal): Promise<void> => {
  const { client } = context
  const { upload } = planFiles(alloc)
  if (upload.length > 0) {
    const headers = { 'Content-Type': 'application/x-tar' }
    const path = `/containers/${native}/archive`
    const operation = `write configs and secrets of ${alloc.name}`
    await client.json(
      { method: 'PUT', path, query: { path: '/' }, headers, body: await archiveOf(upload), operation },
      signal,
    )
  }
  for (const network of networkOrder(alloc).slice(1)) {
    const json = { Container: native, EndpointConfig: endpointOf(alloc, network) }
    try {
      await client.json(
        {
          method: 'POST',
          path: `/networks/${encodeURIComponent(network)}/connect`,
          json,
          operation: `connect ${alloc.name} to ${network}`,
        },
        signal,
      )
    } catch (error) {
      if (!/already exists|already attached/i.test(causeText(error))) throw error
    }
  }
}

const causeText = (error: unknown): string => {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return typeof cause === 'object' && cause !== null && 'message' in cause ? String(cause.message) : ''
}

const stopRunning = async (
  client: EngineClient,
  container: ContainerInspect,
  options: StopOptions,
  signal: AbortSignal,
): Promise<void> => {
  const seconds = Math.ceil(options.gracePeriodMs / 1000)
  const bySignal = options.signal !== null && options.signal !== container.Config.StopSignal
  const path = `/containers/${container.Id}`
  const operation = `stop ${container.Name.replace(/^\//, '')}`
  const timeoutMs = options.gracePeriodMs + 60_000
  try {
    if (bySignal && !atLeast(await client.version(signal), '1.42')) {
      await client.json(
        { method: 'POST', path: `${path}/kill`, query: { signal: options.signal ?? undefined }, operation },
        signal,
      )
      if (await exits(client, path, options.gracePeriodMs, signal)) return
      await client.json({ method: 'POST', path: `${path}/kill`, operation }, signal)
      await exits(client, path, 60_000, signal)
      return
    }
    const query = { t: seconds, signal: bySignal ? (options.signal ?? undefined) : undefined }
    await client.json({ method: 'POST', path: `${path}/stop`, query, operation, timeoutMs }, signal)
  } catch (error) {
    // It went, or it ended by itself, between the look and the step.
    if (!hasCode(error, 'NotFound') && !hasCode(error, 'Conflict')) throw error
  }
}

/** False when it still runs after the time. */
const exits = async (client: EngineClient, path: string, limitMs: number, signal: AbortSignal): Promise<boolean> => {
  const limit = AbortSignal.timeout(limitMs)
  try {
    await client.json(
      { method: 'POST', path: `${path}/wait`, operation: 'wait for a container', timeoutMs: null },
      AbortSignal.any([signal, limit]),
    )
    return true
  } catch (error) {
    if (limit.aborted && !signal.aborted) return false
    throw error
  }
}

const removeContainer = async (client: EngineClient, native: string, signal: AbortSignal): Promise<void> => {
  const path = `/containers/${native}`
  try {
    await client.json(
      { method: 'DELETE', path, query: { force: true, v: true }, operation: 'remove a container' },
      signal,
    )
  } catch (error) {
    if (hasCode(error, 'NotFound')) return
    // Another removal of it is under way: done when it is gone.
    if (!hasCode(error, 'Conflict')) throw error
    await client
      .json(
        { method: 'POST', path: `${path}/wait`, query: { condition: 'removed' }, operation: 'wait for a removal' },
        signal,
      )
      .catch((late: unknown) => {
        if (!hasCode(late, 'NotFound')) throw late
      })
  }
}
