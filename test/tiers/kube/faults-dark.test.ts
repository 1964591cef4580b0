// An API server that does not answer, a namespace that does not end, a command that is stopped in the middle: the bound of
// the contract, the right words, and a rerun that finishes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Call, type FaultProxy, startFaultProxy } from '../../clusters/fault-proxy.ts'
import { awaitObject, type Plane, startPlane } from '../../clusters/index.ts'
import { createStand, type Ended, exists, type Project, type Stand } from './faults-stand.ts'

const COMPOSE = `services:
  web:
    image: registry.example/web:1
    ports: ["8080"]
`
const DEPLOY = ['deploy', '--no-resolve', '--timeout', '60s']
const isWorkload = (call: Call): boolean => call.method !== 'GET' && call.path.includes('/apis/apps/')

let plane: Plane
let proxy: FaultProxy
let stand: Stand
let stuck: Promise<Ended>

beforeAll(async () => {
  plane = await startPlane({
    name: 'dark',
    nodes: [{ name: 'node-1', cpu: '16', memory: '32Gi', pods: 200 }],
    fast: true,
  })
  proxy = await startFaultProxy(plane)
  stand = createStand()
  stuck = deployIntoStuckNamespace()
})
afterAll(async () => {
  await stuck?.catch(() => undefined)
  await stand?.end()
  await proxy?.stop()
  await plane?.stop()
})

const direct = (app: string): Project => stand.project(app, { compose: COMPOSE, kubeconfig: plane.kubeconfig })

/** Waits for a minute, so that it begins first and is looked at last. */
const deployIntoStuckNamespace = async (): Promise<Ended> => {
  await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: 'stuck' } })
  const metadata = { name: 'held', finalizers: ['example.com/never'] }
  await plane.api.request('POST', '/api/v1/namespaces/stuck/configmaps', { metadata })
  await plane.api.request('DELETE', '/api/v1/namespaces/stuck')
  return direct('stuck').run(...DEPLOY)
}

describe('a command at work', () => {
  it('that loses its lock stops with exit 9 and says who has it', async () => {
    const project = stand.project('robbed', { compose: COMPOSE, kubeconfig: proxy.kubeconfig })
    proxy.reset()
    const lease = '/apis/coordination.k8s.io/v1/namespaces/robbed/leases/stormport-robbed'
    proxy.plan(isWorkload, { kind: 'delay', ms: 12_000 })
    const begun = project.start(...DEPLOY)
    await awaitObject(plane.api, '/api/v1/namespaces/robbed/services/web', () => true)
    await plane.api.request('PATCH', lease, { spec: { holderIdentity: 'another-command' } })
    const ended = await begun.ended
    proxy.reset()
    expect(ended.code, ended.all).toBe(9)
    expect(ended.err).toContain('the lock was taken over by another command')
    await plane.api.request('DELETE', lease)
    const again = await project.run(...DEPLOY)
    expect(again.code, again.all).toBe(0)
  })

  it('that is interrupted ends with 130 and leaves the rest to the next deploy', async () => {
    const project = stand.project('stopped', { compose: COMPOSE, kubeconfig: proxy.kubeconfig })
    proxy.reset()
    proxy.plan(isWorkload, { kind: 'delay', ms: 5_000 })
    const begun = project.start(...DEPLOY)
    await awaitObject(plane.api, '/api/v1/namespaces/stopped/services/web', () => true)
    begun.kill('SIGINT')
    const ended = await begun.ended
    proxy.reset()
    expect(ended.code, ended.all).toBe(130)
    const again = await project.run(...DEPLOY)
    expect(again.code, again.all).toBe(0)
  })

  it('that removes what a finalizer holds names it, and the next destroy finishes', async () => {
    const project = direct('held')
    expect((await project.run(...DEPLOY)).code).toBe(0)
    const service = '/api/v1/namespaces/held/services/web'
    await plane.api.request('PATCH', service, { metadata: { finalizers: ['example.com/hold'] } })
    const ended = await project.run('destroy', '--timeout', '6s')
    expect(ended.code, ended.all).toBe(8)
    expect(ended.err).toContain('it is being removed, held by example.com/hold')
    await plane.api.request('PATCH', service, { metadata: { finalizers: null } })
    const again = await project.run('destroy', '--timeout', '60s')
    expect(again.code, again.all).toBe(0)
    expect(await exists(plane.api, '/api/v1/namespaces/held')).toBe(false)
  })
})

it('a namespace that does not end is exit 9 with what holds it', async () => {
  const ended = await stuck
  expect(ended.code, ended.all).toBe(9)
  expect(ended.err).toContain('namespace stuck is being deleted and does not end')
  expect(ended.err).toContain('example.com/never')
})

describe('an API server that does not answer', () => {
  it('because it is stopped is exit 7 within the bound of five seconds', async () => {
    plane.freeze()
    try {
      for (const words of [DEPLOY, ['status'], ['plan', '--no-resolve']]) {
        const ended = await direct('frozen').run(...words)
        if (words[0] !== 'status') expect(ended.code, ended.all).toBe(7)
        expect(ended.all).toMatch(/no answer in|does not answer|unreachable/)
        expect(ended.tookMs).toBeLessThan(10_000)
      }
    } finally {
      plane.thaw()
    }
  })

  it('because it is stopped in the middle of a deploy is exit 7, and a rerun finishes', async () => {
    proxy.reset()
    const project = stand.project('halted', { compose: COMPOSE, kubeconfig: proxy.kubeconfig })
    proxy.plan(isWorkload, { kind: 'tell', told: () => plane.freeze() }, 1)
    try {
      const ended = await project.run(...DEPLOY)
      expect(ended.code, ended.all).toBe(7)
      expect(ended.err).toMatch(/does not answer: no answer in/)
      expect(ended.tookMs).toBeLessThan(60_000)
    } finally {
      plane.thaw()
      proxy.reset()
    }
    await awaitObject(plane.api, '/readyz', () => true)
    const again = await project.run(...DEPLOY)
    expect(again.code, again.all).toBe(0)
  })

  it('because its store is gone is exit 7 and no app is taken for absent', async () => {
    const project = direct('storeless')
    expect((await project.run(...DEPLOY)).code).toBe(0)
    await plane.killEtcd()
    try {
      const ended = await project.run(...DEPLOY)
      expect(ended.code, ended.all).toBe(7)
      expect(ended.tookMs).toBeLessThan(10_000)
    } finally {
      await plane.startEtcd()
    }
    const again = await project.run(...DEPLOY)
    expect(again.code, again.all).toBe(0)
  })
})
