// Holds a value against a schema: unknown members, wrong types, what is missing. Used on every request and on every reply
// of the stand-in itself, so that it cannot drift from what the service's client knows.
import type { NormalizedSchema } from '@smithy/core/schema'
import { requiredMembers } from './operations.ts'

/** Empty: it fits. Each entry names the place: 'scalingConfig.minSize: a number is expected'. */
export const violations = (schema: NormalizedSchema, value: unknown, at = ''): readonly string[] => {
  if (value === undefined || value === null) return []
  if (schema.isUnitSchema() || schema.isDocumentSchema()) return []
  if (schema.isStructSchema()) return structViolations(schema, value, at)
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) return [wrong(at, 'a list')]
    return value.flatMap((item, i) => violations(schema.getValueSchema(), item, `${at}[${i}]`))
  }
  if (schema.isMapSchema()) {
    if (!isObject(value)) return [wrong(at, 'a map')]
    return Object.entries(value).flatMap(([key, item]) => violations(schema.getValueSchema(), item, `${at}.${key}`))
  }
  return simpleViolations(schema, value, at)
}

const structViolations = (schema: NormalizedSchema, value: unknown, at: string): readonly string[] => {
  if (!isObject(value)) return [wrong(at, 'an object')]
  const members = new Map(schema.structIterator())
  const unknown = Object.keys(value).filter((key) => !members.has(key))
  const missing = requiredMembers(schema).filter((key) => value[key] === undefined || value[key] === null)
  return [
    ...unknown.map((key) => `${path(at, key)}: no such member`),
    ...missing.map((key) => `${path(at, key)}: is required`),
    ...[...members].flatMap(([key, member]) => violations(member, value[key], path(at, key))),
  ]
}

const simpleViolations = (schema: NormalizedSchema, value: unknown, at: string): readonly string[] => {
  if (schema.isBooleanSchema()) return typeof value === 'boolean' ? [] : [wrong(at, 'true or false')]
  if (schema.isTimestampSchema()) return value instanceof Date ? [] : [wrong(at, 'a date')]
  if (schema.isNumericSchema()) return typeof value === 'number' ? [] : [wrong(at, 'a number')]
  if (schema.isStringSchema()) return typeof value === 'string' ? [] : [wrong(at, 'a text')]
  return []
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const path = (at: string, key: string): string => (at === '' ? key : `${at}.${key}`)

const wrong = (at: string, expected: string): string => `${at === '' ? 'the value' : at}: ${expected} is expected`
