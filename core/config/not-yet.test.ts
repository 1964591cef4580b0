import { describe, expect, it } from 'vitest'
import { buildApp } from './app.ts'
import { fixtureFiles, fixtureFleet, fixtureProject } from './fixture.ts'
import { notYet } from './not-yet.ts'

const codes = (fleetText: string, service = '{ image: x }'): readonly string[] => {
  const fleet = fixtureFleet(fleetText)
  const { app } = buildApp(fixtureProject(`services:\n  web: ${service}\n`), fleet, fixtureFiles())
  return notYet(fleet, app).map((found) => found.code)
}

const HERE = 'targets:\n  one: { provider: local }\n'

describe('features whose work is not there', () => {
  it.each([
    ['control', `${HERE}control: { run: [one] }\n`, 'SP1901'],
    ['environments', `${HERE}environments: { prod: { targets: [one] } }\n`, 'SP1902'],
    ['swarm', 'targets: { s: { provider: swarm, hosts: ["ssh://a"] } }\n', 'SP1903'],
    ['a daemon elsewhere', 'targets: { one: { provider: local, daemon: "ssh://a" } }\n', 'SP1904'],
    [
      'several engines',
      'targets: { one: { provider: local, nodes: { n: { host: "unix:///a" }, m: { host: "unix:///b" } } } }\n',
      'SP1905',
    ],
  ])('%s is refused', (_, text, code) => {
    expect(codes(text)).toEqual([code])
  })

  it.each([['autoscale on a local target', '{ image: x, x-stormport: { autoscale: { max: 3 } } }', 'SP1906']])(
    '%s is refused with its position',
    (_, service, code) => {
      const fleet = fixtureFleet(HERE)
      const { app } = buildApp(fixtureProject(`services:\n  web: ${service}\n`), fleet, fixtureFiles())
      expect(notYet(fleet, app)).toMatchObject([
        { code, severity: 'error', span: { file: '/project/compose.yaml', line: 2 } },
      ])
    },
  )

  it.each([
    [
      'failover that nobody watches',
      `${HERE}failover: { after: 30s }\n`,
      '{ image: x }',
      'SP5001',
      '/project/stormport.yaml',
    ],
    [
      'expose on a local target',
      HERE,
      '{ image: x, x-stormport: { expose: { host: a.example, port: 80 } } }',
      'SP1908',
      '/project/compose.yaml',
    ],
    ['dra', HERE, '{ image: x, x-stormport: { gpu: { dra: true } } }', 'SP1907', '/project/compose.yaml'],
  ])('%s is a warning with its position', (_, text, service, code, file) => {
    const fleet = fixtureFleet(text)
    const { app } = buildApp(fixtureProject(`services:\n  web: ${service}\n`), fleet, fixtureFiles())
    expect(notYet(fleet, app)).toMatchObject([{ code, severity: 'warning', span: { file } }])
  })

  it('what works is not refused', () => {
    expect(
      codes(
        `${HERE}  two: { provider: local, driver: process, nodes: { s: { simulated: { cpu: 1, memory: 1GiB } } } }\n`,
      ),
    ).toEqual([])
  })
})
