// The figures that have no peer: what a second deploy asks and writes, how long `status` takes on a warm connection, what
// importing the provider costs, and how much memory a thousand objects take.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { createBindings } from '../cli/context/bindings.ts'
import { createEnvironment } from '../cli/context/environment.ts'
import { loadProject, subjectOf } from '../cli/library.ts'
import { type BenchApp, bin, closeBench, type KubeBench, openBench } from './kube-app.ts'
import { ours } from './kube-peers.ts'
import { figure, median, verdict } from './kube-report.ts'

const AUDIT = 'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{ level: Metadata }]\n'

interface AuditEvent {
  readonly auditID: string
  readonly userAgent?: string
  readonly verb: string
}

/** Counted by the server, not by us: its audit log names every request of our user agent once. */
const requestsIn = (log: string, after: number): ReadonlyMap<string, AuditEvent> => {
  const lines = readFileSync(log, 'utf8').slice(after).split('\n').filter(Boolean)
  const events = lines.map((line) => JSON.parse(line) as AuditEvent).filter((e) => e.userAgent === 'stormport')
  return new Map(events.map((event) => [event.auditID, event]))
}

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

export const measureAgain = async (): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'stormport-audit-'))
  const [policy, log] = [join(dir, 'policy.yaml'), join(dir, 'audit.log')]
  writeFileSync(policy, AUDIT)
  writeFileSync(log, '')
  const bench = await openBench(50, [
    `--audit-policy-file=${policy}`,
    `--audit-log-path=${log}`,
    '--audit-log-maxsize=1000',
  ])
  try {
    const app = bench.writeApp('again', 50)
    ours(bench, app, 'deploy')
    const first = requestsIn(log, 0)
    const end = readFileSync(log, 'utf8').length
    const before = await settledVersions(bench, app)
    ours(bench, app, 'deploy')
    const second = requestsIn(log, end)
    const writes = [...second.values()].filter((event) => WRITES.has(event.verb)).length
    const same = (await versionsOf(bench, app)) === before
    console.log(`requests of the first deploy ${first.size}, of the second ${second.size}`)
    figure('requests of the second, of the first', (100 * second.size) / first.size, { bound: 10, unit: '%' })
    figure('writes of the second', writes, { bound: 0, unit: 'requests' })
    console.log(`  resource versions of ${app.objects.length} objects and of the records are equal: ${verdict(same)}`)
  } finally {
    await closeBench(bench)
    rmSync(dir, { recursive: true, force: true })
  }
}

const PLURALS = [
  '/api/v1/X/configmaps',
  '/api/v1/X/secrets',
  '/api/v1/X/services',
  '/api/v1/X/serviceaccounts',
  '/apis/apps/v1/X/deployments',
  '/apis/networking.k8s.io/v1/X/networkpolicies',
  '/apis/policy/v1/X/poddisruptionbudgets',
  '/apis/coordination.k8s.io/v1/X/leases',
]

interface List {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly resourceVersion: string } }[]
}

/** Controllers write status for a moment after everything is ready. */
const settledVersions = async (bench: KubeBench, app: BenchApp): Promise<string> => {
  const deadlineMs = performance.now() + 30_000
  for (let last = ''; performance.now() < deadlineMs; ) {
    const now = await versionsOf(bench, app)
    if (now === last) return now
    last = now
    await sleep(2_000)
  }
  throw new Error('the objects of the app do not come to rest')
}

const versionsOf = async ({ plane }: KubeBench, app: BenchApp): Promise<string> => {
  const paths = PLURALS.map((path) => path.replace('X', `namespaces/${app.name}`))
  const lists = await Promise.all(paths.map((path) => plane.api.request<List>('GET', path)))
  return lists
    .flatMap(({ items }, i) => items.map(({ metadata }) => `${paths[i]} ${metadata.name} ${metadata.resourceVersion}`))
    .sort()
    .join('\n')
}

/** One engine in one process, as a program keeps it: the first answer opens the connection, the others use it. */
export const measureStatus = async (): Promise<void> => {
  const bench = await openBench(50)
  try {
    const app = bench.writeApp('status', 50)
    ours(bench, app, 'deploy')
    const [cold = Number.NaN, ...warm] = await statusTimes(bench, app)
    figure('status of 50 services, warm connection', median(warm), { bound: 300, unit: 'ms' })
    console.log(`  the first one, with its connections: ${cold.toFixed(0)} ms`)
    const commands = [1, 2, 3, 4, 5].map(() => ours(bench, app, 'status'))
    console.log(`  as a command, from its start to its end: ${median(commands).toFixed(0)} ms`)
  } finally {
    await closeBench(bench)
  }
}

const statusTimes = async ({ env }: KubeBench, app: BenchApp): Promise<readonly number[]> => {
  const project = await loadProject({ cwd: app.dir, env })
  const engine = await createBindings().createEngine(createEnvironment(app.dir, env), {
    confirm: async () => false,
    command: 'bench',
    fleet: async () => project.fleet,
  })
  const times: number[] = []
  try {
    for (let i = 0; i < 8; i += 1) {
      const from = performance.now()
      const { state } = await engine.status(subjectOf(project), null, new AbortController().signal)
      times.push(performance.now() - from)
      if (state !== 'healthy') throw new Error(`the app is ${state}`)
    }
    return times
  } finally {
    await engine.close()
  }
}

const root = fileURLToPath(new URL('..', import.meta.url))

const IMPORT = `
const loaded = []
process.getBuiltinModule('node:module').registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
const from = performance.now()
await import(process.argv[1])
const ms = performance.now() - from
console.log(JSON.stringify({ ms, clientNode: loaded.some((url) => url.includes('client-node')) }))`

/** As a build brings it: one file with what it imports, and packages with a scope outside of it. */
const bundled = async (dir: string): Promise<string> => {
  const outfile = join(dir, 'provider.mjs')
  await build({
    absWorkingDir: root,
    entryPoints: ['providers/kubernetes/index.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@kubernetes/*'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  })
  return outfile
}

export const measureImport = async (): Promise<void> => {
  const dir = mkdtempSync(join(root, 'node_modules', '.bench-'))
  try {
    const entry = await bundled(dir)
    const runs = [1, 2, 3, 4, 5].map(() => {
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', IMPORT, entry], { encoding: 'utf8' })
      if (run.status !== 0) throw new Error(run.stderr)
      return JSON.parse(run.stdout) as { readonly ms: number; readonly clientNode: boolean }
    })
    figure('import of providers/kubernetes', median(runs.map(({ ms }) => ms)), { bound: 250, unit: 'ms' })
    console.log(
      `  @kubernetes/client-node is not loaded by it: ${verdict(runs.every(({ clientNode }) => !clientNode))}`,
    )
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Largest resident set of a whole command: \`plan\` observes, renders and compares. */
export const planMemoryMib = ({ env }: KubeBench, app: BenchApp): number => {
  const tell = 'process.on("exit",()=>process.stderr.write(`\\npeak=${process.resourceUsage().maxRSS}`))'
  const args = ['--import', `data:text/javascript,${encodeURIComponent(tell)}`, bin, 'plan']
  const run = spawnSync(process.execPath, args, { cwd: app.dir, env, encoding: 'utf8', maxBuffer: 2 ** 28 })
  const peak = /peak=(\d+)/.exec(run.stderr)?.[1]
  if (run.status !== 0 || peak === undefined)
    throw new Error(`plan ended with ${run.status}: ${run.stderr.slice(-2_000)}`)
  return Number(peak) / 1024
}
