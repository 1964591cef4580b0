// Events and drift over the fake API server, through the real client: what a real one showed to matter.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObservedObject } from '../../core/model/replica.ts'
import { target } from '../../test/builders/app.ts'
import { kubeconfigFor } from '../../test/fakes/kube-api/harness.ts'
import { type FakeKubeApi, startFakeKubeApi } from '../../test/fakes/kube-api/index.ts'
import { updateFields } from '../../test/fakes/kube-api/ownership.ts'
import { createKubernetesProvider } from './index.ts'
import { APP_LABEL, SERVICE_LABEL } from './names.ts'

const never = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'kube-events-'))
const provider = createKubernetesProvider({ env: {}, askPlugin: null })
const at = target('rack', { provider: 'kubernetes', settings: { kubeconfig: join(folder, 'config') } })
const open: { api?: FakeKubeApi } = {}
const api = (): FakeKubeApi => {
  if (open.api === undefined) throw new Error('the server did not start')
  return open.api
}

beforeAll(async () => {
  open.api = await startFakeKubeApi()
  writeFileSync(join(folder, 'config'), kubeconfigFor(open.api.url))
  put('namespaces', 'shop', { metadata: { name: 'shop' } }, { namespace: '' })
})
afterAll(async () => {
  await provider.close()
  await open.api?.close()
  rmSync(folder, { recursive: true })
})

const put = (
  plural: string,
  name: string,
  object: Readonly<Record<string, unknown>>,
  { namespace = 'shop', group = '', manager = 'stormport' } = {},
): void => {
  const metadata = { name, namespace, ...Object(object['metadata']) }
  api().store.put({ group, plural, namespace, name }, updateFields(null, { ...object, metadata }, manager))
}

const labels = (service: string) => ({ [APP_LABEL]: 'shop', [SERVICE_LABEL]: service })

const tell = (
  name: string,
  about: { readonly kind: string; readonly name: string },
  over: Readonly<Record<string, unknown>>,
) => put('events', name, { involvedObject: about, type: 'Normal', reason: 'Seen', message: name, ...over })

const read = (over = {}) =>
  Array.fromAsync(provider.events(at, { app: 'shop', services: [], follow: false, sinceMs: null, ...over }, never))

describe('events of an app', () => {
  it('are told from those of others in its namespace, also when the pod is gone', async () => {
    put('statefulsets', 'web', { metadata: { labels: labels('web'), namespace: 'shop' } }, { group: 'apps' })
    put('pods', 'web-1-a', { metadata: { labels: labels('web') }, status: { phase: 'Running' } })
    tell('of-a-pod', { kind: 'Pod', name: 'web-1-a' }, { eventTime: '2026-01-01T00:00:02.5Z' })
    tell('of-a-gone-pod', { kind: 'Pod', name: 'web-0-z' }, { lastTimestamp: '2026-01-01T00:00:01Z', count: 3 })
    tell('of-a-stranger', { kind: 'Pod', name: 'cuckoo-1' }, { lastTimestamp: '2026-01-01T00:00:03Z' })
    const seen = await read()
    expect(seen.map((e) => [e.message, e.at, e.service, e.replica, e.count])).toEqual([
      ['of-a-gone-pod', '2026-01-01T00:00:01.000Z', 'web', 'web-0-z', 3],
      ['of-a-pod', '2026-01-01T00:00:02.500Z', 'web', 'web-1-a', 1],
    ])
  })

  it('count a series by its own time and number', async () => {
    const series = { count: 7, lastObservedTime: '2026-01-01T00:05:00.000001Z' }
    tell('again', { kind: 'Pod', name: 'web-1-a' }, { eventTime: '2026-01-01T00:00:00Z', series, type: 'Warning' })
    const found = (await read({ sinceMs: Date.parse('2026-01-01T00:04:00Z') })).map((e) => [e.at, e.count, e.severity])
    expect(found).toEqual([['2026-01-01T00:05:00.000Z', 7, 'warning']])
  })

  it('are none where the namespace is not there', async () => {
    expect(
      await Array.fromAsync(provider.events(at, { app: 'nobody', services: [], follow: false, sinceMs: null }, never)),
    ).toEqual([])
  })
})

describe('drift that the server is asked about', () => {
  const spec = { replicas: 2, template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } } }
  const path = 'spec.template.spec.containers[web].image'
  const object = (live: unknown): ObservedObject => ({
    id: 'apps/StatefulSet/shop/asked',
    uid: 'u',
    kind: 'StatefulSet',
    name: 'asked',
    scope: 'app',
    guard: 'none',
    stage: 0,
    owner: 'ours',
    readiness: { state: 'ready', retriable: true },
    body: { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'asked', namespace: 'shop' }, spec },
    drift: [{ path, want: 'web:1', live }],
  })

  it('is what it would change, and asking changes nothing', async () => {
    put('statefulsets', 'asked', { apiVersion: 'apps/v1', kind: 'StatefulSet', spec }, { group: 'apps' })
    const place = { group: 'apps', plural: 'statefulsets', namespace: 'shop', name: 'asked' }
    const before = JSON.stringify(api().store.shown(place))
    const confirm = (live: unknown) => provider.confirmDrift?.(at, 'shop', [object(live)], never)
    expect(await confirm('web:2')).toMatchObject([{ drift: [{ path, live: 'web:2' }] }])
    // The server's own words for what we want: no drift.
    expect(await confirm('web:1')).toEqual([])
    expect(JSON.stringify(api().store.shown(place))).toBe(before)
    expect(api().requests.some((line) => line.includes('dryRun=All'))).toBe(true)
  })

  it('stands as it is where the server cannot be asked', async () => {
    const heal = api().faults.plan({ fault: { kind: 'status', status: 403 }, method: 'PATCH', path: '/statefulsets' })
    expect(await provider.confirmDrift?.(at, 'shop', [object('web:1')], never)).toMatchObject([{ drift: [{ path }] }])
    heal()
  })
})
