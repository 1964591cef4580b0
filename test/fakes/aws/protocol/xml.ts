// Replies of the query protocols: XML by the operation's schema, in the envelope of the dialect.
import type { NormalizedSchema } from '@smithy/core/schema'
import type { Dialect } from './form.ts'
import type { Operation } from './operations.ts'

export const encodeReply = (operation: Operation, value: unknown, dialect: Dialect): string => {
  const body = members(operation.output, value)
  if (dialect === 'ec2Query') {
    return `<${operation.name}Response><requestId>${REQUEST_ID}</requestId>${body}</${operation.name}Response>`
  }
  const result = `<${operation.name}Result>${body}</${operation.name}Result>`
  return `<${operation.name}Response>${result}<ResponseMetadata><RequestId>${REQUEST_ID}</RequestId></ResponseMetadata></${operation.name}Response>`
}

export const encodeFault = (code: string, message: string, dialect: Dialect): string => {
  const error = `<Code>${escaped(code)}</Code><Message>${escaped(message)}</Message>`
  return dialect === 'ec2Query'
    ? `<Response><Errors><Error>${error}</Error></Errors><RequestID>${REQUEST_ID}</RequestID></Response>`
    : `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>${REQUEST_ID}</RequestId></ErrorResponse>`
}

const REQUEST_ID = '00000000-0000-4000-8000-000000000001'

const members = (schema: NormalizedSchema, value: unknown): string => {
  if (!schema.isStructSchema() || typeof value !== 'object' || value === null) return ''
  const given: Readonly<Record<string, unknown>> = { ...value }
  return [...schema.structIterator()]
    .map(([name, member]) => element(String(member.getMergedTraits().xmlName ?? name), member, given[name]))
    .join('')
}

const element = (tag: string, schema: NormalizedSchema, value: unknown): string => {
  if (value === undefined || value === null) return ''
  if (schema.isListSchema()) return list(tag, schema, value)
  if (schema.isMapSchema()) return map(tag, schema, value)
  return `<${tag}>${schema.isStructSchema() ? members(schema, value) : escaped(simple(value))}</${tag}>`
}

const list = (tag: string, schema: NormalizedSchema, value: unknown): string => {
  const member = schema.getValueSchema()
  const items = Array.isArray(value) ? value : []
  const flat = schema.getMergedTraits().xmlFlattened === 1
  const name = flat ? tag : String(member.getMergedTraits().xmlName ?? 'member')
  const inside = items.map((item) => element(name, member, item)).join('')
  return flat ? inside : `<${tag}>${inside}</${tag}>`
}

const map = (tag: string, schema: NormalizedSchema, value: unknown): string => {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {})
  const inside = entries
    .map(([key, item]) => `<entry><key>${escaped(key)}</key>${element('value', schema.getValueSchema(), item)}</entry>`)
    .join('')
  return `<${tag}>${inside}</${tag}>`
}

const simple = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value))

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
