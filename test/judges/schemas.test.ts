import { describe, expect, it } from 'vitest'
import { strictDefinitions } from './schemas.ts'

describe('strict schemas', () => {
  it('know no fields but the named ones, at every depth', () => {
    const nested = { type: 'object', properties: { inner: { type: 'object', properties: { a: { type: 'string' } } } } }
    expect(strictDefinitions({ Thing: nested })).toEqual({
      Thing: {
        additionalProperties: false,
        type: 'object',
        properties: {
          inner: { additionalProperties: false, type: 'object', properties: { a: { type: 'string' } } },
        },
      },
    })
  })

  it('leave mappings open', () => {
    const labels = { type: 'object', additionalProperties: { type: 'string' } }
    expect(strictDefinitions({ Labels: labels })).toEqual({ Labels: labels })
  })

  it('take quantities and ports as text or number', () => {
    const name = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
    expect(strictDefinitions({ [name]: { type: 'string' } })).toEqual({
      [name]: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    })
  })
})
