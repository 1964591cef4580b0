// kill -9 of the command line after a chosen call of a deploy, an update and a destroy, and what a rerun makes of it.
import type { Call, FaultProxy } from '../../clusters/fault-proxy.ts'
import { awaitObject, type PlaneApi } from '../../clusters/index.ts'
import { type Ended, everythingIn, exists, type Live, type Project, type Stand } from './faults-stand.ts'

export const composeOf = (version: number): string => `services:
  web:
    image: registry.example/web:${version}
    environment: { VERSION: "${version}" }
    ports: ["8080"]
    deploy: { update_config: { monitor: 0s } }
  db:
    image: registry.example/db:1
    env_file: [db.env]
    volumes: ["data:/data"]
    deploy: { update_config: { monitor: 0s } }
volumes: { data: {} }
`

export interface Phase {
  readonly name: 'deploy' | 'update' | 'destroy'
  readonly version: number
  readonly words: readonly string[]
}

const DEPLOY = ['deploy', '--no-resolve', '--timeout', '90s']

export const PHASES: readonly Phase[] = [
  { name: 'deploy', version: 1, words: DEPLOY },
  { name: 'update', version: 2, words: DEPLOY },
  { name: 'destroy', version: 2, words: ['destroy', '--volumes', '--allow', 'destroy', '--timeout', '90s'] },
]

export interface Ground {
  readonly api: PlaneApi
  readonly proxy: FaultProxy
  readonly stand: Stand
}

export const newProject = ({ proxy, stand }: Ground, app: string): Project => {
  const project = stand.project(app, { compose: composeOf(1), kubeconfig: proxy.kubeconfig })
  project.write('db.env', 'PASSWORD=canary-of-a-password-1\n')
  return project
}

const prepare = (project: Project, { version }: Phase): void => {
  project.write('compose.yaml', composeOf(version))
  project.write('db.env', `PASSWORD=canary-of-a-password-${version}\n`)
}

export type Counts = (call: Call) => boolean

export const isWrite: Counts = (call) => call.method !== 'GET'
export const isAny: Counts = () => true

export interface Reference {
  readonly states: ReadonlyMap<Phase['name'], string>
  /** Calls that count, by phase. */
  readonly calls: ReadonlyMap<Phase['name'], readonly string[]>
}

/** What the phases end in, and how many calls each takes, when nobody kills anything. */
export const undisturbed = async (ground: Ground, counts: Counts): Promise<Reference> => {
  const project = newProject(ground, 'undisturbed')
  const states = new Map<Phase['name'], string>()
  const calls = new Map<Phase['name'], readonly string[]>()
  for (const phase of PHASES) {
    prepare(project, phase)
    ground.proxy.reset()
    const ended = await project.run(...phase.words)
    if (ended.code !== 0) throw new Error(`${phase.name} ended with ${ended.code}: ${ended.all}`)
    calls.set(
      phase.name,
      ground.proxy.calls.filter(counts).map((c) => `${c.method} ${c.path}`),
    )
    states.set(phase.name, await stateOf(ground.api, project.app))
  }
  return { states, calls }
}

export interface Point {
  /** The n-th call that counts. */
  readonly at: number
  readonly counts: Counts
}

/** Each phase killed once at the point and run again; what differs from the reference, in words. */
export const killAt = async (ground: Ground, reference: Reference, point: Point): Promise<readonly string[]> => {
  const project = newProject(ground, `killed-${point.at}`)
  const wrong: string[] = []
  for (const phase of PHASES) {
    prepare(project, phase)
    const killed = await killedRun(ground, { project, phase }, point)
    const rerun = killed === null ? null : await runAgain(project, phase)
    const state = await stateOf(ground.api, project.app)
    const where = `${phase.name} killed after ${killed ?? 'its end'}`
    if (rerun !== null && rerun.code !== 0) wrong.push(`${where}: the rerun ended with ${rerun.code}: ${rerun.all}`)
    const difference = firstDifference(reference.states.get(phase.name) ?? '', state)
    if (difference !== null) wrong.push(`${where}: ${difference}`)
  }
  return wrong
}

/** A deploy that was killed and is given up: destroy leaves nothing of it. */
export const giveUpAt = async (ground: Ground, point: Point): Promise<readonly string[]> => {
  const project = newProject(ground, `given-up-${point.at}`)
  const [deploy, , destroy] = PHASES
  if (deploy === undefined || destroy === undefined) throw new Error('no phases')
  prepare(project, deploy)
  const killed = await killedRun(ground, { project, phase: deploy }, point)
  if (killed === null) return []
  const ended = await runAgain(project, destroy)
  const state = await stateOf(ground.api, project.app)
  if (ended.code === 0 && state === 'nothing') return []
  return [
    `deploy killed after ${killed}: destroy ended with ${ended.code} and left ${state.slice(0, 500)}: ${ended.all}`,
  ]
}

/** A machine under load may not answer within the bound: that is exit 7, and one runs it once more. */
const runAgain = async (project: Project, phase: Phase): Promise<Ended> => {
  for (let tries = 1; ; tries += 1) {
    const ended = await project.run(...phase.words)
    if (ended.code !== 7 || tries === 3) return ended
  }
}

/** The call after which it was killed; null: it had ended before. */
const killedRun = async (
  { proxy }: Ground,
  { project, phase }: { readonly project: Project; readonly phase: Phase },
  { at, counts }: Point,
): Promise<string | null> => {
  proxy.reset()
  let seen = 0
  let last: string | null = null
  const isIt = (call: Call): boolean => {
    if (!counts(call)) return false
    seen += 1
    return seen === at
  }
  const started = project.start(...phase.words)
  proxy.plan(isIt, {
    kind: 'tell',
    told: (call) => {
      started.kill('SIGKILL')
      last = `call ${call.number}, ${call.method} ${call.path}`
      // What stood in its sockets dies with it.
      proxy.plan(isAny, { kind: 'cutBefore' })
    },
  })
  const ended: Ended = await started.ended
  proxy.reset()
  if (last === null && ended.code !== 0) throw new Error(`${phase.name} ended with ${ended.code}: ${ended.all}`)
  return last
}

const stateOf = async (api: PlaneApi, app: string): Promise<string> => {
  if (!(await exists(api, `/api/v1/namespaces/${app}`))) return 'nothing'
  await podsSettled(api, app)
  const everything = await everythingIn(api, app)
  const lines = [...everything]
    .filter(([key]) => !IGNORED.some((ignored) => key.startsWith(ignored)))
    .map(([key, object]) => `${key} ${JSON.stringify(comparable(key, object))}`)
  return lines
    .map((line) => normal(line, app))
    .sort()
    .join('\n')
}

/**
 * Told or counted by the cluster itself; and what a command that was killed has not got round to: giving its lease back,
 * which counts as free because its holder is gone, and its line in the ledger.
 */
const IGNORED = ['events', 'endpoints', 'controllerrevisions', 'leases', 'secrets/stormport-history']

interface PodList {
  readonly items: readonly { readonly metadata: { readonly deletionTimestamp?: string } }[]
}

const podsSettled = (api: PlaneApi, app: string): Promise<unknown> =>
  awaitObject<PodList>(api, `/api/v1/namespaces/${app}/pods`, ({ items }) =>
    items.every((pod) => pod.metadata.deletionTimestamp === undefined),
  )

const comparable = (key: string, object: Live): unknown => {
  if (key === 'secrets/stormport-head') return headIn(object)
  if (key.startsWith('secrets/stormport-')) return 'there'
  if (/^(?:pods|replicasets)\//.test(key)) return object.metadata.labels
  const { labels, annotations } = object.metadata
  return {
    labels,
    annotations: withoutPerCluster(annotations),
    spec: object['spec'],
    data: object['data'],
    owned: ownedFields(object),
  }
}

/** Where the cluster writes an address or the time of a choice. */
const withoutPerCluster = (annotations: Live['metadata']['annotations'] = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(annotations).filter(([key]) => !key.startsWith('pv.kubernetes.io/')))

interface Managed {
  readonly manager: string
  readonly operation: string
  readonly fieldsV1: unknown
}

const ownedFields = (object: Live): unknown =>
  ((object.metadata['managedFields'] ?? []) as readonly Managed[])
    .filter((entry) => entry.manager.startsWith('stormport'))
    .map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }))
    .sort((a, b) => (a.manager < b.manager ? -1 : 1))

interface HeadLike {
  readonly current: number
  readonly previousHealthy: number | null
  readonly state: string
  readonly releases: readonly { readonly number: number; readonly healthy: boolean }[]
}

const headIn = (secret: Live): unknown => {
  const { document } = secret['data'] as { readonly document: string }
  const head = JSON.parse(Buffer.from(document, 'base64').toString('utf8')) as HeadLike
  const releases = head.releases.map(({ number, healthy }) => ({ number, healthy }))
  return { current: head.current, previousHealthy: head.previousHealthy, state: head.state, releases }
}

/**
 * Names of the app, keyed hashes, and addresses that the cluster chose are its own in every run. That a Secret was made is
 * marked for those who watch at that moment.
 */
const normal = (line: string, app: string): string =>
  line
    .replaceAll(app, 'APP')
    .replace(/^(pods|replicasets)\/\S+/, '$1')
    .replace(/applyset-[\w-]{43}-v1/g, 'APPLYSET')
    .replace(/"(clusterIPs?|nodePort|volumeName)":(?:"[^"]*"|\[[^\]]*\]|\d+),?/g, '')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UID')
    .replace(/"(pod-template-hash|controller-revision-hash)":"[^"]*"/g, '')
    .replace(/[0-9a-f]{10,}(?: made)?/g, 'HEX')

const firstDifference = (wanted: string, found: string): string | null => {
  if (wanted === found) return null
  const [a, b] = [wanted.split('\n'), found.split('\n')]
  const [missing, extra] = [a.filter((line) => !b.includes(line)), b.filter((line) => !a.includes(line))]
  if (missing.length + extra.length === 0) return `${b.length} objects, not ${a.length}`
  return [...missing.map((line) => around(line, extra)), ...extra.map((line) => around(line, missing))].join('\n    ')
}

/** The part of a line at which its counterpart differs. */
const around = (line: string, others: readonly string[]): string => {
  const [key = ''] = line.split(' ', 1)
  const other = others.find((o) => o.startsWith(`${key} `))
  if (other === undefined) return `${key} has no counterpart`
  const at = [...line].findIndex((char, i) => char !== other[i])
  return `${key}: …${line.slice(Math.max(0, at - 60), at + 80)}…`
}
