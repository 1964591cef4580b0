import { describe, expect, it } from 'vitest'
import type { App, Service } from '../model/app.ts'
import { buildApp } from './app.ts'
import { type FixtureOptions, fixtureFiles, fixtureFleet, fixtureProject } from './fixture.ts'

const build = (text: string, options: FixtureOptions = {}, fleet = fixtureFleet()): App => {
  const { app, diagnostics } = buildApp(fixtureProject(text, options), fleet, fixtureFiles())
  const errors = diagnostics.filter((found) => found.severity === 'error')
  if (app === null || errors.length > 0) throw new Error(errors.map((found) => found.message).join('; '))
  return app
}

const web = (body: string, options: FixtureOptions = {}): Service => {
  const service = build(`services:\n  web: ${body}\n  db: { image: postgres }\n`, options).services[0]
  if (service === undefined) throw new Error('no service')
  return service
}

describe('resources and GPUs', () => {
  it('reads the older keys for limits and keeps requests below them', () => {
    expect(web('{ image: x, cpus: 0.05, mem_limit: "33554432", pids_limit: 9, scale: 2 }')).toMatchObject({
      replicas: 2,
      limits: { cpuMillis: 50, memoryBytes: 32 * 1024 ** 2, pids: 9 },
      requests: { cpuMillis: 50, memoryBytes: 32 * 1024 ** 2 },
    })
    expect(web('{ image: x, mem_reservation: "1048576" }')).toMatchObject({
      requests: { memoryBytes: 1024 ** 2 },
      stated: { memory: true },
    })
  })

  it.each([
    ['gpus: all', '{ image: x, gpus: [{ count: -1 }] }', { count: 1, all: true, deviceIds: [] }],
    [
      'devices with a count',
      '{ image: x, deploy: { resources: { reservations: { devices: [{ capabilities: [gpu], count: 2 }] } } } }',
      { count: 2 },
    ],
    [
      'devices by id',
      '{ image: x, deploy: { resources: { reservations: { devices: [{ capabilities: [gpu], device_ids: ["0", "3"] }] } } } }',
      { count: 2, deviceIds: ['0', '3'] },
    ],
    [
      'devices without count',
      '{ image: x, deploy: { resources: { reservations: { devices: [{ capabilities: [gpu] }] } } } }',
      { count: 1, all: true },
    ],
    [
      'x-stormport alone',
      '{ image: x, x-stormport: { gpu: { models: [a10, nvidia-l4], memory: ">=24GiB" } } }',
      { count: 1, models: ['a10', 'a10g', 'l4'], minMemoryBytes: 24 * 1024 ** 3, sharing: 'refuse', share: 1 },
    ],
    [
      'both',
      '{ image: x, gpus: [{ count: 2 }], x-stormport: { gpu: { models: [t4] } } }',
      { count: 2, models: ['t4'] },
    ],
  ])('reads GPU wishes: %s', (_, body, wanted) => {
    expect(web(body).gpu).toMatchObject(wanted)
  })

  it('asks for no GPU when the devices are others', () => {
    expect(
      web('{ image: x, deploy: { resources: { reservations: { devices: [{ capabilities: [tpu], count: 1 }] } } } }')
        .gpu,
    ).toBeNull()
  })
})
