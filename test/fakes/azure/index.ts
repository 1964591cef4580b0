// A stand-in for Azure that the real SDK clients and credentials talk to over TLS: AKS with its long-running operations,
// the parts of ARM that a deploy needs, Entra. Held against the published resource types of 2026-04-01 with the additions of
// 2026-06-01, the addresses of the installed SDK and the official request bodies; never run beside Azure itself.

import { createFakeClock, type FakeClock } from '../clock.ts'
import type { Aks } from './aks/aks.ts'
import { createAutoscaler, type Scaled } from './aks/autoscaler.ts'
import type { Behind } from './aks/behind.ts'
import { createNodes } from './aks/nodes.ts'
import { AKS_VERSION, aksOperations, statusOperations } from './aks/operations.ts'
import { scaleByItself } from './aks/pools.ts'
import { catalogSizes, type Size } from './aks/sizes.ts'
import { DEFAULT_VERSIONS } from './aks/versions.ts'
import { computeOperations, otherOperations } from './arm/compute.ts'
import { groupOperations } from './arm/groups.ts'
import { identityOperations } from './arm/identities.ts'
import { assignmentOperations } from './arm/roles.ts'
import { createEntra, type Entra } from './entra.ts'
import { createFaults, type Faults } from './faults.ts'
import { createLro, type HeaderMode, type Lro, settle } from './lro.ts'
import { createReviewer } from './review.ts'
import { createRules, type Rules } from './rules.ts'
import { loadSkus, loadTypes, missingForFakeAzure } from './schema/load.ts'
import { createJudge } from './schema/walk.ts'
import { type Arm, answerArm } from './server/arm.ts'
import type { JournalEntry } from './server/calls.ts'
import { type Incoming, type Listener, listenPlain, listenTls, type Outgoing } from './server/listen.ts'
import { createRouter } from './server/routes.ts'
import { createThrottle } from './server/throttle.ts'
import { makeTls, type Tls } from './server/tls.ts'
import { type AzureState, createState } from './state.ts'

export { AKS_SERVER_APP, ARM_AUDIENCE } from './entra.ts'
export { AZURE_DATA, missingForFakeAzure } from './schema/load.ts'
export { makeTls, type Tls } from './server/tls.ts'

export interface FakeAzureOptions {
  readonly subscription?: string
  readonly tenant?: string
  /** How far the clock goes with each request. Default 0: the test moves it. */
  readonly tickMs?: number
  /** Retry-After of accepted operations and of their status. Default: none is sent, so that the client's own pace counts. */
  readonly retryAfterSeconds?: number | null
  readonly lroHeaders?: HeaderMode
  /** The API of a cluster, by its name: a real control plane. Default: none. */
  readonly plane?: Behind | ((cluster: string) => Behind | null)
  /** Shared by several stand-ins of one test file, which removes it; openssl takes its time. Default: its own. */
  readonly tls?: Tls
  /** Sizes beyond those of the catalogue. */
  readonly sizes?: readonly Size[]
  readonly versions?: AzureState['versions']
  /** Called after each call has had its effect; for tests that end the client there. */
  readonly onCall?: (entry: JournalEntry) => void | Promise<void>
}

export interface FakeAzure {
  /** Endpoint of ARM and authority of Entra. */
  readonly url: string
  /** PEM of the authority behind its certificate; `caFile` for NODE_EXTRA_CA_CERTS. */
  readonly ca: string
  readonly caFile: string
  /** For an API server's token review webhook: plain HTTP, since its configuration carries no authority of ours. */
  readonly tokenReviewUrl: string
  readonly clock: FakeClock
  readonly faults: Faults
  readonly rules: Rules
  readonly state: AzureState
  readonly lro: Lro
  readonly entra: Entra
  readonly journal: readonly JournalEntry[]
  /** Faults of the stand-in itself: a test looks at them at its end. */
  readonly defects: readonly string[]
  /** Requests that no client of ours may send: a test looks at them at its end. */
  readonly violations: readonly string[]
  readonly subscription: string
  readonly tenant: string
  /** What `ClientSecretCredential` takes. */
  readonly principal: TestPrincipal
  /** What a process needs to find it. */
  readonly env: Readonly<Record<string, string>>
  /** A credential that asks nobody and writes down its scopes (`entra.scopes`). */
  readonly credential: { getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number }> }
  /** What the cluster autoscaler does, or the end of Spot machines: the count moves without a request. */
  autoscale(at: PoolAddress, count: number): Promise<void>
  /** One round of the cluster autoscaler over the pending pods of the planes. */
  autoscaleRound(): Promise<readonly Scaled[]>
  /** Applies what time has done, also to the nodes of the plane. */
  settle(): Promise<void>
  close(): Promise<void>
}

export interface PoolAddress {
  readonly group: string
  readonly cluster: string
  readonly pool: string
}

export interface TestPrincipal {
  readonly clientId: string
  readonly clientSecret: string
  readonly objectId: string
}

export const TEST_SUBSCRIPTION = '00000000-0000-0000-0000-000000000000'
export const TEST_TENANT = '11111111-1111-4111-8111-111111111111'
export const TEST_PRINCIPAL: TestPrincipal = {
  clientId: '22222222-2222-4222-8222-222222222222',
  clientSecret: 'test-secret',
  objectId: '33333333-3333-4333-8333-333333333333',
}
/** API version that the stand-in serves for AKS: the default of the installed SDK. */
export const SERVED_VERSION = AKS_VERSION

export const startFakeAzure = async (options: FakeAzureOptions = {}): Promise<FakeAzure> => {
  const missing = missingForFakeAzure()
  if (missing !== null) throw new Error(`no stand-in for Azure: ${missing}`)
  const parts = await createParts(options)
  const tls = options.tls ?? (await makeTls())
  const listener = await listenTls(tls, (incoming) => parts.answer(incoming))
  parts.listening(listener.url)
  const reviews = await listenPlain(createReviewer(parts.state, parts.entra, Date.now))
  return assembled({ ...parts, tls, ownsTls: options.tls === undefined, listener, reviews })
}

const createParts = async (options: FakeAzureOptions) => {
  const state = createState({
    subscription: options.subscription ?? TEST_SUBSCRIPTION,
    tenant: options.tenant ?? TEST_TENANT,
    clock: createFakeClock(Date.UTC(2026, 10, 2, 3, 4, 5)),
    rules: createRules(),
    faults: createFaults(),
    versions: options.versions ?? DEFAULT_VERSIONS,
  })
  const entra = createEntra({ ...TEST_PRINCIPAL, tenant: state.tenant, now: Date.now })
  const lro = createLro(state, options.lroHeaders ?? 'azureAsync')
  let url = ''
  const aks = aksOf(options, { state, mode: lro.mode, origin: () => url })
  const nodes = createNodes(aks)
  const arm = await createArm(options, { state, entra, aks, origin: () => url })
  const inTurn = createTurns()
  const settled = async (): Promise<void> => {
    settle(state)
    await nodes.follow()
  }
  const answer = async (incoming: Incoming): Promise<Outgoing> => {
    const { method, url: at, body } = incoming
    const found = entra.answer({ method, path: at.pathname, body, origin: url })
    if (found !== null) return json(found.status, found.body)
    return inTurn(async () => {
      state.clock.advance(options.tickMs ?? 0)
      await settled()
      return answerArm(arm, incoming)
    })
  }
  const listening = (at: string): void => {
    url = at
  }
  const autoscaler = createAutoscaler(aks)
  const autoscaleRound = (): Promise<readonly Scaled[]> =>
    inTurn(async () => {
      await settled()
      const scaled = await autoscaler.round()
      await nodes.follow()
      return scaled
    })
  return { state, entra, lro, arm, answer, listening, autoscaleRound, settle: () => inTurn(settled) }
}

const aksOf = (options: FakeAzureOptions, of: Pick<Aks, 'state' | 'mode' | 'origin'>): Aks => {
  const sizes = catalogSizes()
  for (const size of options.sizes ?? []) sizes.set(size.name.toLowerCase(), size)
  const { plane } = options
  const behind = typeof plane === 'function' ? plane : () => plane ?? null
  return { ...of, sizes, behind, retryAfterSeconds: options.retryAfterSeconds ?? null }
}

interface ArmOf {
  readonly state: AzureState
  readonly entra: Entra
  readonly aks: Aks
  readonly origin: () => string
}

const createArm = async (options: FakeAzureOptions, { state, entra, aks, origin }: ArmOf): Promise<Arm> => {
  const types = await loadTypes()
  const parts = { state, sizes: aks.sizes, origin, savedSkus: await loadSkus() }
  const operations = [
    ...aksOperations(aks, types),
    ...statusOperations(aks),
    ...identityOperations(parts),
    ...assignmentOperations(parts),
    ...computeOperations(parts),
    ...groupOperations(parts),
    ...otherOperations(parts),
  ]
  return {
    state,
    entra,
    judge: createJudge(types.types),
    throttle: createThrottle(state.clock),
    route: createRouter(operations, () => state.rules.holds('caseless')),
    journal: [],
    defects: [],
    violations: [],
    now: Date.now,
    onCall: options.onCall ?? (() => undefined),
  }
}

/** One after another, whatever the outcome. */
const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work)
    last = next.catch(() => undefined)
    return next
  }
}

const json = (status: number, body: unknown): Outgoing => ({
  kind: 'reply',
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

interface Assembled extends Awaited<ReturnType<typeof createParts>> {
  readonly tls: Tls
  readonly ownsTls: boolean
  readonly listener: Listener
  readonly reviews: Listener
}

const assembled = ({ state, entra, lro, arm, tls, listener, reviews, ...rest }: Assembled): FakeAzure => ({
  url: listener.url,
  ca: tls.ca,
  caFile: tls.caFile,
  tokenReviewUrl: reviews.url,
  clock: state.clock,
  faults: state.faults,
  rules: state.rules,
  state,
  lro,
  entra,
  journal: arm.journal,
  defects: arm.defects,
  violations: arm.violations,
  subscription: state.subscription,
  tenant: state.tenant,
  principal: TEST_PRINCIPAL,
  env: {
    AZURE_TENANT_ID: state.tenant,
    AZURE_SUBSCRIPTION_ID: state.subscription,
    AZURE_CLIENT_ID: TEST_PRINCIPAL.clientId,
    AZURE_CLIENT_SECRET: TEST_PRINCIPAL.clientSecret,
    AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential',
    AZURE_AUTHORITY_HOST: listener.url,
    AZURE_RESOURCE_MANAGER_ENDPOINT: listener.url,
    NODE_EXTRA_CA_CERTS: tls.caFile,
  },
  credential: {
    getToken: (scopes) => {
      const { token, expiresAtMs } = entra.issue(typeof scopes === 'string' ? scopes : (scopes[0] ?? ''))
      return Promise.resolve({ token, expiresOnTimestamp: expiresAtMs })
    },
  },
  autoscale: async ({ group, cluster, pool }, count) => {
    const found = state.clusters.get(state.key(group, cluster))?.pools.get(state.key(pool))
    if (found === undefined) throw new Error(`no pool ${pool} in ${cluster}`)
    scaleByItself(found, count)
    await rest.settle()
  },
  autoscaleRound: rest.autoscaleRound,
  settle: rest.settle,
  close: async () => {
    await listener.close()
    await reviews.close()
    if (rest.ownsTls) await tls.remove()
  },
})
