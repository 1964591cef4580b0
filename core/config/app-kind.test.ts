import { describe, expect, it } from 'vitest'
import { fixtureApp } from './fixture.ts'

describe('kinds', () => {
  const kind = (body: string, rest = ''): string =>
    fixtureApp(`services:\n  a: ${body}\n${rest}`).services[0]?.kind ?? ''

  it.each([
    ['nothing said', '{ image: x }', 'service'],
    ['restart no', '{ image: x, restart: "no" }', 'job'],
    ['restart no with ports', '{ image: x, restart: "no", ports: [{ target: 80 }] }', 'service'],
    ['restart no with a health check', '{ image: x, restart: "no", healthcheck: { test: [CMD, x] } }', 'service'],
    ['mode replicated-job', '{ image: x, deploy: { mode: replicated-job, replicas: 3 } }', 'job'],
    ['mode global-job', '{ image: x, deploy: { mode: global-job } }', 'job'],
    ['x-stormport.job', '{ image: x, x-stormport: { job: {} } }', 'job'],
    ['x-stormport.schedule', '{ image: x, x-stormport: { schedule: "0 3 * * *" } }', 'cron'],
  ])('%s', (_, body, wanted) => {
    expect(kind(body)).toBe(wanted)
  })

  it('a dependent that waits for the end makes a job', () => {
    expect(
      kind(
        '{ image: x }',
        '  b: { image: x, depends_on: { a: { condition: service_completed_successfully, required: true } } }\n',
      ),
    ).toBe('job')
    expect(
      kind('{ image: x }', '  b: { image: x, depends_on: { a: { condition: service_started, required: true } } }\n'),
    ).toBe('service')
  })

  it('a job has the defaults of x-stormport.job, however it was said', () => {
    expect(fixtureApp('services:\n  a: { image: x, restart: "no" }\n').services[0]?.extension.job).toEqual({
      run: 'onChange',
      targets: 'one',
    })
  })
})
