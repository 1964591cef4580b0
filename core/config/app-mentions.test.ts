import { describe, expect, it } from 'vitest'
import { mentionFinder } from './app-mentions.ts'
import { fixtureProject } from './fixture.ts'

const mentions = (environment: Readonly<Record<string, string>>): readonly string[] => {
  const { project } = fixtureProject(
    'services:\n  web: { image: x }\n  db: { image: x, container_name: shop-db, hostname: dbhost }\n  redis: { image: x, networks: { default: { aliases: [cache] } } }\n  worker: { image: x }\n',
  )
  if (project === null) throw new Error('no project')
  return mentionFinder({
    ...project,
    services: { ...project.services, web: { environment: { ...environment } } },
  })('web').map((mention) => mention.service)
}

describe('services that an environment names as a host', () => {
  it.each([
    ['a bare host under a host key', { DB_HOST: 'db' }, ['db']],
    ['PGHOST', { PGHOST: 'db' }, ['db']],
    ['nested keys in lower case', { database__connection__host: 'db' }, ['db']],
    ['host and port', { WORDPRESS_DB_ADDRESS_X: 'db:3306' }, ['db']],
    ['a URL', { X: 'postgres://user:pw@db:5432/shop?sslmode=off' }, ['db']],
    ['a URL without port', { X: 'http://redis/path' }, ['redis']],
    ['a JDBC URL', { X: 'jdbc:postgresql://db:5432/x' }, ['db']],
    ['several hosts in one URL', { X: 'mongodb://db:27017,redis:27017/x' }, ['db', 'redis']],
    ['a list of hosts and ports', { BOOTSTRAP: 'db:9092, redis:9092' }, ['db', 'redis']],
    ['a Go MySQL DSN', { X: 'user:pw@tcp(db:3306)/x' }, ['db']],
    ['key=value parameters', { X: 'host=db port=5432 user=x' }, ['db']],
    ['an ADO string', { X: 'Server=db;Database=x' }, ['db']],
    [
      'container name, hostname and alias',
      { A_HOST: 'shop-db', B_HOST: 'dbhost', C_URL: 'redis://cache:6379' },
      ['db', 'redis'],
    ],
    ['upper case', { X: 'http://DB:80/' }, ['db']],
  ])('finds %s', (_, environment, wanted) => {
    expect(mentions(environment)).toEqual(wanted)
  })

  it.each([
    ['a bare word under another key', { MODE: 'worker', DB_NAME: 'db', POSTGRES_USER: 'db' }],
    ['an image with a version', { RUNNER_IMAGE: 'redis:6379', CACHE: 'redis:7' }],
    ['a host that only begins like a service', { X: 'http://db.example.com/', Y_HOST: 'db2', Z: 'http://mydb:80' }],
    ['itself', { SELF_URL: 'http://web:8080' }],
    ['a mail address', { ADMIN_EMAIL: 'root@db' }],
    ['a path that holds the name', { X: 'http://example.com/db', FILE: '/var/lib/redis' }],
  ])('is not misled by %s', (_, environment) => {
    expect(mentions(environment)).toEqual([])
  })
})
