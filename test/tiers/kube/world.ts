// A user's files and the real engine against real planes: what `deploy` and its sisters do, without the command line in
// between. Consent is given beforehand, as by flags; what is missing ends the change.
import { randomBytes } from 'node:crypto'
import type { Engine, Planned, Project } from '../../../core/engine/api.ts'
import { createEngine } from '../../../core/engine/index.ts'
import type { Consent } from '../../../core/model/plan.ts'
import type { Provider } from '../../../core/ports.ts'
import { createKubernetesProvider } from '../../../providers/kubernetes/index.ts'
import { fleet, target } from '../../builders/app.ts'
import { clusterSpec } from '../../builders/kubernetes.ts'
import { request, type Told, told } from '../../engine/stand.ts'

export interface WorldTarget {
  readonly name: string
  readonly kubeconfig: string
  readonly settings?: Readonly<Record<string, unknown>>
}

export interface World {
  readonly engine: Engine
  readonly provider: Provider
  project(compose: string): Project
  plan(compose: string): Promise<Planned>
  deploy(compose: string, allow?: readonly Consent[]): Promise<Told>
  destroy(allow?: readonly Consent[]): Promise<Told>
  close(): Promise<void>
}

/** Long enough for a machine that is busy with other things. */
const DEPLOY_MS = 90_000

/** `app` is the project's name, and so the namespace where a target names none. */
export const createWorld = (app: string, places: readonly WorldTarget[]): World => {
  const provider = createKubernetesProvider({ env: {}, askPlugin: null })
  const targets = places.map(({ name, kubeconfig, settings }) =>
    target(name, { provider: 'kubernetes', settings: { kubeconfig, ...settings } }),
  )
  const wanted = fleet(targets)
  const engine = engineOver(provider)
  const project = (compose: string): Project => ({
    app: clusterSpec(compose, { app: { name: app } }).app,
    fleet: wanted,
    origin: 'git',
    source: { commit: null, ref: null, dirty: false },
    diagnostics: [],
  })
  const within = (allow: readonly Consent[]) => request({ timeoutMs: DEPLOY_MS, allow: ['apply', ...allow] })
  return {
    engine,
    provider,
    project,
    plan: (compose) => engine.plan(project(compose), within([]), AbortSignal.timeout(DEPLOY_MS)),
    deploy: (compose, allow = []) =>
      told(engine.deploy(project(compose), within(allow), AbortSignal.timeout(DEPLOY_MS))),
    destroy: (allow = []) =>
      told(
        engine.destroy(
          { app, fleet: wanted },
          { ...within(allow), volumes: allow.includes('destroy') },
          AbortSignal.timeout(DEPLOY_MS),
        ),
      ),
    close: () => engine.close(),
  }
}

const engineOver = (provider: Provider): Engine =>
  createEngine({
    provider: async () => provider,
    clock: { now: () => Date.now(), sleep: sleepUntil },
    confirm: async () => false,
    images: { resolve: async () => [] },
    files: { read: () => undefined, exists: () => undefined, realpath: (path) => path, list: () => [] },
    holder: { host: 'test', bootId: 'boot', pid: process.pid, startTicks: '1', user: 'ana', command: 'deploy' },
    randomId: () => randomBytes(8).toString('hex'),
    by: 'ana@test',
    builder: null,
    codeHash: async () => null,
  })

const sleepUntil = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(signal.reason)
      },
      { once: true },
    )
  })

/** Everything that a change said, for messages of failed tests and for what must stand in it. */
export const wordsOf = ({ events, result }: Told): string =>
  [...events.filter((e) => e.type === 'diagnostic').map((e) => `${e.code} ${e.message}`), JSON.stringify(result)].join(
    '\n',
  )
