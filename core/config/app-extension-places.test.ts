import { describe, expect, it } from 'vitest'
import { buildApp } from './app.ts'
import { fixtureFiles, fixtureFleet, fixtureProject } from './fixture.ts'

const findings = (text: string) =>
  buildApp(fixtureProject(text), fixtureFleet(), fixtureFiles()).diagnostics.map((found) => [
    found.code,
    found.span?.line,
    found.hint,
  ])

describe('x-stormport', () => {
  it.each([
    ['at the top', 'services: { web: { image: x } }\nx-stormport: {}\n'],
    ['in a network', 'services: { web: { image: x } }\nnetworks: { n: { x-stormport: {} } }\n'],
    ['in deploy', 'services:\n  web: { image: x, deploy: { x-stormport: {} } }\n'],
  ])('is refused %s', (_, text) => {
    expect(findings(text)).toEqual([['SP1317', 2, 'move it into a service or a volume']])
  })

  it('is suggested for a misspelt key, and other extensions are left alone', () => {
    expect(findings('services:\n  web: { image: x, x-stromport: { process: true }, x-logging: 1 }\n')).toEqual([
      ['SP1302', 2, 'did you mean `x-stormport`?'],
    ])
  })

  it('is checked in volumes that nobody uses', () => {
    expect(findings('services: { web: { image: x } }\nvolumes:\n  v: { x-stormport: { siz: 1GiB } }\n')).toEqual([
      ['SP1302', 3, 'did you mean `size`?'],
    ])
  })
})
