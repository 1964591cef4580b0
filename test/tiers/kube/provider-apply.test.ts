// How objects are applied on a real API server, by the rules of server-side apply: what is the same is not written, what
// belongs to others stays, and nothing is asked object by object. The server's own audit log is the witness.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuditedRequest, awaitObject, type Plane, requestsOf, startPlane } from '../../clusters/index.ts'
import { administrator } from './access.ts'
import { createWorld, type World, wordsOf } from './world.ts'

const NODES = [1, 2, 3].map((n) => ({ name: `node-${n}`, cpu: '64', memory: '256Gi', pods: 500 }))
const USER = 'deployer'
const SERVICES = 50

/** Six objects a service, and two for all. One alone has a Secret: each is one more request, because it is read by name. */
const many = (names: readonly string[]): string => {
  const secret = (name: string): string => (name === 'svc-1' ? ', environment: { API_KEY: "a-secret-value" }' : '')
  const service = (name: string): string =>
    `  ${name}: { image: "${name}:1", ports: ["8080"], configs: ["of-${name}"]${secret(name)} }`
  const config = (name: string): string => `  of-${name}: { content: "settings of ${name}" }`
  return `services:\n${names.map(service).join('\n')}\nconfigs:\n${names.map(config).join('\n')}\n`
}

const NAMES = Array.from({ length: SERVICES }, (_, i) => `svc-${i + 1}`)

interface Live {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly managedFields?: readonly { readonly manager: string; readonly operation: string }[]
  }
  readonly spec: Readonly<Record<string, unknown>>
}

interface Budget {
  readonly status: { readonly expectedPods?: number; readonly currentHealthy?: number }
}

const tallyOf = (requests: readonly AuditedRequest[]): Readonly<Record<string, number>> => {
  const tally: Record<string, number> = {}
  for (const { verb, resource } of requests) tally[`${verb} ${resource}`] = (tally[`${verb} ${resource}`] ?? 0) + 1
  return tally
}

const KINDS = [
  'api/v1/services',
  'api/v1/serviceaccounts',
  'api/v1/configmaps',
  'api/v1/secrets',
  'apis/apps/v1/deployments',
  'apis/policy/v1/poddisruptionbudgets',
  'apis/networking.k8s.io/v1/networkpolicies',
]

const isWrite = ({ verb }: AuditedRequest): boolean => !['get', 'list', 'watch'].includes(verb)

/** Asking what one may do, or logging in, changes nothing. */
const isReview = ({ resource }: AuditedRequest): boolean => resource.endsWith('reviews')

describe('applying to a real API server', () => {
  let plane: Plane
  let kubeconfig: string
  const worlds: World[] = []
  beforeAll(async () => {
    plane = await startPlane({ name: 'apply', nodes: NODES, fast: true, audit: [USER] })
    kubeconfig = await administrator(plane, USER)
  })
  afterAll(async () => {
    await Promise.all(worlds.map((world) => world.close()))
    await plane?.stop()
  })

  const worldOf = (app: string): World => {
    const world = createWorld(app, [{ name: 'rack', kubeconfig }])
    worlds.push(world)
    return world
  }

  const during = async <T>(work: () => Promise<T>): Promise<{ value: T; requests: readonly AuditedRequest[] }> => {
    const before = (await requestsOf(plane, USER)).length
    const value = await work()
    return { value, requests: (await requestsOf(plane, USER)).slice(before) }
  }

  const versionsIn = async (namespace: string): Promise<Readonly<Record<string, string>>> => {
    const lists = await Promise.all(
      KINDS.map((kind) => {
        const at = kind.lastIndexOf('/')
        const path = `/${kind.slice(0, at)}/namespaces/${namespace}/${kind.slice(at + 1)}`
        return plane.api.request<{ readonly items: readonly Live[] }>('GET', path)
      }),
    )
    return Object.fromEntries(
      lists.flatMap(({ items }, i) =>
        items.map(({ metadata }) => [`${KINDS[i]}/${metadata.name}`, metadata.resourceVersion] as const),
      ),
    )
  }

  /** Budgets are the last that controllers write to. */
  const controllersAreDone = (namespace: string): Promise<unknown> =>
    awaitObject<{ readonly items: readonly Budget[] }>(
      plane.api,
      `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
      ({ items }) =>
        items.every(({ status }) => status.expectedPods === 1 && status.currentHealthy === status.expectedPods),
    )

  describe('of fifty services', () => {
    const compose = many(NAMES)
    let first: readonly AuditedRequest[]
    let world: World
    beforeAll(async () => {
      world = worldOf('large')
      const started = Date.now()
      const { value, requests } = await during(() => world.deploy(compose))
      expect(value.result.exitCode, wordsOf(value)).toBe(0)
      first = requests
      console.log(`${SERVICES} services: ${requests.length} requests in ${Date.now() - started} ms`)
    })

    it('writes nothing on a second deploy, and asks at most a tenth of the first one', async () => {
      await controllersAreDone('large')
      const before = await versionsIn('large')
      // As a command of its own, with nothing remembered from the first one.
      const { value, requests } = await during(() => worldOf('large').deploy(compose))
      expect(value.result.exitCode, wordsOf(value)).toBe(0)
      console.log(`second deploy: ${requests.length} requests: ${JSON.stringify(tallyOf(requests))}`)
      expect(requests.filter((r) => isWrite(r) && !isReview(r))).toEqual([])
      expect(await versionsIn('large')).toEqual(before)
      expect(requests.length).toBeLessThanOrEqual(first.length / 10)
    })

    it('finds drift in lists, without a request for each object', async () => {
      // Each with nothing remembered from before.
      const calm = await during(() => worldOf('large').plan(compose))
      for (const name of NAMES)
        await plane.api.request('PATCH', `/api/v1/namespaces/large/services/${name}?fieldManager=kubectl-edit`, {
          spec: { selector: { other: 'pods' } },
        })
      const { value, requests } = await during(() => worldOf('large').plan(compose))
      const drifted = value.plan.actions.filter((a) => a.objectKind === 'Service')
      expect(drifted.map((a) => a.name).sort()).toEqual([...NAMES].sort())
      expect(drifted[0]?.because).toContain('kubectl-edit')
      expect(requests.length).toBe(calm.requests.length)
      expect(requests.filter((r) => r.verb === 'get' && r.resource === 'services')).toEqual([])
    })

    it('shows the owner of a changed field and writes it back only with consent', async () => {
      const declined = await world.deploy(compose)
      expect(declined.result.exitCode).toBe(10)
      const path = '/api/v1/namespaces/large/services/svc-1'
      expect((await plane.api.request<Live>('GET', path)).spec['selector']).toMatchObject({ other: 'pods' })
      const allowed = await world.deploy(compose, ['override'])
      expect(allowed.result.exitCode, wordsOf(allowed)).toBe(0)
      expect((await plane.api.request<Live>('GET', path)).spec['selector']).not.toHaveProperty('other')
    })

    it('removes exactly what the file no longer names', async () => {
      const fewer = many(NAMES.slice(0, -1))
      const before = await versionsIn('large')
      const told = await world.deploy(fewer)
      expect(told.result.exitCode, wordsOf(told)).toBe(0)
      const after = await versionsIn('large')
      const gone = Object.keys(before).filter((key) => after[key] === undefined)
      expect(gone.length).toBeGreaterThan(0)
      expect(gone.filter((key) => !/(?:^|-)svc-50(?:-|$)/.test(key.split('/').at(-1) ?? ''))).toEqual([])
      expect((await world.destroy(['destroy'])).result.exitCode).toBe(0)
    })
  })
})
