import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Secret } from '../../../core/model/secret.ts'
import { head } from '../../../test/builders/app.ts'
import { memoryStore, work } from '../../../test/fakes/local/daemon.ts'
import { createVirtualClock } from '../../../test/fakes/local/virtual-clock.ts'
import { readBootId, startTicksOf } from '../processes.ts'
import { createLeases } from './leases.ts'
import { applySpec } from './reconcile/apply.ts'
import { specVersion } from './reconcile/spec-version.ts'
import { createSecretFiles } from './secrets.ts'
import { openStore } from './store.ts'

const folders: string[] = []
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'stormport-store-'))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true })
})

const key = { target: 'here', app: 'shop' }

describe('the store', () => {
  it('is readable by its owner only', () => {
    const path = join(folder(), 'local.db')
    const store = openStore(path)
    store.appendHistory(key, {
      at: '',
      action: 'deploy',
      app: 'shop',
      release: 1,
      targets: [],
      by: '',
      source: null,
      message: null,
      allowed: [],
      because: null,
      result: 'done',
      exitCode: 0,
    })
    expect(statSync(path).mode & 0o077).toBe(0)
    expect(statSync(`${path}-wal`).mode & 0o077).toBe(0)
    store.close()
  })

  it('lets one of two writers of a head win', () => {
    const store = memoryStore()
    store.setHead(key, head({ version: 1 }), 0)
    expect(() => store.setHead(key, head({ version: 1 }), 0)).toThrow(expect.objectContaining({ code: 'Conflict' }))
    store.setHead(key, head({ version: 2 }), 1)
    expect(() => store.setHead(key, head({ version: 2 }), 1)).toThrow(expect.objectContaining({ code: 'Conflict' }))
    expect(store.head(key)?.version).toBe(2)
  })

  it('writes all of a change or nothing', () => {
    const store = memoryStore()
    const change = (): void => {
      store.putPort('a', 1)
      throw new Error('killed')
    }
    expect(() => store.atomically(change)).toThrow('killed')
    expect(store.ports().size).toBe(0)
  })

  it('keeps secrets as references and gives them back as secrets without value', () => {
    const path = join(folder(), 'local.db')
    const secret = new Secret('web.environment.TOKEN', 'canary-value').keyed('ab'.repeat(32))
    const body = work()
    const spec = specVersion(
      { hash: 'h' },
      { ...body, container: { ...body.container, environment: { TOKEN: secret } } },
      1,
    )
    const store = openStore(path)
    store.putWork(applySpec(null, { key: { ...key, service: 'web' }, spec, now: 0, rollback: false }))
    const found = store.works()[0]?.spec?.body.container.environment['TOKEN']
    expect(found).toBeInstanceOf(Secret)
    expect(found instanceof Secret ? [found.ref, found.reveal()] : []).toEqual([secret.ref, undefined])
    store.close()
  })
})

describe('secret files', () => {
  const ref = 'a'.repeat(64)

  it('lie in closed folders and vanish when nobody refers to them', () => {
    const root = join(folder(), 'secrets')
    const files = createSecretFiles(root)
    files.put(key, { [ref]: 'hush', ['b'.repeat(64)]: 'old' })
    expect([statSync(root).mode & 0o077, statSync(join(root, 'shop@here', ref)).mode & 0o077]).toEqual([0, 0])
    expect(files.read(key, { ref, name: 'token' })).toBe('hush')
    files.retain(key, new Set([ref]))
    expect([files.has(key, ref), files.has(key, 'b'.repeat(64))]).toEqual([true, false])
    files.removeApp(key)
    expect(files.has(key, ref)).toBe(false)
  })

  it('take nothing for a reference that is none', () => {
    const files = createSecretFiles(folder())
    files.put(key, { '../../escape': 'x', new: 'y' })
    expect(() => files.read(key, { ref: '../../escape', name: 'token' })).toThrow(
      expect.objectContaining({ code: 'InvalidSpec' }),
    )
    expect(files.has(key, 'new')).toBe(false)
  })

  it('keep one key an app and target', () => {
    const files = createSecretFiles(folder())
    expect(files.key(key, false)).toBeNull()
    const made = files.key(key, true)
    expect(made).toMatch(/^[0-9a-f]{64}$/)
    expect([files.key(key, true), files.key({ ...key, target: 'there' }, true) === made]).toEqual([made, false])
  })
})

describe('leases', () => {
  const me = {
    host: 'h',
    bootId: readBootId(),
    pid: process.pid,
    startTicks: startTicksOf(process.pid) ?? '',
    user: 'u',
    command: 'deploy',
  }
  const name = { target: 'here', name: 'shop' }

  it('are held by one, named to the other, and free after their time', async () => {
    const clock = createVirtualClock()
    const leases = createLeases(memoryStore(), clock)
    const { token } = leases.acquire(name, me, 15_000)
    expect(() => leases.acquire(name, me, 15_000)).toThrow(
      expect.objectContaining({
        code: 'Conflict',
        message: expect.stringContaining('u@h'),
        details: expect.objectContaining({ cause: me }),
      }),
    )
    await clock.advance(10_000)
    leases.renew(name, token)
    await clock.advance(10_000)
    expect(() => leases.acquire(name, me, 15_000)).toThrow(expect.objectContaining({ code: 'Conflict' }))
    await clock.advance(6_000)
    const next = leases.acquire(name, me, 15_000)
    expect(() => leases.renew(name, token)).toThrow(expect.objectContaining({ code: 'Conflict' }))
    leases.release(name, token)
    leases.renew(name, next.token)
  })

  it('are taken over at once from a process of this machine that has ended', () => {
    const leases = createLeases(memoryStore(), createVirtualClock())
    leases.acquire(name, { ...me, startTicks: '1' }, 15_000)
    expect(leases.acquire(name, me, 15_000).token).toMatch(/^[0-9a-f]+$/)
  })
})
