// CPU and memory of a container. One-shot answers are cheap; the CPU rate comes from two of our own samples.
import type { ContainerInspect, StatsSample } from './api.ts'
import { atLeast, type EngineClient } from './client.ts'
import { hasCode } from './errors.ts'

export interface Usage {
  readonly cpuMillis: number
  readonly memoryBytes: number
}

export interface StatsReader {
  /** null: it does not run. */
  read(container: ContainerInspect, signal: AbortSignal): Promise<Usage | null>
}

interface CpuPoint {
  readonly atMs: number
  readonly cpuNanos: number
}

/** A rate over less says more about the kernel's time slices than about the container. */
const WINDOW_MS = 500

export const createStatsReader = (client: EngineClient): StatsReader => {
  const last = new Map<string, CpuPoint>()
  return {
    read: async (container, signal) => {
      const sample = container.State.Running ? await sampleOf(client, container.Id, signal) : null
      const cpuNanos = sample?.cpu_stats.cpu_usage?.total_usage
      if (sample === null || cpuNanos === undefined) {
        last.delete(container.Id)
        return null
      }
      const point = { atMs: Date.parse(sample.read), cpuNanos }
      const before = last.get(container.Id) ?? { atMs: Date.parse(container.State.StartedAt), cpuNanos: 0 }
      if (!last.has(container.Id) || point.atMs - before.atMs >= WINDOW_MS) last.set(container.Id, point)
      return { cpuMillis: rate(before, point), memoryBytes: memoryOf(sample) }
    },
  }
}

/** Thousandths of a core between two points; the first sample is measured against the container's start. */
export const rate = (from: CpuPoint, to: CpuPoint): number => {
  const elapsedMs = to.atMs - from.atMs
  return elapsedMs <= 0 ? 0 : Math.max(0, Math.round(((to.cpuNanos - from.cpuNanos) / 1e6 / elapsedMs) * 1000))
}

/** Without the page cache that the kernel would drop first, as `docker stats` counts. */
export const memoryOf = (sample: StatsSample): number => {
  const { usage = 0, stats = {} } = sample.memory_stats
  const cache = stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0
  return cache < usage ? usage - cache : usage
}

const sampleOf = async (client: EngineClient, native: string, signal: AbortSignal): Promise<StatsSample | null> => {
  const oneShot = atLeast(await client.version(signal), '1.41') ? true : undefined
  const query = { stream: false, 'one-shot': oneShot }
  try {
    return await client.json(
      { method: 'GET', path: `/containers/${native}/stats`, query, operation: 'read statistics' },
      signal,
    )
  } catch (error) {
    if (hasCode(error, 'NotFound') || hasCode(error, 'Conflict')) return null
    throw error
  }
}
