// The health check that an image itself declares; it counts where the service states none.
import type { Healthcheck } from '../../../../core/model/app.ts'
import type { ImageInspect } from './api.ts'

const DEFAULT_MS = 30_000

/** null: the image declares none. The engine stores nanoseconds, 0 for "default". */
export const imageHealthcheck = (image: ImageInspect | null): Healthcheck | null => {
  const check = image?.Config?.Healthcheck
  if (check?.Test === undefined || check.Test.length === 0 || check.Test[0] === 'NONE') return null
  return {
    test: check.Test,
    intervalMs: milliseconds(check.Interval, DEFAULT_MS),
    timeoutMs: milliseconds(check.Timeout, DEFAULT_MS),
    retries: check.Retries || 3,
    startPeriodMs: milliseconds(check.StartPeriod, 0),
    startIntervalMs: milliseconds(check.StartInterval, 5_000),
  }
}

const milliseconds = (nanoseconds: number | undefined, whenUnset: number): number =>
  nanoseconds === undefined || nanoseconds === 0 ? whenUnset : nanoseconds / 1e6
