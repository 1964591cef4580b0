import { describe, expect, it } from 'vitest'
import { app, service } from '../../test/builders/app.ts'
import { partialApp } from './partial.ts'

const needs = (name: string) => ({
  service: name,
  condition: 'service_started' as const,
  required: true,
  restart: false,
})

describe('deploying some services only', () => {
  const next = app([
    service('web', { image: 'web:2', dependsOn: [needs('api')] }),
    service('api', { image: 'api:2' }),
    service('db', { image: 'db:2' }),
  ])
  const previous = app([service('web'), service('api'), service('db'), service('old')])

  it('takes the named service and what it depends on from the files, the rest from the release', () => {
    const images = partialApp(next, previous, ['web']).services.map((s) => s.image)
    expect(images).toEqual(['web:2', 'api:2', 'db:1', 'old:1'])
  })

  it('leaves services out that were never deployed and are not named', () => {
    expect(partialApp(next, null, ['db']).services.map((s) => s.name)).toEqual(['db'])
  })

  it('is the whole file when none is named', () => {
    expect(partialApp(next, previous, [])).toBe(next)
  })
})
