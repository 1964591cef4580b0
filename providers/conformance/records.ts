// Cases about what the target remembers: releases, heads, history, the secret key, leases.
import { expect } from 'vitest'
import { isStormportError } from '../../core/errors.ts'
import type { Case, Cases } from './case.ts'
import { type Drive, headOf, holderOf, releaseOf } from './drive.ts'

const recordsOf = (d: Drive, app: string) => d.harness.provider.records(d.harness.target, app)

const codeOf = async (attempt: Promise<unknown>): Promise<string | null> => {
  const error: unknown = await attempt.then(
    () => null,
    (e: unknown) => e,
  )
  if (error === null) return null
  return isStormportError(error) ? error.code : String(error)
}

const keepsRecords: Case = async (d) => {
  const app = d.newApp()
  const records = recordsOf(d, app)
  expect(await records.head()).toBeNull()
  expect(await records.read(1)).toBeNull()
  const release = releaseOf(1, { app, services: { web: 1 } }, d.harness)
  await records.write(release)
  expect(JSON.parse(JSON.stringify(await records.read(1)))).toEqual(JSON.parse(JSON.stringify(release)))
  await records.setHead(headOf(1, 1), 0)
  expect(await records.head()).toEqual(headOf(1, 1))
  expect(await codeOf(records.setHead(headOf(1, 2), 0)), 'a second first head').toBe('Conflict')
  await records.setHead(headOf(2, 2), 1)
  expect(await codeOf(records.setHead(headOf(2, 3), 1)), 'a write from an old head').toBe('Conflict')
  expect((await d.observe(app)).head).toEqual(headOf(2, 2))
  const racing = await Promise.all([3, 4].map((n) => codeOf(records.setHead(headOf(3, n), 2))))
  expect([...racing].sort(), 'one of two writers at once must lose').toEqual(['Conflict', null])
  await records.remove()
  expect([await records.head(), await records.read(1)]).toEqual([null, null])
  await records.remove()
}

const makesKeyOnce: Case = async (d) => {
  const app = d.newApp()
  const records = recordsOf(d, app)
  expect(await records.secretKey(false)).toBeNull()
  expect((await d.observe(app)).secretKey).toBeNull()
  const [a, b] = await Promise.all([records.secretKey(true), records.secretKey(true)])
  expect(a).toMatch(/^[0-9a-f]{64}$/)
  expect(b, 'two at once must get one key').toBe(a)
  expect([await records.secretKey(false), (await d.observe(app)).secretKey]).toEqual([a, a])
  expect(await recordsOf(d, d.newApp()).secretKey(true), 'each app has its own').not.toBe(a)
}

const keepsHistory: Case = async (d) => {
  const app = d.newApp()
  const records = recordsOf(d, app)
  expect(await records.history()).toEqual([])
  const entry = (n: number) => ({
    at: `2026-01-01T00:00:0${n}Z`,
    action: 'deploy',
    app,
    release: n,
    targets: [d.harness.target.name],
    by: 'tester',
    source: null,
    message: null,
    allowed: [],
    because: null,
    result: 'done',
    exitCode: 0,
  })
  for (const n of [1, 2, 3]) await records.appendHistory(entry(n))
  expect((await records.history()).map((e) => e.release)).toEqual([1, 2, 3])
}

const listsApps: Case = async (d) => {
  const app = d.newApp()
  const { provider, target } = d.harness
  expect((await provider.apps(target, d.signal())).filter((a) => a.app === app)).toEqual([])
  await recordsOf(d, app).setHead(headOf(1, 1), 0)
  const entries = (await provider.apps(target, d.signal())).filter((a) => a.app === app)
  expect(entries).toEqual([{ app, target: target.name, origin: 'conformance', release: 1 }])
}

const grantsLease: Case = async (d) => {
  const { provider, target } = d.harness
  const name = d.newApp()
  const [first, second] = [holderOf(process.pid), { ...holderOf(process.pid), host: 'elsewhere', user: 'rival' }]
  const lease = await provider.lease(target, name, first, 3_000)
  const refused: unknown = await provider.lease(target, name, second, 3_000).then(
    () => null,
    (e: unknown) => e,
  )
  expect(
    isStormportError(refused) && ['Conflict', 'Locked'].includes(refused.code),
    `a second holder: ${String(refused)}`,
  ).toBe(true)
  expect(isStormportError(refused) && `${refused.message} ${JSON.stringify(refused.details.cause ?? '')}`).toContain(
    'tester',
  )
  await lease.renew()
  await lease.release()
  const short = await provider.lease(target, name, second, 300)
  const taken = await d.until(
    'an expired lease can be taken',
    () => provider.lease(target, name, first, 5_000).catch(() => undefined),
    5_000,
  )
  expect(await codeOf(short.renew()), 'renewing what another holds').toMatch(/Conflict|Locked/)
  await short.release()
  expect(
    await codeOf(provider.lease(target, name, second, 1_000)),
    'a release by who no longer holds it must not free it',
  ).toMatch(/Conflict|Locked/)
  await taken.release()
}

export const recordCases: Cases = {
  'keeps releases and heads, and refuses a lost race': keepsRecords,
  'makes the secret key when asked, once': makesKeyOnce,
  'keeps a bounded history': keepsHistory,
  'lists the application once it has a head': listsApps,
  'grants a lease once, names the holder, renews and expires': grantsLease,
}
