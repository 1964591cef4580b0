import { describe, expect, it } from 'vitest'
import type { App } from '../model/app.ts'
import { Secret } from '../model/secret.ts'
import { buildApp } from './app.ts'
import { type FixtureOptions, fixtureApp, fixtureFiles, fixtureFleet, fixtureProject } from './fixture.ts'

const contents = { '/project/app.conf': 'listen 80', '/project/token.txt': 'canary' }

const build = (text: string, options: FixtureOptions = {}, fleet = fixtureFleet()): App =>
  fixtureApp(text, { contents, ...options }, fleet)

describe('mounts, files and networks', () => {
  it('reads every kind of mount', () => {
    const app = build(`
services:
  web:
    image: x
    volumes:
      - { type: volume, source: data, target: /d, read_only: true, volume: { nocopy: true, subpath: s } }
      - { type: volume, target: /anon }
      - { type: bind, source: /project/src, target: /src, bind: { create_host_path: true, propagation: rshared } }
      - { type: bind, source: /x, target: /x, bind: { create_host_path: false } }
      - { type: tmpfs, target: /t, tmpfs: { size: "1048576", mode: 1023 } }
      - { type: npipe, source: a, target: /p }
    tmpfs: ["/run:size=64m,mode=1777", /tmp]
volumes: { data: { name: shop_data, x-stormport: { size: 10GiB, class: ssd } }, unused: { name: shop_unused } }
`)
    expect(app.services[0]?.mounts).toEqual([
      { kind: 'volume', volume: 'data', target: '/d', readOnly: true, nocopy: true, subpath: 's' },
      { kind: 'anonymous', target: '/anon', readOnly: false },
      {
        kind: 'bind',
        source: '/project/src',
        target: '/src',
        readOnly: false,
        createHostPath: true,
        propagation: 'rshared',
      },
      { kind: 'bind', source: '/x', target: '/x', readOnly: false, createHostPath: false, propagation: null },
      { kind: 'tmpfs', target: '/t', sizeBytes: 1024 ** 2, mode: 1023 },
      { kind: 'other', type: 'npipe', target: '/p' },
      { kind: 'tmpfs', target: '/run', sizeBytes: 64 * 1024 ** 2, mode: 0o1777 },
      { kind: 'tmpfs', target: '/tmp', sizeBytes: null, mode: null },
    ])
    expect(app.volumes).toEqual([
      {
        key: 'data',
        name: 'shop_data',
        external: false,
        sizeBytes: 10 * 1024 ** 3,
        class: 'ssd',
        compose: { name: 'shop_data' },
      },
    ])
  })

  it('reads configs and secrets from files, variables and inline text; only used ones', () => {
    const app = build(
      `
services:
  web:
    image: x
    configs: [{ source: conf, target: /cfg, mode: "0440" }, { source: inline }, { source: ext }]
    secrets: [{ source: token, uid: "103" }, { source: env, target: named }]
configs:
  conf: { name: shop_conf, file: /project/app.conf }
  inline: { name: shop_inline, content: "a=1" }
  ext: { name: there, external: true }
  unused: { file: /project/none }
secrets:
  token: { name: shop_token, file: /project/token.txt }
  env: { name: shop_env, environment: TOKEN }
`,
      { environment: { TOKEN: 'canary' } },
    )
    expect(app.services[0]?.configs).toEqual([
      { source: 'conf', target: '/cfg', uid: null, gid: null, mode: 0o440 },
      { source: 'inline', target: '/inline', uid: null, gid: null, mode: null },
      { source: 'ext', target: '/ext', uid: null, gid: null, mode: null },
    ])
    expect(app.services[0]?.secrets.map((mount) => mount.target)).toEqual(['/run/secrets/token', '/run/secrets/named'])
    expect(app.configs.map(({ key, content, external }) => [key, content, external])).toEqual([
      ['conf', 'listen 80', false],
      ['inline', 'a=1', false],
      ['ext', null, true],
    ])
    expect(
      app.secrets.map(({ content }) => (content instanceof Secret ? [content.name, content.reveal()] : content)),
    ).toEqual([
      ['secrets.token', 'canary'],
      ['secrets.env', 'canary'],
    ])
  })

  it('says which config or secret cannot be read', () => {
    const { app, diagnostics } = buildApp(
      fixtureProject(
        'services:\n  web: { image: x, secrets: [{ source: a }, { source: b }] }\nsecrets:\n  a: { environment: GONE }\n  b: { file: /project/gone }\n',
      ),
      fixtureFleet(),
      fixtureFiles(contents),
    )
    expect(app).toBeNull()
    expect(diagnostics).toMatchObject([
      { code: 'SP1325', message: 'secret a comes from the variable GONE, which is not set', span: { line: 4 } },
      { code: 'SP1325', message: 'secret b comes from /project/gone, which cannot be read', span: { line: 5 } },
    ])
  })

  it('reads dependencies, links and networks', () => {
    const app = build(`
services:
  web:
    image: x
    depends_on: { db: { condition: service_healthy, required: true, restart: true }, cache: { condition: service_started, required: false } }
    links: ["db:database", cache]
    networks: { front: { aliases: [www] }, back: null }
  db: { image: x, networks: { back: null } }
  cache: { image: x, network_mode: host }
networks: { front: { name: shop_front, internal: true }, back: { name: there, external: true }, unused: { name: shop_unused } }
`)
    expect(app.services[0]).toMatchObject({
      dependsOn: [
        { service: 'db', condition: 'service_healthy', required: true, restart: true },
        { service: 'cache', condition: 'service_started', required: false, restart: false },
      ],
      links: { database: 'db', cache: 'cache' },
      networks: { front: { aliases: ['www'] }, back: { aliases: [] } },
    })
    expect(app.services[2]?.networks).toEqual({})
    expect(
      app.networks.map(({ key, name, external, internal, isDefault }) => ({
        key,
        name,
        external,
        internal,
        isDefault,
      })),
    ).toEqual([
      { key: 'front', name: 'shop_front', external: false, internal: true, isDefault: false },
      { key: 'back', name: 'there', external: true, internal: false, isDefault: false },
    ])
  })
})
