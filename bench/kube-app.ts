// The application of the Kubernetes benches, as Stormport and as its peers take it: one Compose file, and the objects that
// `stormport render` makes of it, as documents for kubectl and as a chart for helm.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plane, startPlane } from '../test/clusters/index.ts'

export const bin = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'stormport.js')

export interface KubeBench {
  readonly plane: Plane
  readonly dir: string
  readonly env: NodeJS.ProcessEnv
  /** By namespace, which is also the app's name. */
  writeApp(name: string, services: number): BenchApp
}

export interface BenchApp {
  readonly name: string
  readonly dir: string
  readonly services: number
  readonly objects: readonly BenchObject[]
  /** Objects without the namespace, which is made beforehand for the peers. */
  readonly manifest: string
  readonly chart: string
}

export interface BenchObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
}

/** Images by digest: no registry is asked, by nobody. */
const composeFile = (name: string, services: number): string => {
  const ids = Array.from({ length: services }, (_, i) => String(i).padStart(3, '0'))
  const digest = `sha256:${'a'.repeat(64)}`
  const service = (id: string): string =>
    `  s${id}:
    image: registry.example/shop/s${id}@${digest}
    user: "10001:10001"
    environment: { LOG_LEVEL: info }
    expose: ["8080"]
    configs: [c${id}]
    secrets: [k${id}]
    networks: [n${id}]
    deploy: { replicas: 2, resources: { reservations: { cpus: "0.05", memory: 32M } } }
`
  const lines = (text: (id: string) => string): string => ids.map(text).join('')
  return `name: ${name}
services:
${lines(service)}configs:
${lines((id) => `  c${id}: { content: "settings of ${id}" }\n`)}secrets:
${lines((id) => `  k${id}: { environment: BENCH_SECRET }\n`)}networks:
${lines((id) => `  n${id}: {}\n`)}`
}

export const openBench = async (services: number, flags: readonly string[] = []): Promise<KubeBench> => {
  const dir = mkdtempSync(join(tmpdir(), 'stormport-bench-'))
  const count = Math.max(20, Math.ceil((services * 2) / 50))
  const nodes = Array.from({ length: count }, (_, i) => ({ name: `node-${i}`, cpu: '32', memory: '128Gi', pods: 250 }))
  const plane = await startPlane({ name: 'bench', nodes, fast: true, flags: { apiserver: flags } })
  const env = {
    PATH: process.env['PATH'],
    HOME: dir,
    KUBECONFIG: plane.kubeconfig,
    STORMPORT_HOME: join(dir, 'state'),
    BENCH_SECRET: 'value-of-the-bench',
    STORMPORT_YES: '1',
  }
  return { plane, dir, env, writeApp: (name, size) => writeApp({ dir, env, name, services: size }) }
}

export const closeBench = async (bench: KubeBench): Promise<void> => {
  await bench.plane.stop()
  rmSync(bench.dir, { recursive: true, force: true })
}

interface Writing {
  readonly dir: string
  readonly env: NodeJS.ProcessEnv
  readonly name: string
  readonly services: number
}

const writeApp = ({ dir, env, name, services }: Writing): BenchApp => {
  const folder = join(dir, name)
  const chart = join(folder, 'chart')
  mkdirSync(join(chart, 'templates'), { recursive: true })
  writeFileSync(join(folder, 'compose.yaml'), composeFile(name, services))
  writeFileSync(
    join(folder, 'stormport.yaml'),
    'targets:\n  plane:\n    provider: kubernetes\n    context: bench\n    assume: { networkPolicy: true }\n',
  )
  const objects = rendered(folder, env)
  const text = objects.map((object) => JSON.stringify(object)).join('\n---\n')
  const manifest = join(folder, 'objects.yaml')
  writeFileSync(manifest, text)
  writeFileSync(join(chart, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`)
  writeFileSync(join(chart, 'templates', 'objects.yaml'), text)
  return { name, dir: folder, services, objects, manifest, chart }
}

const rendered = (cwd: string, env: NodeJS.ProcessEnv): readonly BenchObject[] => {
  const run = spawnSync(process.execPath, [bin, 'render', '--json'], { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (run.status !== 0) throw new Error(`stormport render ended with ${run.status}: ${run.stderr}`)
  const { objects } = JSON.parse(run.stdout) as { readonly objects: readonly { readonly object: BenchObject }[] }
  return objects.map(({ object }) => object).filter((object) => object.kind !== 'Namespace')
}

/** Makes the namespace for the peers; ours makes it within the measured time. */
export const makeNamespace = async ({ plane }: KubeBench, name: string): Promise<void> => {
  await plane.api.request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
}

/** Away with everything, so that the next measurement meets an idle plane. */
export const clearNamespace = async ({ plane }: KubeBench, name: string): Promise<void> => {
  await plane.api.request('DELETE', `/api/v1/namespaces/${name}`)
  const deadlineMs = performance.now() + 120_000
  for (;;) {
    const gone = await plane.api.request('GET', `/api/v1/namespaces/${name}`).then(
      () => false,
      (error: { readonly status?: number }) => error.status === 404,
    )
    if (gone) return
    if (performance.now() > deadlineMs) throw new Error(`namespace ${name} does not end`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
