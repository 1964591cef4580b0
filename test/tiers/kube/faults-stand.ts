// A user before a real plane: a project folder, a home of its own, and the built command line as a process beside this one,
// so that the proxy of the same test can go on answering. Everything is ended and removed, also after a failure.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PlaneApi } from '../../clusters/index.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const bin = join(root, 'bin', 'stormport.js')

export interface Ended {
  /** null: killed. */
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly all: string
  readonly tookMs: number
}

export interface Started {
  readonly ended: Promise<Ended>
  readonly pid: number
  kill(signal: NodeJS.Signals): void
}

export interface Project {
  readonly dir: string
  readonly app: string
  write(file: string, text: string): void
  /** A verb with its words; the app's own files are found in its folder. */
  start(...words: readonly string[]): Started
  run(...words: readonly string[]): Promise<Ended>
}

export interface Stand {
  project(app: string, files: Files): Project
  end(): Promise<void>
}

export interface Files {
  readonly compose: string
  readonly kubeconfig: string
  /** Further lines of the target `rack`. */
  readonly target?: string
  readonly env?: Readonly<Record<string, string>>
}

export const createStand = (): Stand => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'stormport-faults-')))
  const running = new Set<ChildProcess>()
  return {
    project: (app, files) => {
      const dir = join(base, app)
      mkdirSync(join(dir, '.home'), { recursive: true })
      const write = (file: string, text: string): void => writeFileSync(join(dir, file), text)
      write('compose.yaml', files.compose)
      write('stormport.yaml', fleetOf(files))
      const env = environment(dir, files)
      const begin = (words: readonly string[]): Started => start(words, { dir, env, running })
      return { dir, app, write, start: (...words) => begin(words), run: (...words) => begin(words).ended }
    },
    end: async () => {
      for (const child of running) child.kill('SIGKILL')
      rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    },
  }
}

export const fleetOf = ({ kubeconfig, target = '' }: Pick<Files, 'kubeconfig' | 'target'>): string =>
  `targets:\n  rack:\n    provider: kubernetes\n    kubeconfig: ${kubeconfig}\n${target}`

const environment = (dir: string, { env = {} }: Files): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  LANG: 'C.UTF-8',
  HOME: join(dir, '.home'),
  DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? tmpdir(), '.cache'),
  NO_COLOR: '1',
  STORMPORT_YES: '1',
  ...env,
})

interface At {
  readonly dir: string
  readonly env: NodeJS.ProcessEnv
  readonly running: Set<ChildProcess>
}

const start = (words: readonly string[], { dir, env, running }: At): Started => {
  const beganMs = performance.now()
  const child = spawn(process.execPath, [bin, ...words], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const [out, err] = [textOf(child.stdout), textOf(child.stderr)]
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      running.delete(child)
      const tookMs = performance.now() - beganMs
      resolve({ code, out: out(), err: err(), all: out() + err(), tookMs })
    })
  })
  return { ended, pid: child.pid ?? 0, kill: (signal) => void child.kill(signal) }
}

const textOf = (stream: NodeJS.ReadableStream): (() => string) => {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

export interface Live {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly [key: string]: unknown
  }
  readonly [key: string]: unknown
}

/** What may stand in an app's namespace, pods and events too: path of the API group → plurals. */
const KINDS: readonly (readonly [string, readonly string[]])[] = [
  [
    '/api/v1',
    ['configmaps', 'secrets', 'services', 'serviceaccounts', 'persistentvolumeclaims', 'pods', 'events', 'endpoints'],
  ],
  ['/apis/apps/v1', ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'controllerrevisions']],
  ['/apis/batch/v1', ['jobs', 'cronjobs']],
  ['/apis/networking.k8s.io/v1', ['networkpolicies', 'ingresses']],
  ['/apis/policy/v1', ['poddisruptionbudgets']],
  ['/apis/autoscaling/v2', ['horizontalpodautoscalers']],
  ['/apis/coordination.k8s.io/v1', ['leases']],
]

/** 'deployments/web' → object, for everything in the namespace. */
export const everythingIn = async (api: PlaneApi, namespace: string): Promise<ReadonlyMap<string, Live>> => {
  const lists = KINDS.flatMap(([prefix, plurals]) => plurals.map((plural) => ({ prefix, plural })))
  const found = await Promise.all(
    lists.map(async ({ prefix, plural }) => {
      const path = `${prefix}/namespaces/${namespace}/${plural}`
      const { items } = await api.request<{ readonly items: readonly Live[] }>('GET', path)
      return items.map((item) => [`${plural}/${item.metadata.name}`, item] as const)
    }),
  )
  return new Map(found.flat())
}

export const exists = async (api: PlaneApi, path: string): Promise<boolean> => {
  try {
    await api.request('GET', path)
    return true
  } catch (error) {
    if ((error as { readonly status?: number }).status === 404) return false // the harness's own error
    throw error
  }
}
