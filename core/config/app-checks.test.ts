import { describe, expect, it } from 'vitest'
import { buildApp } from './app.ts'
import { type FixtureOptions, fixtureFiles, fixtureFleet, fixtureProject } from './fixture.ts'

const TWO =
  'targets:\n  one: { provider: local, driver: process, site: home }\n  two: { provider: local, driver: process }\n'

describe('checks between services and fleet', () => {
  const findings = (text: string, fleet = TWO, options: FixtureOptions = {}) =>
    buildApp(fixtureProject(text, options), fixtureFleet(fleet), fixtureFiles()).diagnostics

  it.each([
    ['unknown target', '{ targets: [onee] }', 'SP1312', 'did you mean `one`?'],
    ['unknown site', '{ targets: [{ site: hom }] }', 'SP1312', 'did you mean `home`?'],
    ['unknown peer', '{ place: { with: [dbb] } }', 'SP1327', 'did you mean `db`?'],
    ['unknown reach', '{ reach: { dbb: "db.internal:1" } }', 'SP1327', 'did you mean `db`?'],
    ['minPerTarget', '{ place: { minPerTarget: 2 } }', 'SP1322', 'set replicas to 4 or more, or name fewer targets'],
    [
      'autoscale without reservation',
      '{ autoscale: { max: 3, cpu: 60 } }',
      'SP1321',
      'state deploy.resources.reservations.cpus',
    ],
    ['autoscale min above max', '{ autoscale: { min: 5, max: 3 } }', 'SP1315', undefined],
    ['share without sharing', '{ gpu: { share: 0.5 } }', 'SP1330', 'add sharing: allow'],
    ['singleton with replicas', '{ singleton: true }', 'SP1332', undefined],
    ['expose without port', '{ expose: { host: a.example } }', 'SP1331', undefined],
    ['cron out of range', '{ schedule: "0 99 * * *" }', 'SP1333', undefined],
    ['time zone', '{ schedule: { cron: "0 3 * * *", timezone: Europe/Atlantis } }', 'SP1333', undefined],
  ])('%s', (_, extension, code, hint) => {
    const found = findings(
      `services:\n  web:\n    image: x\n    deploy: { replicas: 3 }\n    x-stormport: ${extension}\n  db: { image: x }\n`,
    )
    expect(found.map((finding) => finding.code)).toEqual([code])
    expect(found[0]?.span).toMatchObject({ file: '/project/compose.yaml', line: 5 })
    if (hint !== undefined) expect(found[0]?.hint).toBe(hint)
  })

  it('minPerTarget counts allowed targets only', () => {
    expect(
      findings(
        'services:\n  web: { image: x, deploy: { replicas: 2 }, x-stormport: { targets: [{ site: home }], place: { minPerTarget: 2 } } }\n',
      ),
    ).toEqual([])
  })

  it('reports findings of all services and volumes at once, also beside unknown keys', () => {
    const found = findings(`
services:
  a: { image: x, x-stormport: { faliover: auto } }
  b: { image: x, x-stormport: { targets: [nowhere] }, volumes: [{ type: volume, source: v, target: /v }] }
volumes: { v: { x-stormport: { size: 1G } } }
`)
    expect(found.map((finding) => [finding.code, finding.span?.line])).toEqual([
      ['SP1302', 3],
      ['SP1312', 4],
      ['SP1305', 5],
    ])
  })

  it('refuses a constraint that Compose does not know', () => {
    const found = findings(
      'services:\n  web: { image: x, deploy: { placement: { constraints: ["zone = a", "node.labels.zone == a"] } } }\n',
    )
    expect(found.map((finding) => finding.code)).toEqual(['SP1328'])
  })

  it('takes process only from files of the project', () => {
    const text = 'services:\n  web: { image: x, x-stormport: { process: true } }\n'
    expect(findings(text)).toEqual([])
    expect(findings(text, TWO, { file: '/elsewhere/compose.yaml' })).toMatchObject([
      { code: 'SP1323', severity: 'error' },
    ])
    expect(findings(text, TWO, { file: '/project-2/compose.yaml' })).toMatchObject([{ code: 'SP1323' }])
  })

  it('says in a note which services the environment ties together, and only where it matters', () => {
    const text =
      'services:\n  web: { image: x, environment: { DATABASE_URL: "postgres://db:5432/x", CACHE_HOST: cache }, depends_on: { cache: { condition: service_started, required: true } } }\n  db: { image: x }\n  cache: { image: x }\n'
    expect(findings(text)).toMatchObject([
      { code: 'SP1340', severity: 'note', message: 'web names db as a host in DATABASE_URL: they are placed together' },
    ])
    expect(findings(text, 'targets: { one: { provider: local } }\n')).toEqual([])
  })

  it('a project with errors of its own still has its x-stormport checked', () => {
    const loaded = fixtureProject('services:\n  web: { image: x, x-stormport: { gnag: true } }\n')
    const broken = { ...loaded, diagnostics: [{ code: 'SP1001', severity: 'error' as const, message: 'x' }] }
    expect(buildApp(broken, fixtureFleet(), fixtureFiles())).toMatchObject({
      app: null,
      diagnostics: [{ code: 'SP1302' }],
    })
    expect(buildApp({ ...broken, project: null }, fixtureFleet(), fixtureFiles())).toEqual({
      app: null,
      diagnostics: [],
    })
  })
})
