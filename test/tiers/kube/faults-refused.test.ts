// What an API server refuses: the reason in the server's own words, the exit code of the contract, nothing half done that a
// rerun could not finish.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Call, type FaultProxy, startFaultProxy } from '../../clusters/fault-proxy.ts'
import { awaitObject, type Plane, startPlane } from '../../clusters/index.ts'
import { createStand, exists, fleetOf, type Project, type Stand } from './faults-stand.ts'

const COMPOSE = `services:
  web:
    image: registry.example/web:1
    ports: ["8080"]
`
const DEPLOY = ['deploy', '--no-resolve', '--timeout', '60s']
const isWrite = (call: Call): boolean => call.method !== 'GET'
const isWorkload = (call: Call): boolean => isWrite(call) && call.path.includes('/apis/apps/')

let plane: Plane
let proxy: FaultProxy
let stand: Stand

beforeAll(async () => {
  plane = await startPlane({
    name: 'refused',
    nodes: [{ name: 'node-1', cpu: '16', memory: '32Gi', pods: 200 }],
    fast: true,
  })
  proxy = await startFaultProxy(plane)
  stand = createStand()
})
afterAll(async () => {
  await stand?.end()
  await proxy?.stop()
  await plane?.stop()
})

const direct = (app: string, compose = COMPOSE): Project =>
  stand.project(app, { compose, kubeconfig: plane.kubeconfig })

const makeNamespace = (name: string, labels: Readonly<Record<string, string>> = {}): Promise<unknown> =>
  plane.api.request('POST', '/api/v1/namespaces', { metadata: { name, labels } })

describe('credentials', () => {
  /** A plugin that counts its runs and gives token-1, token-2, … */
  const plugin = async (app: string): Promise<{ readonly project: Project; readonly runs: () => number }> => {
    const folder = direct(`${app}-files`).dir
    const [command, count] = [join(folder, 'plugin'), join(folder, 'count')]
    const credential = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"token-%s"}}`
    writeFileSync(command, `#!/bin/sh\necho run >> ${count}\nprintf '${credential}' "$(wc -l < ${count})"\n`)
    chmodSync(command, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' }
    const kubeconfig = await proxy.kubeconfigWith({ exec })
    const project = stand.project(app, { compose: COMPOSE, kubeconfig, env: { STORMPORT_EXEC_PLUGINS: command } })
    return { project, runs: () => readFileSync(count, 'utf8').trim().split('\n').length }
  }
  const EXPIRED = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code: 401,
    reason: 'Unauthorized',
    message: 'Unauthorized',
  }

  it('that expire in the middle are renewed once, and the deploy goes on', async () => {
    const { project, runs } = await plugin('renewed')
    proxy.reset()
    let begun = false
    proxy.plan(
      (call) => {
        begun ||= isWorkload(call)
        return begun && call.authorization === 'Bearer token-1'
      },
      { kind: 'answer', status: 401, body: EXPIRED },
    )
    const ended = await project.run(...DEPLOY)
    expect(ended.code, ended.all).toBe(0)
    expect(runs()).toBe(2)
    expect(ended.all).not.toContain('token-')
  })

  it('that stay refused are exit 4 with the way to sign in', async () => {
    const { project } = await plugin('unsigned')
    proxy.reset()
    let begun = false
    proxy.plan((call) => (begun ||= isWorkload(call)), { kind: 'answer', status: 401, body: EXPIRED })
    const ended = await project.run(...DEPLOY)
    proxy.reset()
    expect(ended.code, ended.all).toBe(4)
    expect(ended.err).toContain('Unauthorized')
    expect(ended.err).toContain('sign in again, or renew the credential of the kubeconfig')
    expect(ended.all).not.toContain('token-')
  })

  it('without the right for one operation are exit 4 and name the operation', async () => {
    await makeNamespace('forbidden')
    const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }]
    const own = { apiGroups: ['', 'coordination.k8s.io'], resources: ['*'], verbs: ['*'] }
    await grant('reader', [...rules, own])
    const kubeconfig = await plane.kubeconfigFor({ user: 'reader' })
    const project = stand.project('forbidden', { compose: COMPOSE, kubeconfig })
    const ended = await project.run(...DEPLOY)
    expect(ended.code, ended.all).toBe(4)
    expect(ended.err).toMatch(
      /is forbidden: User "reader" cannot (?:patch|create) resource "[a-z]+" in API group "[a-z0-9.]+"/,
    )
    expect(ended.err).toContain('in the namespace "forbidden"')
    expect(ended.err).toContain('stormport render --rbac')
  })
})

const grant = async (user: string, rules: readonly object[]): Promise<void> => {
  const path = '/apis/rbac.authorization.k8s.io/v1'
  const apiGroup = 'rbac.authorization.k8s.io'
  await plane.api.request('POST', `${path}/clusterroles`, { metadata: { name: user }, rules })
  await plane.api.request('POST', `${path}/clusterrolebindings`, {
    metadata: { name: user },
    roleRef: { apiGroup, kind: 'ClusterRole', name: user },
    subjects: [{ kind: 'User', name: user, apiGroup }],
  })
}

describe('admission', () => {
  it('by a webhook that does not answer is exit 8 and names the webhook; without it a rerun finishes', async () => {
    const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
    await plane.api.request('POST', path, {
      metadata: { name: 'dead' },
      webhooks: [
        {
          name: 'dead.example.com',
          // An address that takes connections of nobody: kept for documentation.
          clientConfig: { url: 'https://192.0.2.1/validate' },
          rules: [{ apiGroups: ['apps'], apiVersions: ['*'], operations: ['*'], resources: ['deployments'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'hooked' } },
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          timeoutSeconds: 1,
        },
      ],
    })
    const project = direct('hooked')
    const ended = await project.run(...DEPLOY)
    await plane.api.request('DELETE', `${path}/dead`)
    expect(ended.code, ended.all).toBe(8)
    expect(ended.err).toContain('failed calling webhook "dead.example.com"')
    expect(ended.err).toContain('look at admission webhook dead.example.com, which does not answer')
    const again = await project.run(...DEPLOY)
    expect(again.code, again.all).toBe(0)
  })

  it('by Pod Security is exit 3 before anything is made where the level is known', async () => {
    await makeNamespace('secured', { 'pod-security.kubernetes.io/enforce': 'restricted' })
    const compose = `${COMPOSE}    cap_add: [NET_ADMIN]\n`
    const ended = await direct('secured', compose).run(...DEPLOY)
    expect(ended.code, ended.all).toBe(3)
    expect(ended.err).toMatch(
      /the namespace secured enforces restricted, and the service needs (?:baseline|privileged)/,
    )
    expect(await exists(plane.api, '/apis/apps/v1/namespaces/secured/deployments/web')).toBe(false)
  })

  it('by Pod Security that comes later is exit 6 with the words of the refusal, long before the deadline', async () => {
    proxy.reset()
    proxy.plan(isWorkload, { kind: 'delay', ms: 2_000 })
    const compose = `${COMPOSE}    cap_add: [NET_ADMIN]\n`
    const project = stand.project('tightened', { compose, kubeconfig: proxy.kubeconfig })
    const begun = project.start('deploy', '--no-resolve', '--timeout', '300s')
    await awaitObject(plane.api, '/api/v1/namespaces/tightened/services/web', () => true)
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    await plane.api.request('PATCH', '/api/v1/namespaces/tightened?fieldManager=policy', { metadata: { labels } })
    const ended = await begun.ended
    expect(ended.code, ended.all).toBe(6)
    expect(ended.err).toContain('violates PodSecurity "restricted:latest"')
    expect(ended.tookMs).toBeLessThan(40_000)
  })

  it('by a quota is exit 6 with the words of the quota, long before the deadline', async () => {
    await makeNamespace('quota')
    await plane.api.request('POST', '/api/v1/namespaces/quota/resourcequotas', {
      metadata: { name: 'one-pod' },
      spec: { hard: { pods: '1' } },
    })
    const compose = `${COMPOSE}    deploy: { replicas: 2 }\n`
    const ended = await direct('quota', compose).run('deploy', '--no-resolve', '--timeout', '300s')
    expect(ended.code, ended.all).toBe(6)
    expect(ended.err).toContain('exceeded quota: one-pod, requested: pods=1, used: pods=1, limited: pods=1')
    expect(ended.tookMs).toBeLessThan(60_000)
  })

  it('of an object that somebody else manages a field of is exit 9 or asks, and names the manager', async () => {
    const project = direct('shared')
    const first = await project.run(...DEPLOY)
    expect(first.code, first.all).toBe(0)
    const path = '/apis/apps/v1/namespaces/shared/deployments/web?fieldManager=kubectl-edit'
    await plane.api.request('PATCH', path, { spec: { progressDeadlineSeconds: 77, replicas: 3 } })
    project.write('compose.yaml', COMPOSE.replace('web:1', 'web:2'))
    const ended = await project.run(...DEPLOY)
    expect([9, 10], ended.all).toContain(ended.code)
    expect(ended.err).toContain('kubectl-edit')
    const taken = await project.run(...DEPLOY, '--allow', 'override')
    expect(taken.code, taken.all).toBe(0)
  })
})

describe('the wrong place', () => {
  const writes = (): readonly string[] => proxy.calls.filter(isWrite).map((call) => `${call.method} ${call.path}`)

  it('is a pin that another server does not meet: exit 9 before any call', async () => {
    proxy.reset()
    const target = '    server: https://10.0.0.1:6443\n'
    const project = stand.project('pinned', { compose: COMPOSE, kubeconfig: proxy.kubeconfig, target })
    const ended = await project.run(...DEPLOY)
    expect(ended.code, ended.all).toBe(9)
    expect(ended.err).toContain(`context faulty leads to ${proxy.server}, not to https://10.0.0.1:6443`)
    expect(proxy.calls).toEqual([])
  })

  it('is a cluster that holds a copy of the app: exit 9 before any write', async () => {
    const project = stand.project('copied', { compose: COMPOSE, kubeconfig: proxy.kubeconfig })
    proxy.reset()
    const first = await project.run(...DEPLOY)
    expect(first.code, first.all).toBe(0)
    proxy.reset()
    const body = { kind: 'Namespace', metadata: { name: 'kube-system', uid: '00000000-0000-4000-8000-000000000000' } }
    proxy.plan((call) => call.path.endsWith('/kube-system'), { kind: 'answer', status: 200, body })
    project.write('compose.yaml', COMPOSE.replace('web:1', 'web:2'))
    const ended = await project.run(...DEPLOY)
    expect(ended.code, ended.all).toBe(9)
    expect(ended.err).toContain('target rack is not the place that release 1 was deployed to')
    expect(writes()).toEqual([])
  })

  it('is another project under the same name: exit 9 before any write', async () => {
    const first = await direct('named').run(...DEPLOY)
    expect(first.code, first.all).toBe(0)
    const compose = `name: named\n${COMPOSE}`.replace('web:1', 'web:2')
    const other = stand.project('elsewhere', { compose, kubeconfig: proxy.kubeconfig })
    proxy.reset()
    const ended = await other.run(...DEPLOY)
    expect(ended.code, ended.all).toBe(9)
    expect(ended.err).toMatch(/named on rack was deployed from [0-9a-f]{32}, not from [0-9a-f]{32}/)
    expect(writes()).toEqual([])
  })

  it('is a target that the last release ran on and the file has lost: exit 9 before any write', async () => {
    const project = stand.project('lost', { compose: COMPOSE, kubeconfig: proxy.kubeconfig })
    const first = await project.run(...DEPLOY)
    expect(first.code, first.all).toBe(0)
    project.write('stormport.yaml', fleetOf({ kubeconfig: proxy.kubeconfig }).replace('rack:', 'shelf:'))
    proxy.reset()
    const ended = await project.run(...DEPLOY)
    expect(ended.code, ended.all).toBe(9)
    expect(ended.err).toContain('release 1 runs on target rack, which stormport.yaml no longer has')
    expect(writes()).toEqual([])
  })

  it('is a namespace that another command is at work in: exit 9 with its holder', async () => {
    const project = stand.project('locked', { compose: COMPOSE, kubeconfig: proxy.kubeconfig })
    proxy.reset()
    proxy.plan(isWorkload, { kind: 'delay', ms: 6_000 }, 1)
    const first = project.start(...DEPLOY)
    await awaitObject(plane.api, '/apis/coordination.k8s.io/v1/namespaces/locked/leases/stormport-locked', () => true)
    const second = await project.run(...DEPLOY, '--lock-wait', '1s')
    expect(second.code, second.all).toBe(9)
    expect(second.err).toMatch(/locked is locked on rack: held by \S+@\S+ \(stormport deploy, pid \d+\)/)
    expect((await first.ended).code).toBe(0)
  })
})
