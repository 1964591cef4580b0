// Lines that break, servers that stumble and answers that get lost, at every call of a deploy: the deploy goes through, and
// what it leaves is what it leaves on a good day.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKubeApi, type KubeApi } from '../../../providers/kubernetes/client/api.ts'
import { clusterAccess } from '../../../providers/kubernetes/client/kubeconfig.ts'
import { watchKind } from '../../../providers/kubernetes/client/watch.ts'
import { target } from '../../builders/app.ts'
import { type Call, type CallFault, type FaultProxy, startFaultProxy } from '../../clusters/fault-proxy.ts'
import { type Plane, startPlane } from '../../clusters/index.ts'
import { createStand, everythingIn, exists, type Stand } from './faults-stand.ts'

const COMPOSE = `services:
  web:
    image: registry.example/web:1
    ports: ["8080"]
  db:
    image: registry.example/db:1
    env_file: [db.env]
    volumes: ["data:/data"]
volumes: { data: {} }
`
const DEPLOY = ['deploy', '--no-resolve', '--timeout', '90s']
const DESTROY = ['destroy', '--volumes', '--allow', 'destroy', '--timeout', '90s']

const status = (code: number, reason: string, message: string): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  code,
  reason,
  message,
})

const BUSY = status(429, 'TooManyRequests', 'too many requests, please try again later')
const DOWN = status(503, 'ServiceUnavailable', 'apiserver is shutting down')
const EXPIRED = status(410, 'Expired', 'the resourceVersion for the provided watch is too old')

/** The first call of each method and path. */
const onceEach = (also: (call: Call) => boolean = () => true): ((call: Call) => boolean) => {
  const seen = new Set<string>()
  return (call) => {
    const key = `${call.method} ${call.path} ${call.isWatch}`
    if (!also(call) || seen.has(key)) return false
    seen.add(key)
    return true
  }
}

const isWrite = (call: Call): boolean => call.method !== 'GET'

interface Bad {
  readonly what: string
  readonly app: string
  readonly fault: CallFault
  readonly which?: (call: Call) => boolean
}

const EVERY_CALL: readonly Bad[] = [
  {
    what: '429 with Retry-After',
    app: 'busy',
    fault: { kind: 'answer', status: 429, body: BUSY, headers: { 'retry-after': '0' } },
  },
  { what: '503', app: 'down', fault: { kind: 'answer', status: 503, body: DOWN } },
  {
    what: 'a gateway that has no backend',
    app: 'gateway',
    fault: { kind: 'answer', status: 502, body: '<html>Bad Gateway</html>' },
  },
  { what: 'a reset before the call', app: 'before', fault: { kind: 'cutBefore' } },
  { what: 'a reset after the effect', app: 'after', fault: { kind: 'cutAfter' }, which: isWrite },
  {
    what: '410 on the watch',
    app: 'expired',
    fault: { kind: 'answer', status: 410, body: EXPIRED },
    which: (call) => call.isWatch,
  },
  {
    what: 'a watch that is cut in a line',
    app: 'cut',
    fault: { kind: 'cutStream', lines: 0 },
    which: (call) => call.isWatch,
  },
]

describe('a deploy over bad lines', () => {
  let plane: Plane
  let proxy: FaultProxy
  let stand: Stand
  let good: readonly string[] = []

  const keysOf = async (app: string): Promise<readonly string[]> =>
    [...(await everythingIn(plane.api, app)).keys()]
      .filter((key) => !/^(?:events|pods|replicasets|controllerrevisions)\//.test(key))
      .map((key) => key.replaceAll(app, 'APP').replace(/[0-9a-f]{10}/, 'HASH'))
      .sort()

  beforeAll(async () => {
    plane = await startPlane({
      name: 'lines',
      nodes: [{ name: 'node-1', cpu: '16', memory: '32Gi', pods: 200 }],
      fast: true,
    })
    proxy = await startFaultProxy(plane)
    stand = createStand()
    good = await deployed('good')
  })
  afterAll(async () => {
    await stand?.end()
    await proxy?.stop()
    await plane?.stop()
  })

  const projectOf = (app: string) => {
    const project = stand.project(app, { compose: COMPOSE, kubeconfig: proxy.kubeconfig })
    project.write('db.env', 'PASSWORD=canary-of-a-password\n')
    return project
  }

  const deployed = async (app: string): Promise<readonly string[]> => {
    const ended = await projectOf(app).run(...DEPLOY)
    expect(ended.code, ended.all).toBe(0)
    return keysOf(app)
  }

  it.each(EVERY_CALL)('goes through $what, once at every call', async ({ app, fault, which }) => {
    proxy.reset()
    const spoiled: string[] = []
    const match = onceEach(which)
    const counted = (call: Call): boolean => {
      const hit = match(call)
      if (hit) spoiled.push(`${call.method} ${call.path}`)
      return hit
    }
    proxy.plan(counted, fault)
    expect(await deployed(app)).toEqual(good)
    expect(spoiled.length).toBeGreaterThan(10)
    proxy.reset()
    proxy.plan(onceEach(which), fault)
    const gone = await projectOf(app).run(...DESTROY)
    expect(gone.code, gone.all).toBe(0)
    expect(await exists(plane.api, `/api/v1/namespaces/${app}`)).toBe(false)
    proxy.reset()
  })

  it('that are too busy for good is exit 7, says so, and writes nothing', async () => {
    proxy.reset()
    proxy.plan(() => true, { kind: 'answer', status: 429, body: BUSY, headers: { 'retry-after': '1' } })
    const ended = await projectOf('storm').run(...DEPLOY)
    proxy.reset()
    expect(ended.code, ended.all).toBe(7)
    expect(ended.err).toContain('too many requests, please try again later')
    expect(ended.err).toContain('run again when the API server is less busy')
    expect(ended.tookMs).toBeLessThan(10_000)
    expect(await exists(plane.api, '/api/v1/namespaces/storm')).toBe(false)
  })

  it('that turn too busy in the middle is exit 7, and a rerun finishes it', async () => {
    proxy.reset()
    const isWorkload = (call: Call): boolean => isWrite(call) && call.path.includes('/apis/apps/')
    proxy.plan(isWorkload, { kind: 'answer', status: 503, body: DOWN, headers: { 'retry-after': '3600' } })
    const ended = await projectOf('middle').run(...DEPLOY)
    proxy.reset()
    expect(ended.code, ended.all).toBe(7)
    expect(ended.err).toContain('apiserver is shutting down')
    expect(await deployed('middle')).toEqual(good)
  })

  describe('seen from the client', () => {
    let api: KubeApi
    beforeAll(async () => {
      const at = target('lines', { provider: 'kubernetes', settings: { kubeconfig: proxy.kubeconfig } })
      api = createKubeApi(clusterAccess(at, {}), { mode: 'never', allowed: [], ask: null, env: {} })
      const names = Array.from({ length: 520 }, (_, i) => `page-${i}`)
      const path = '/api/v1/namespaces/default/configmaps'
      await Promise.all(names.map((name) => plane.api.request('POST', path, { metadata: { name } })))
    })
    afterAll(() => api.close())

    it('a list whose page token has expired begins again and holds each object once', async () => {
      proxy.reset()
      const body = status(410, 'Expired', 'The provided continue parameter is too old')
      proxy.plan((call) => call.query.get('continue') !== null, { kind: 'answer', status: 410, body }, 1)
      const { items } = await api.list('/api/v1/namespaces/default/configmaps', {}, AbortSignal.timeout(20_000))
      const names = items.map((item) => (item as { readonly metadata: { readonly name: string } }).metadata.name)
      expect(names.filter((name) => name.startsWith('page-'))).toHaveLength(520)
      expect(new Set(names).size).toBe(names.length)
      expect(proxy.calls.map((call) => call.query.get('continue') !== null)).toEqual([false, true, false, true, true])
    })

    it('a watch on which nothing comes any more is opened anew', async () => {
      proxy.reset()
      proxy.plan((call) => call.isWatch, { kind: 'silent' }, 1)
      const place = {
        path: '/api/v1/namespaces/default/configmaps',
        query: { fieldSelector: 'metadata.name=late' },
        silentMs: 500,
      }
      let made = false
      for await (const note of watchKind(api, place, AbortSignal.timeout(20_000))) {
        if (note.kind === 'put') break
        if (!made)
          await plane.api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'late' } })
        made = true
      }
      expect(proxy.calls.filter((call) => call.isWatch).length).toBeGreaterThanOrEqual(2)
      expect(made).toBe(true)
    })
  })
})
