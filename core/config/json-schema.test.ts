import { describe, expect, it } from 'vitest'
import { jsonSchema, schemaNames } from './json-schema.ts'

describe('the published JSON Schemas', () => {
  it('are JSON, and closed', () => {
    for (const name of schemaNames) {
      const schema = jsonSchema(name)
      expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
      expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
    }
  })

  it('hold every key of the documents', () => {
    expect(Object.keys(jsonSchema('stormport')['properties'] ?? {}).sort()).toEqual([
      'budget',
      'control',
      'defaults',
      'environments',
      'failover',
      'name',
      'place',
      'registry',
      'rollout',
      'targets',
    ])
    expect(Object.keys(jsonSchema('x-stormport')['properties'] ?? {}).sort()).toEqual([
      'accept',
      'allow',
      'autoscale',
      'capacity',
      'expose',
      'failover',
      'gang',
      'gpu',
      'identity',
      'job',
      'place',
      'priority',
      'process',
      'public',
      'reach',
      'schedule',
      'security',
      'singleton',
      'targets',
    ])
  })
})
