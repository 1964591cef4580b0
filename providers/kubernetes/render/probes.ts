// Health check → probes (DESIGN section 3, Ready). Docker never kills what is unhealthy, so there is no liveness probe:
// readiness takes a replica out of its Service, and the startup probe gives it the time that the file gives it.
import type { Healthcheck, Service } from '../../../core/model/app.ts'
import { Secret, type Text } from '../../../core/model/secret.ts'
import type { Json } from './object.ts'
import { seconds } from './quantity.ts'
import { escaped, secretKey, shellQuoted } from './text.ts'

export const probesOf = (service: Service): Json => {
  if (service.kind !== 'service') return {}
  const check = service.healthcheck
  if (check === null) return portProbe(service)
  return check.test === null || check.test.length === 0 ? {} : checkProbes(check, check.test)
}

/** Without any probe a pod is ready at once; then it must have run for a second. */
export const hasProbe = (service: Service): boolean => Object.keys(probesOf(service)).length > 0

/** Several ports: nobody knows which of them must answer. */
export const probedPort = (service: Service): number | null => {
  const ports = new Set([
    ...service.ports.flatMap((p) => (p.protocol === 'tcp' ? [p.target] : [])),
    ...service.expose.flatMap((p) => (p.protocol === 'tcp' ? [p.port] : [])),
  ])
  return ports.size === 1 ? ([...ports][0] ?? null) : null
}

const portProbe = (service: Service): Json => {
  const port = probedPort(service)
  return port === null ? {} : { readinessProbe: { tcpSocket: { port }, periodSeconds: 2, failureThreshold: 3 } }
}

const checkProbes = (check: Healthcheck, test: readonly Text[]): Json => {
  const exec = { command: probeCommand(test) }
  const interval = seconds(check.intervalMs)
  const early = Math.min(seconds(check.startIntervalMs), interval)
  const timeoutSeconds = seconds(check.timeoutMs)
  return {
    readinessProbe: { exec, periodSeconds: interval, timeoutSeconds, failureThreshold: check.retries },
    startupProbe: {
      exec,
      periodSeconds: early,
      timeoutSeconds,
      failureThreshold: Math.ceil(startWindowMs(check) / 1000 / early),
    },
  }
}

/** After that Docker would call a replica unhealthy that never passed. */
export const startWindowMs = (check: Healthcheck): number => check.startPeriodMs + check.retries * check.intervalMs

/** A kubelet expands references in probes from plain values only, so a secret is read by a shell from the environment. */
const probeCommand = (test: readonly Text[]): readonly string[] => {
  const [kind, ...rest] = test
  const key = (i: number): string => secretKey('healthcheck', i)
  if (kind === 'CMD-SHELL') {
    const [line = ''] = rest
    return ['sh', '-c', line instanceof Secret ? `eval "$${key(1)}"` : escaped(line)]
  }
  const [words, first] = kind === 'CMD' ? [rest, 1] : [test, 0]
  if (!words.some((text) => text instanceof Secret))
    return words.map((text) => (text instanceof Secret ? '' : escaped(text)))
  const line = words.map((text, i) => (text instanceof Secret ? `"$${key(i + first)}"` : shellQuoted(text))).join(' ')
  return ['sh', '-c', escaped(`exec ${line}`)]
}

/** `update_config.delay` between replicas; without any probe a replica must have run for a second. */
export const minReadySeconds = (service: Service): number | undefined => {
  if (service.update.delayMs > 0) return seconds(service.update.delayMs)
  return hasProbe(service) ? undefined : 1
}
