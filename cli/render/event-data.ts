// What the engine puts into an event's `data`, checked once here: events also come from newer engines and from stand-ins.
import type { Diagnostic } from '../../core/model/diagnostic.ts'
import type { Result } from '../../core/model/event.ts'
import type { Replica, ServiceStatus } from '../../core/model/replica.ts'
import type { PlanReport } from '../../core/plan/types.ts'

export const asDiagnostic = (data: unknown): Diagnostic | null =>
  has<Diagnostic>(data, { code: 'string', severity: 'string', message: 'string' }) ? data : null

export const asReplica = (data: unknown): Replica | null =>
  has<Replica>(data, { id: 'string', service: 'string', phase: 'string' }) ? data : null

export const asServiceStatus = (data: unknown): ServiceStatus | null =>
  has<ServiceStatus>(data, { service: 'string', desired: 'number', ready: 'number', endpoints: 'object' }) ? data : null

export const asResult = (data: unknown): Result | null =>
  has<Result>(data, { ok: 'boolean', exitCode: 'number', summary: 'object' }) ? data : null

export const asPlanReport = (data: unknown): PlanReport | null =>
  has<PlanReport>(data, { summary: 'object', changes: 'object', placements: 'object' }) ? data : null

/** The fields that tell these shapes apart; the engine's types hold for the others. */
const has = <T>(data: unknown, fields: Readonly<Record<string, string>>): data is T =>
  typeof data === 'object' &&
  data !== null &&
  Object.entries(fields).every(
    ([name, type]) => typeof Reflect.get(data, name) === type && Reflect.get(data, name) !== null,
  )
