// Allocations as containers: made once, found again by label, stopped and removed. Every step may be repeated.
import { StormportError } from '../../../../core/errors.ts'
import type { AllocSpec, AllocState } from '../../daemon/driver.ts'
import type { ContainerInspect } from './api.ts'
import { type CreateDeps, completeContainer, createContainer, START_MS } from './create.ts'
import { removeBound } from './files.ts'
import { ALLOC, OWNER } from './labels.ts'
import { type Lookup, nameOf } from './lookup.ts'
import { goneState, stateOf } from './state.ts'
import { removeContainer, type StopOptions, stopContainer } from './stop.ts'

export interface Containers {
  create(alloc: AllocSpec, signal: AbortSignal): Promise<AllocState>
  start(id: string, signal: AbortSignal): Promise<AllocState>
  stop(id: string, options: StopOptions, signal: AbortSignal): Promise<AllocState>
  remove(id: string, signal: AbortSignal): Promise<void>
  list(signal: AbortSignal): Promise<readonly AllocState[]>
  /** null: not there. */
  find(id: string, signal: AbortSignal): Promise<ContainerInspect | null>
  /** 'NotFound' where `find` says null. */
  get(id: string, signal: AbortSignal): Promise<ContainerInspect>
}

/** More than this at once only lengthens the engine's own queue. */
const INSPECTS_AT_ONCE = 8

export const createContainers = (deps: CreateDeps): Containers => {
  const { client, lookup, stateDir } = deps
  /** Allocation → container, to spare the look-up by label. Never trusted beyond a 404. */
  const known = new Map<string, Known>()
  const find = finder(lookup, known)
  const get = async (id: string, signal: AbortSignal): Promise<ContainerInspect> => {
    const container = await find(id, signal)
    if (container !== null) return container
    throw new StormportError('NotFound', `There is no container of the allocation ${id}.`, { source: 'target' })
  }
  const state = async (id: string, signal: AbortSignal): Promise<AllocState> => {
    const container = await find(id, signal)
    return container === null ? goneState(id) : stateOf(container)
  }
  /** One that was found: a create that was cut off may have left it without its files or further networks. */
  const completed = async (alloc: AllocSpec, container: ContainerInspect, signal: AbortSignal): Promise<AllocState> => {
    if (container.State.Status === 'created') await completeContainer(deps, { alloc, native: container.Id }, signal)
    return stateOf(container)
  }
  return {
    find,
    get,
    create: async (alloc, signal) => {
      const existing = known.has(alloc.id) ? await find(alloc.id, signal) : null
      if (existing !== null) return completed(alloc, existing, signal)
      const made = await createContainer(deps, alloc, signal)
      known.set(alloc.id, { native: made.native, name: alloc.name })
      if (!made.isNew) return completed(alloc, await get(alloc.id, signal), signal)
      await completeContainer(deps, { alloc, native: made.native }, signal)
      return { ...goneState(alloc.id), phase: 'created', native: made.native }
    },
    start: async (id, signal) => {
      const { native, name } = known.get(id) ?? knownOf(await get(id, signal))
      const request = { method: 'POST', path: `/containers/${native}/start`, operation: `start ${name}` } as const
      await client.json({ ...request, timeoutMs: START_MS }, signal)
      return state(id, signal)
    },
    stop: async (id, options, signal) => {
      const container = await find(id, signal)
      if (container === null) return goneState(id)
      if (container.State.Running) await stopContainer(client, { container, options }, signal)
      return state(id, signal)
    },
    remove: async (id, signal) => {
      const container = await find(id, signal)
      if (container !== null) await removeContainer(client, container.Id, signal)
      known.delete(id)
      await removeBound(stateDir, id)
    },
    list: (signal) => listAll(lookup, deps.owner, signal),
  }
}

interface Known {
  readonly native: string
  readonly name: string
}

const knownOf = ({ Id, Name }: ContainerInspect): Known => ({ native: Id, name: nameOf(Name) })

const finder =
  (lookup: Lookup, known: Map<string, Known>) =>
  async (id: string, signal: AbortSignal): Promise<ContainerInspect | null> => {
    const native = known.get(id)?.native ?? (await lookup.byAlloc(id, signal))
    if (native === null) return null
    const container = await lookup.inspect(native, signal)
    if (container === null) known.delete(id)
    else known.set(id, knownOf(container))
    return container
  }

const listAll = async (lookup: Lookup, owner: string, signal: AbortSignal): Promise<readonly AllocState[]> => {
  const found = await lookup.byLabels([`${OWNER}=${owner}`, ALLOC], signal)
  const states: AllocState[] = []
  for (let at = 0; at < found.length; at += INSPECTS_AT_ONCE) {
    const batch = found.slice(at, at + INSPECTS_AT_ONCE).map((item) => lookup.inspect(item.Id, signal))
    for (const container of await Promise.all(batch)) if (container !== null) states.push(stateOf(container))
  }
  return states
}
