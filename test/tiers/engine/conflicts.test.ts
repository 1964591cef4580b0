// Two that want the same: Docker Compose and Stormport, two daemons on one engine, two checkouts of one app, two deploys at
// once, and a destroy that would take data along. Nobody's work is changed unasked; exit 9 or 10 with the next step.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, until } from '../../e2e/world.ts'
import { startEngine, type TestEngine } from '../../engines/engine.ts'
import { loadImage } from '../../engines/images.ts'
import { BUSYBOX, createDeployments, type Deployments } from './deployments.ts'

const web = (...lines: readonly string[]): string =>
  [
    'services:',
    '  web:',
    `    image: ${BUSYBOX}`,
    '    stop_grace_period: 1s',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n')

const SLEEPS = web('command: [sleep, "1000"]')

describe('on one engine', () => {
  let engine: TestEngine
  let on: Deployments

  beforeAll(async () => {
    engine = await startEngine({ kind: 'debian' })
    await loadImage(engine.host, 'busybox')
    on = createDeployments(engine)
  })
  afterAll(async () => {
    await on?.world.end()
    await engine?.stop()
  })

  it('a project that Docker Compose runs is left alone until it is down', async () => {
    const { Id } = await on.ask<{ Id: string }>('POST', '/containers/create', {
      Image: BUSYBOX,
      Cmd: ['sleep', '1000'],
      Labels: { 'com.docker.compose.project': 'theirs', 'com.docker.compose.service': 'web' },
    })
    await on.ask('POST', `/containers/${Id}/start`)
    const refused = on.deploy('theirs', SLEEPS)
    expect(refused.code, refused.all).toBe(9)
    expect(refused.all).toMatch(/docker compose -p theirs down/)
    expect(await on.containers('theirs')).toEqual([])
    expect(await on.networks('theirs')).toEqual([])
    expect(await on.ask('GET', `/containers/${Id}/json`)).toMatchObject({ State: { Running: true } })
    await on.ask('DELETE', `/containers/${Id}?force=true`)
    const mended = on.deploy('theirs', SLEEPS)
    expect(mended.code, mended.all).toBe(0)
  })

  it('a second live daemon changes nothing, and may when the first has left', async () => {
    expect(on.deploy('first', SLEEPS)).toMatchObject({ code: 0 })
    const { pid } = on.world.json('daemon', 'status') as { readonly pid: number } // the shape of DESIGN section 9
    const other = createDeployments(engine)
    try {
      const refused = other.deploy('second', SLEEPS)
      expect(refused.code, refused.all).toBe(9)
      expect(refused.all).toMatch(new RegExp(`Another Stormport daemon owns this engine: .*process ${pid}`))
      expect(await other.containers('second')).toEqual([])
      expect(await other.networks('second')).toEqual([])
      for (const app of ['first', 'theirs']) expect(on.world.run('destroy', '-p', app)).toMatchObject({ code: 0 })
      const mended = other.deploy('second', SLEEPS)
      expect(mended.code, mended.all).toBe(0)
    } finally {
      await other.world.end()
    }
  })

  it('an app of another checkout is taken over only with leave', async () => {
    expect(on.deploy('ours', SLEEPS)).toMatchObject({ code: 0 })
    const before = await on.containers('ours')
    const changed = `name: ours\n${web('command: [sleep, "1001"]')}`
    const other = createWorld({ env: { DOCKER_HOST: engine.host, HOME: on.world.home } })
    try {
      other.write('compose.yaml', changed)
      const refused = other.run('deploy')
      expect(refused.code, refused.all).toBe(9)
      expect(refused.all).toMatch(/--allow override/)
      expect(await on.containers('ours')).toEqual(before)
      const taken = other.run('deploy', '--allow', 'override')
      expect(taken.code, taken.all).toBe(0)
      expect((await on.containers('ours')).map((c) => c.release)).toEqual([2])
    } finally {
      other.run('destroy', '-p', 'ours')
      await other.end()
    }
  })

  it('data goes only with a yes: without a terminal the exit is 10 and the flag is named', async () => {
    const services = `${web('command: [sleep, "1000"]', 'volumes: ["hold:/hold"]')}volumes: { hold: {} }\n`
    expect(on.deploy('kept', services)).toMatchObject({ code: 0 })
    const refused = on.world.run('destroy', '-p', 'kept', '--volumes')
    expect(refused.code, refused.all).toBe(10)
    expect(refused.all).toMatch(/kept_hold/)
    expect(refused.all).toMatch(/--allow destroy/)
    expect((await on.containers('kept')).map((c) => c.state)).toEqual(['running'])
    await on.ask('GET', '/volumes/kept_hold')
    const gone = on.world.run('destroy', '-p', 'kept', '--volumes', '--allow', 'destroy')
    expect(gone.code, gone.all).toBe(0)
    await expect(on.ask('GET', '/volumes/kept_hold')).rejects.toThrow()
  })

  it('of two deploys at once the second waits its turn, or reports who holds the lock', async () => {
    const slow = (seconds: number): string =>
      web(
        `command: [sh, -c, "sleep ${seconds}; touch /tmp/up; sleep 1000"]`,
        'healthcheck: { test: [CMD, test, -e, /tmp/up], interval: 200ms, retries: 100 }',
      )
    const first = on.start('busy', slow(6))
    await until('the first holds the lock', async () => (await on.containers('busy')).length > 0)
    const refused = on.deploy('busy', SLEEPS, '--lock-wait', '0s')
    expect(refused.code, refused.all).toBe(9)
    expect(refused.all).toMatch(/busy is locked on local: .*deploy/)
    const second = on.start('busy', slow(1), '--lock-wait', '60s')
    const ends = await Promise.all([first.ended, second.ended])
    expect(
      ends.map((e) => e.code),
      ends.map((e) => e.all).join('\n'),
    ).toEqual([0, 0])
    expect(ends[1]?.all).toMatch(/waiting for the lock on local/)
    expect((await on.containers('busy')).map((c) => [c.state, c.release])).toEqual([['running', 2]])
  })
})
