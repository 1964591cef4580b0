// Replicas that fail: the deploy ends long before its deadline, with the reason, the warnings of the cluster and the last
// lines of the replica. And what is secret stays in the Secret.
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Plane, startPlane } from '../../clusters/index.ts'
import { createStand, type Ended, everythingIn, type Project, type Stand } from './faults-stand.ts'

const DEPLOY = ['deploy', '--no-resolve', '--timeout', '300s']
const FAST_MS = 60_000

let plane: Plane
let stand: Stand

beforeAll(async () => {
  plane = await startPlane({
    name: 'pods',
    nodes: [{ name: 'node-1', cpu: '16', memory: '32Gi', pods: 200 }],
    fast: true,
  })
  // The log of every simulated pod.
  await appendFile(join(plane.folder, 'simulated.log'), `${stamp()} stderr F cannot open the ledger: no such file\n`)
  stand = createStand()
})
afterAll(async () => {
  await stand?.end()
  await plane?.stop()
})

const stamp = (): string => new Date().toISOString().replace('Z', '000000Z')

const fated = (app: string, fate: string): Project =>
  stand.project(app, {
    compose: `services:\n  web:\n    image: registry.example/web:1\n    environment: { FATE: ${fate} }\n`,
    kubeconfig: plane.kubeconfig,
  })

// They mostly wait, and each has an app of its own.
describe.concurrent('a replica that fails', () => {
  it('by an image that is not there ends the deploy with the words of the pull', async () => {
    const ended = await fated('pull', 'image-pull').run(...DEPLOY)
    expect(ended.code, ended.all).toBe(3)
    expect(ended.err).toMatch(/compose\.yaml:3:\d+/)
    expect(ended.err).toMatch(/web on rack is not healthy: the image registry\.example\/web:1 cannot be pulled/)
    expect(ended.err).toContain('not found')
    expect(ended.tookMs).toBeLessThan(FAST_MS)
  })

  it('by exits ends the deploy with exit 6, its last lines and the next step', async () => {
    const ended = await fated('crash', 'crash').run(...DEPLOY)
    expect(ended.code, ended.all).toBe(6)
    expect(ended.err).toMatch(
      /web on rack is not healthy: main exited \d+ times, last with code 1|web on rack is not healthy: \S+ exited/,
    )
    expect(ended.all).toContain('cannot open the ledger: no such file')
    expect(ended.err).toContain('stormport logs web -p crash, mend it, then stormport deploy')
    expect(ended.tookMs).toBeLessThan(FAST_MS)
  })

  it('tells the same as events with --json', async () => {
    const ended = await fated('crash-json', 'crash').run(...DEPLOY, '--json')
    expect(ended.code, ended.all).toBe(6)
    const events = ended.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly type: string; readonly message: string; readonly code: string })
    expect(events.filter((e) => e.type === 'log').map((e) => e.message)).toContain(
      'cannot open the ledger: no such file',
    )
    expect(events.at(-1)).toMatchObject({ type: 'result', ok: false, exitCode: 6 })
  })

  it('by never getting ready ends at the deadline with exit 8, for it still runs', async () => {
    const project = stand.project('never', {
      compose: `services:\n  web:\n    image: registry.example/web:1\n    environment: { FATE: never-ready }\n    healthcheck: { test: [CMD, "true"] }\n`,
      kubeconfig: plane.kubeconfig,
    })
    const ended = await project.run('deploy', '--no-resolve', '--timeout', '8s')
    expect(ended.code, ended.all).toBe(8)
    expect(ended.err).toMatch(/not ready in time on rack/)
  })

  it('by finding no node ends the deploy with exit 6 and the words of the scheduler', async () => {
    // Who may not read nodes cannot know beforehand that none fits.
    const verbs = ['*']
    await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: 'nowhere' } })
    await plane.api.request('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/nowhere/roles', {
      metadata: { name: 'all' },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs }],
    })
    const apiGroup = 'rbac.authorization.k8s.io'
    await plane.api.request('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/nowhere/rolebindings', {
      metadata: { name: 'all' },
      roleRef: { apiGroup, kind: 'Role', name: 'all' },
      subjects: [{ kind: 'User', name: 'tenant', apiGroup }],
    })
    const project = stand.project('nowhere', {
      compose: `services:\n  web:\n    image: registry.example/web:1\n    deploy: { resources: { reservations: { cpus: "64" } } }\n`,
      kubeconfig: await plane.kubeconfigFor({ user: 'tenant' }),
    })
    const ended = await project.run(...DEPLOY)
    expect(ended.code, ended.all).toBe(6)
    expect(ended.err).toMatch(/web on rack is not healthy: 0\/1 nodes are available: 1 Insufficient cpu/)
    expect(ended.all).toContain('FailedScheduling')
    expect(ended.tookMs).toBeLessThan(FAST_MS)
  })

  it('in an update takes the target back to the release before', async () => {
    const project = fated('back', 'none')
    const first = await project.run(...DEPLOY)
    expect(first.code, first.all).toBe(0)
    project.write(
      'compose.yaml',
      'services:\n  web:\n    image: registry.example/web:2\n    environment: { FATE: crash }\n',
    )
    const ended = await project.run(...DEPLOY)
    expect(ended.code, ended.all).toBe(6)
    expect(ended.all).toContain('cannot open the ledger: no such file')
    expect(ended.all).toContain('rack is back on release 1, healthy')
    const again = await project.run('status', '--json')
    expect(JSON.parse(again.out)).toMatchObject({ state: 'healthy', targets: [{ release: 1 }] })
  })
})

describe('a secret value', () => {
  const CANARIES = ['canary-in-a-file', 'canary-in-env-file', 'canary-from-outside', 'canary-in-command']
  const COMPOSE = `services:
  web:
    image: registry.example/web:1
    command: [serve, --key, "\${OUTSIDE_KEY}"]
    env_file: [web.env]
    environment: { FATE: FATE_OF, DB_PASSWORD: canary-in-command, FROM_OUTSIDE: "\${OUTSIDE}" }
    secrets: [token]
secrets: { token: { file: token.txt } }
`
  const outputs: Ended[] = []

  it('is in no object but Secrets, and in no output, in good and in bad times', async () => {
    const env = { OUTSIDE: 'canary-from-outside', OUTSIDE_KEY: 'canary-from-outside-key' }
    const compose = COMPOSE.replace('FATE_OF', 'none')
    const project = stand.project('canary', { compose, kubeconfig: plane.kubeconfig, env })
    project.write('web.env', 'API_KEY=canary-in-env-file\n')
    project.write('token.txt', 'canary-in-a-file')
    const run = async (...words: readonly string[]): Promise<Ended> => {
      const ended = await project.run(...words)
      outputs.push(ended)
      return ended
    }
    const first = await run(...DEPLOY)
    expect(first.code, first.all).toBe(0)
    project.write('compose.yaml', COMPOSE.replace('FATE_OF', 'crash').replace('web:1', 'web:2'))
    project.write('web.env', 'API_KEY=canary-in-env-file-2\n')
    await run('plan', '--no-resolve', '--full')
    await run('plan', '--no-resolve', '--native')
    await run('plan', '--no-resolve', '--json')
    expect((await run(...DEPLOY, '--json')).code).toBe(6)
    for (const words of [['status'], ['ps'], ['why', 'web'], ['releases'], ['history'], ['events']])
      await run(...words, '--json')
    await expectNowhere(project)
  })

  const expectNowhere = async (project: Project): Promise<void> => {
    const everything = await everythingIn(plane.api, 'canary')
    const holders: string[] = []
    for (const [key, object] of everything) {
      const text = JSON.stringify(object)
      if (CANARIES.some((canary) => text.includes(canary))) holders.push(key)
      const inside = Object.values((object['data'] ?? {}) as Readonly<Record<string, string>>).map(decoded)
      if (CANARIES.some((canary) => inside.some((value) => value.includes(canary)))) holders.push(`${key} data`)
    }
    expect(holders.length).toBeGreaterThan(0)
    expect(holders.filter((key) => !/^secrets\/(?:web|secret)-\S+ data$/.test(key))).toEqual([])
    for (const { all } of outputs) for (const canary of CANARIES) expect(all).not.toContain(canary)
    for (const file of await filesBelow(join(project.dir, '.home')))
      for (const canary of CANARIES) expect(await readFile(file, 'utf8'), file).not.toContain(canary)
  }
})

/** Records are base64 over gzip; both are looked through. */
const decoded = (value: string): string => {
  const bytes = Buffer.from(value, 'base64')
  return bytes.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))
    ? gunzipSync(bytes).toString('utf8')
    : bytes.toString('utf8')
}

const filesBelow = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
