import { describe, expect, it } from 'vitest'
import { fixtureWeb } from './fixture.ts'

describe('resources and GPUs', () => {
  it('reads the older keys for limits and keeps requests below them', () => {
    expect(fixtureWeb('{ image: x, cpus: 0.05, mem_limit: "33554432", pids_limit: 9, scale: 2 }')).toMatchObject({
      replicas: 2,
      limits: { cpuMillis: 50, memoryBytes: 32 * 1024 ** 2, pids: 9 },
      requests: { cpuMillis: 50, memoryBytes: 32 * 1024 ** 2 },
    })
    expect(fixtureWeb('{ image: x, mem_reservation: "1048576" }')).toMatchObject({
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
    expect(fixtureWeb(body).gpu).toMatchObject(wanted)
  })

  it('asks for no GPU when the devices are others', () => {
    expect(
      fixtureWeb(
        '{ image: x, deploy: { resources: { reservations: { devices: [{ capabilities: [tpu], count: 1 }] } } } }',
      ).gpu,
    ).toBeNull()
  })
})
