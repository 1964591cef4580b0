import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Service } from '../model/app.ts'
import { Secret } from '../model/secret.ts'
import { collectSecrets } from '../model/secret-walk.ts'
import { buildApp } from './app.ts'
import { isSecretKey } from './app-secrets.ts'
import { type FixtureOptions, fixtureFiles, fixtureFleet, fixtureProject } from './fixture.ts'

const from = (...variables: string[]) => ({ kind: 'interpolated', variables }) as const

const load = (body: string, options: FixtureOptions = {}, rest = '') =>
  buildApp(fixtureProject(`services:\n  web: ${body}\n${rest}`, options), fixtureFleet(), fixtureFiles())

const web = (body: string, options: FixtureOptions = {}): Service => {
  const { app, diagnostics } = load(body, options)
  if (app === null) throw new Error(diagnostics.map((found) => found.message).join('; '))
  const service = app.services[0]
  if (service === undefined) throw new Error('no service')
  return service
}

describe('secret keys', () => {
  it.each([
    'DB_PASSWORD',
    'MYSQL_ROOT_PASSWORD',
    'dbPassword',
    'PGPASSWORD',
    'SMTP_PASS',
    'API_KEY',
    'APIKEY',
    'STRIPE_KEY',
    'JWT_SECRET',
    'GITHUB_TOKEN',
    'SENTRY_DSN',
    'AWS_SECRET_ACCESS_KEY',
    'BASIC_AUTH',
    'DB_PWD',
    'PASSWORD_SALT',
    'KEY',
    'GOOGLE_CREDENTIALS',
  ])('%s is one', (key) => {
    expect(isSecretKey(key)).toBe(true)
  })

  it.each([
    'TAG',
    'LOG_LEVEL',
    'DB_HOST',
    'KEYBOARD',
    'KEYCLOAK_URL',
    'MONKEY',
    'AUTHOR',
    'PWD',
    'PASSIVE_MODE',
    'COMPASS',
    'BYPASS',
    'V',
    'DATABASE_URL',
    'PORT',
    'POSTGRES_PASSWORD_FILE',
    'SECRETS_DIR',
    'TOKEN_PORT',
  ])('%s is none', (key) => {
    expect(isSecretKey(key)).toBe(false)
  })
})

describe('environment values', () => {
  const secretsOf = (service: Service): readonly string[] =>
    Object.entries(service.environment).flatMap(([key, value]) => (value instanceof Secret ? [key] : []))

  it('are secrets by key, by env_file, by variable and by inheritance; literals are not', () => {
    const service = web(
      '{ image: x, environment: { TAG: blue, DB_PASSWORD: a, FROM_FILE: b, MIXED: c, BARE: d, UNSET: null } }',
      {
        origins: {
          'services.web.environment.FROM_FILE': { kind: 'envFile', file: '/project/.env.web' },
          'services.web.environment.MIXED': from('SOMETHING'),
          'services.web.environment.BARE': { kind: 'environment', variable: 'BARE' },
        },
      },
    )
    expect(secretsOf(service)).toEqual(['DB_PASSWORD', 'FROM_FILE', 'MIXED', 'BARE'])
    expect(service.environment['TAG']).toBe('blue')
    expect('UNSET' in service.environment).toBe(false)
    expect(service.environment['DB_PASSWORD']).toMatchObject({ name: 'web.environment.DB_PASSWORD' })
  })

  it('x-stormport.public takes keys and variables back', () => {
    const service = web(
      '{ image: x, environment: { API_KEY_HEADER: x-key, LOG_LEVEL: info, WHERE: eu }, x-stormport: { public: [API_KEY_HEADER, LOG_LEVEL, REGION] } }',
      {
        origins: {
          'services.web.environment.LOG_LEVEL': { kind: 'envFile', file: '/f' },
          'services.web.environment.WHERE': from('REGION'),
        },
      },
    )
    expect(secretsOf(service)).toEqual([])
  })
})

describe('other strings', () => {
  it('command, entrypoint and health check words become secrets where a variable was put in', () => {
    const service = web(
      '{ image: x, command: [run, canary], entrypoint: [canary], healthcheck: { test: [CMD, canary] } }',
      {
        origins: {
          'services.web.command.1': from('A'),
          'services.web.entrypoint.0': from('B'),
          'services.web.healthcheck.test.1': from('C'),
        },
      },
    )
    expect(collectSecrets(service).map((secret) => secret.name)).toEqual([
      'web.command.1',
      'web.entrypoint.0',
      'web.healthcheck.test.1',
    ])
    expect(service.command?.[0]).toBe('run')
  })

  it('every build arg is a secret, and the build spec holds none', () => {
    const service = web('{ build: { context: /project, args: { VERSION: "1", EMPTY: null } }, x-stormport: {} }')
    expect(service.build?.args['VERSION']).toBeInstanceOf(Secret)
    expect(service.build).toMatchObject({ args: { EMPTY: null }, spec: { context: '/project' } })
    expect(service.build?.spec.args).toBeUndefined()
  })

  it('an inline config with a variable is a secret', () => {
    const { app } = load(
      '{ image: x, configs: [{ source: c }] }',
      { origins: { 'configs.c.content': from('PORT') } },
      'configs: { c: { content: canary } }\n',
    )
    expect(app?.configs[0]?.content).toBeInstanceOf(Secret)
  })

  it('plain variables are fine in images, ports and labels', () => {
    const { diagnostics } = load('{ image: "node:24", ports: [{ target: 80, published: "8080" }], labels: { a: b } }', {
      origins: {
        'services.web.image': from('V'),
        'services.web.ports.0.published': from('PORT'),
        'services.web.labels.a': from('NAME'),
      },
    })
    expect(diagnostics).toEqual([])
  })

  it.each([
    ['labels', '{ image: x, labels: { auth: canary } }', 'services.web.labels.auth', 'labels.auth'],
    ['image', '{ image: canary }', 'services.web.image', 'image'],
    ['container name', '{ image: x, container_name: canary }', 'services.web.container_name', 'container_name'],
    [
      'logging options',
      '{ image: x, logging: { options: { token: canary } } }',
      'services.web.logging.options.token',
      'logging.options.token',
    ],
    [
      'build labels',
      '{ build: { context: /p, labels: { x: canary } } }',
      'services.web.build.labels.x',
      'build.labels.x',
    ],
    [
      'x-stormport',
      '{ image: x, x-stormport: { reach: { web: canary } } }',
      'services.web.x-stormport.reach.web',
      'x-stormport.reach.web',
    ],
  ])('a secret variable is refused in %s', (_, body, path, field) => {
    const { app, diagnostics } = load(body, { origins: { [path]: from('SPLUNK_TOKEN') } })
    expect(app).toBeNull()
    expect(diagnostics).toMatchObject([
      {
        code: 'SP1324',
        message: `${field === 'image' ? 'image' : field} takes the secret variable SPLUNK_TOKEN, and would show it`,
      },
    ])
    expect(JSON.stringify(diagnostics)).not.toContain('canary')
  })

  it('a secret variable is refused in the options of a volume', () => {
    const { diagnostics } = load(
      '{ image: x }',
      { origins: { 'volumes.v.driver_opts.o': from('CIFS_PASSWORD') } },
      'volumes: { v: { driver_opts: { o: "password=canary" } } }\n',
    )
    expect(diagnostics.map((found) => found.code)).toEqual(['SP1324'])
  })

  it.each([
    ['x-stormport', '{ image: x, x-stormport: { failover: canary } }', 'services.web.x-stormport.failover'],
    [
      'a constraint',
      '{ image: x, deploy: { placement: { constraints: [canary] } } }',
      'services.web.deploy.placement.constraints.0',
    ],
  ])('a finding about %s does not repeat the secret', (_, body, path) => {
    const { diagnostics } = load(body, { origins: { [path]: from('MY_TOKEN') } })
    expect(diagnostics).toHaveLength(2)
    expect(JSON.stringify(diagnostics)).not.toContain('canary')
  })

  it('public lifts the refusal', () => {
    const { diagnostics } = load('{ image: x, labels: { a: b }, x-stormport: { public: [KEY_ID] } }', {
      origins: { 'services.web.labels.a': from('KEY_ID') },
    })
    expect(diagnostics).toEqual([])
  })
})

describe('an app', () => {
  it('never shows a secret value in JSON or in inspection, whatever it is and wherever it came from', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9]{10,20}$/),
        fc.constantFrom('environment', 'command', 'config'),
        (tail, place) => {
          const value = `cnry-${tail}`
          const origins = {
            'services.web.environment.X': from('V'),
            'services.web.command.0': from('V'),
            'configs.c.content': from('V'),
          }
          const body = {
            environment: `environment: { X: ${value} }`,
            command: `command: [${value}]`,
            config: 'configs: [{ source: c }]',
          }[place]
          const { app } = load(`{ image: x, ${body} }`, { origins }, `configs: { c: { content: ${value} } }\n`)
          expect(app).not.toBeNull()
          expect(collectSecrets(app).map((secret) => secret.reveal())).toEqual([value])
          expect(JSON.stringify(app)).not.toContain(value)
          expect(inspect(app, { depth: 20 })).not.toContain(value)
        },
      ),
    )
  })
})
