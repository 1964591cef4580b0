// How replicas are checked, replaced, restarted and stopped: Compose's keys with Compose's defaults, in milliseconds.
import type { Healthcheck, RestartPolicy, Service, UpdateConfig } from '../model/app.ts'
import type { ComposeHealthcheck, ComposeService, ComposeUpdateConfig } from '../model/compose.ts'
import { parseDuration } from '../model/duration.ts'
import type { SecretRules } from './app-secrets.ts'
import type { Path } from './types.ts'

const ms = (text: string | undefined, fallback: number): number =>
  text === undefined ? fallback : (parseDuration(text) ?? fallback)
const msOrNull = (text: string | undefined): number | null => (text === undefined ? null : parseDuration(text))

/** An empty `test` means: the image's own test with these times. */
export const healthcheckOf = (
  written: ComposeHealthcheck | undefined,
  secrets: SecretRules,
  path: Path,
): Healthcheck | null => {
  if (written === undefined) return null
  const none = written.disable === true || written.test?.[0] === 'NONE'
  const test = (written.test ?? []).map((word, i) =>
    secrets.text(`healthcheck.test.${i}`, word, [...path, 'healthcheck', 'test', i]),
  )
  return {
    test: none ? null : test,
    intervalMs: ms(written.interval, 30_000) || 30_000,
    timeoutMs: ms(written.timeout, 30_000) || 30_000,
    retries: written.retries || 3,
    startPeriodMs: ms(written.start_period, 0),
    startIntervalMs: ms(written.start_interval, 5000) || 5000,
  }
}

export const updateOf = (written: ComposeUpdateConfig | undefined): UpdateConfig => ({
  parallelism: written?.parallelism ?? 1,
  delayMs: ms(written?.delay, 0),
  monitorMs: ms(written?.monitor, 5000),
  maxFailureRatio: written?.max_failure_ratio ?? null,
  failureAction: oneOf(written?.failure_action, ['rollback', 'pause', 'continue']),
  order: oneOf(written?.order, ['start-first', 'stop-first']),
})

/** deploy.restart_policy counts over `restart`, as in Docker Compose. */
export const restartOf = (compose: ComposeService): RestartPolicy | null => {
  const policy = compose.deploy?.restart_policy
  if (policy !== undefined) {
    return {
      condition: oneOf(policy.condition, ['none', 'on-failure', 'any']) ?? 'any',
      delayMs: msOrNull(policy.delay),
      maxAttempts: policy.max_attempts ?? null,
      windowMs: msOrNull(policy.window),
    }
  }
  if (compose.restart === undefined || compose.restart === '') return null
  const [word, attempts] = compose.restart.split(':')
  const condition = word === 'no' ? 'none' : word === 'on-failure' ? 'on-failure' : 'any'
  return { condition, delayMs: null, maxAttempts: attempts === undefined ? null : Number(attempts), windowMs: null }
}

export const stopOf = (compose: ComposeService): Service['stop'] => ({
  gracePeriodMs: ms(compose.stop_grace_period, 10_000),
  signal: compose.stop_signal ?? null,
})

const oneOf = <T extends string>(value: string | undefined, words: readonly T[]): T | null =>
  words.find((word) => word === value) ?? null
