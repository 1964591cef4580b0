// Awaits a state that controllers bring about: by looking again until it is there, with a deadline that shows the last look.
import { until } from '../engines/process.ts'
import type { PlaneApi } from './types.ts'

const LIMIT_MS = 90_000

export const awaitObject = async <T>(api: PlaneApi, path: string, wanted: (object: T) => boolean): Promise<T> => {
  let last: unknown = null
  let found: T | undefined
  const look = async (): Promise<boolean> => {
    try {
      const object = await api.request<T>('GET', path)
      last = object
      if (wanted(object)) found = object
    } catch (error) {
      last = error
    }
    return found !== undefined
  }
  await until(look, LIMIT_MS)
  if (found === undefined) throw new Error(`${path} did not become as wanted: ${describe(last)}`)
  return found
}

const describe = (last: unknown): string =>
  last instanceof Error ? last.message : JSON.stringify((last as { status?: unknown } | null)?.status ?? last)
