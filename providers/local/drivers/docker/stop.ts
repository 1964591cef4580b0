// Ending and removing one container. It may end or go by itself at any moment: that counts as done.
import type { ContainerInspect } from './api.ts'
import { atLeast, type EngineClient } from './client.ts'
import { hasCode } from './errors.ts'
import { nameOf } from './lookup.ts'

export interface StopOptions {
  readonly gracePeriodMs: number
  readonly signal: string | null
}

/** A killed process that does not go within this is stuck in the kernel. */
const KILL_MS = 60_000

export const stopContainer = async (
  client: EngineClient,
  { container, options }: { readonly container: ContainerInspect; readonly options: StopOptions },
  signal: AbortSignal,
): Promise<void> => {
  const otherSignal = options.signal === container.Config.StopSignal ? null : options.signal
  try {
    if (otherSignal !== null && !atLeast(await client.version(signal), '1.42')) {
      await stopBySignal(
        client,
        { native: container.Id, name: otherSignal, gracePeriodMs: options.gracePeriodMs },
        signal,
      )
      return
    }
    const query = { t: Math.ceil(options.gracePeriodMs / 1000), signal: otherSignal ?? undefined }
    const operation = `stop ${nameOf(container.Name)}`
    const timeoutMs = options.gracePeriodMs + KILL_MS
    await client.json({ method: 'POST', path: `/containers/${container.Id}/stop`, query, operation, timeoutMs }, signal)
  } catch (error) {
    if (!hasCode(error, 'NotFound') && !hasCode(error, 'Conflict')) throw error
  }
}

export const removeContainer = async (client: EngineClient, native: string, signal: AbortSignal): Promise<void> => {
  const path = `/containers/${native}`
  try {
    await client.json(
      { method: 'DELETE', path, query: { force: true, v: true }, operation: 'remove a container' },
      signal,
    )
  } catch (error) {
    if (hasCode(error, 'NotFound')) return
    if (!hasCode(error, 'Conflict')) throw error
    // Another removal of it is under way: done when it is gone.
    const request = {
      method: 'POST',
      path: `${path}/wait`,
      query: { condition: 'removed' },
      operation: 'wait for a removal',
    } as const
    await client.json(request, signal).catch((late: unknown) => {
      if (!hasCode(late, 'NotFound')) throw late
    })
  }
}

/** Engines before API 1.42 stop by the container's own signal only. */
const stopBySignal = async (
  client: EngineClient,
  { native, name, gracePeriodMs }: { readonly native: string; readonly name: string; readonly gracePeriodMs: number },
  signal: AbortSignal,
): Promise<void> => {
  const path = `/containers/${native}/kill`
  const exits = exitWaiter(client, native)
  await client.json({ method: 'POST', path, query: { signal: name }, operation: `send ${name}` }, signal)
  if (await exits(gracePeriodMs, signal)) return
  await client.json({ method: 'POST', path, operation: 'kill a container' }, signal)
  await exits(KILL_MS, signal)
}

/** Resolves to false when it still runs after the time. */
const exitWaiter =
  (client: EngineClient, native: string) =>
  async (limitMs: number, signal: AbortSignal): Promise<boolean> => {
    const limit = AbortSignal.timeout(limitMs)
    const request = {
      method: 'POST',
      path: `/containers/${native}/wait`,
      operation: 'wait for a container',
      timeoutMs: null,
    } as const
    try {
      await client.json(request, AbortSignal.any([signal, limit]))
      return true
    } catch (error) {
      if (limit.aborted && !signal.aborted) return false
      throw error
    }
  }
