// The peers of the Kubernetes benches and the floor under all of them: kubectl, helm, and raw requests, each from nothing
// to every Deployment available, over the same objects.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { kubectlProgram } from '../test/clusters/index.ts'
import { type BenchApp, type BenchObject, bin, type KubeBench } from './kube-app.ts'

export const helmProgram = join(
  process.env['STORMPORT_CACHE'] ?? join(homedir(), '.cache', 'stormport'),
  'helm-3.22.0',
  'helm',
)

export const requirePeers = (): void => {
  if (!existsSync(helmProgram)) throw new Error('helm is not built: bash bench/setup.sh')
  if (!existsSync(kubectlProgram())) throw new Error('kubectl is not built: bash .ci/setup-kube.sh')
}

/** Milliseconds that the command took; what it says is shown only when it fails. */
export const timed = ({ env }: KubeBench, cwd: string, [command = '', ...args]: readonly string[]): number => {
  const from = performance.now()
  const run = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (run.status !== 0)
    throw new Error(
      `${command} ${args.join(' ')} ended with ${run.status}: ${run.stderr.slice(-4_000)}${run.stdout.slice(-1_000)}`,
    )
  return performance.now() - from
}

export const ours = (bench: KubeBench, app: BenchApp, ...args: readonly string[]): number =>
  timed(bench, app.dir, [process.execPath, bin, ...args])

export const kubectlApply = (bench: KubeBench, app: BenchApp): number =>
  timed(bench, app.dir, [kubectlProgram(), 'apply', '--server-side', '-f', app.manifest])

/** One wait for all Deployments of the namespace. */
export const kubectlDeploy = (bench: KubeBench, app: BenchApp): number =>
  kubectlApply(bench, app) +
  timed(bench, app.dir, [kubectlProgram(), '-n', app.name, 'rollout', 'status', 'deployment', '--timeout=5m'])

/** As scripts wait for several: one command for each Deployment. */
export const kubectlDeployEach = (bench: KubeBench, app: BenchApp): number => {
  const names = app.objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name)
  const wait = (name: string): number =>
    timed(bench, app.dir, [kubectlProgram(), '-n', app.name, 'rollout', 'status', `deployment/${name}`])
  return names.reduce((sum, name) => sum + wait(name), kubectlApply(bench, app))
}

export const helmInstall = (bench: KubeBench, app: BenchApp): number =>
  timed(bench, app.dir, [helmProgram, 'install', app.name, app.chart, '-n', app.name, '--wait', '--timeout', '5m'])

interface Line {
  readonly server: string
  readonly agent: Agent
}

const IN_FLIGHT = 16

/** Server-side apply of every object over kept connections, Deployments last, then lists until all are available. */
export const floor = async ({ plane }: KubeBench, app: BenchApp): Promise<number> => {
  const config = JSON.parse(readFileSync(plane.kubeconfig, 'utf8')) as Kubeconfig
  const agent = new Agent({ ...credentialsOf(config, plane.ca), keepAlive: true, maxSockets: IN_FLIGHT })
  const line = { server: plane.server, agent }
  const isLast = (object: BenchObject): boolean => object.kind === 'Deployment'
  try {
    const from = performance.now()
    await applyAll(
      line,
      app.objects.filter((object) => !isLast(object)),
    )
    await applyAll(line, app.objects.filter(isLast))
    while (!(await allAvailable(line, app))) await new Promise((resolve) => setTimeout(resolve, 50))
    return performance.now() - from
  } finally {
    agent.destroy()
  }
}

interface Kubeconfig {
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[]
}

const credentialsOf = (config: Kubeconfig, ca: string) => {
  const user = config.users[0]?.user ?? {}
  const read = (key: string): Buffer => {
    const data = user[`${key}-data`]
    return data === undefined ? readFileSync(user[key] ?? '') : Buffer.from(data, 'base64')
  }
  return { ca, cert: read('client-certificate'), key: read('client-key') }
}

const applyAll = async (line: Line, objects: readonly BenchObject[]): Promise<void> => {
  const queue = [...objects]
  const worker = async (): Promise<void> => {
    for (let object = queue.shift(); object !== undefined; object = queue.shift()) await apply(line, object)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
}

const apply = (line: Line, object: BenchObject): Promise<unknown> => {
  const root = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`
  const plural = object.kind === 'NetworkPolicy' ? 'networkpolicies' : `${object.kind.toLowerCase()}s`
  const path = `${root}/namespaces/${object.metadata.namespace}/${plural}/${object.metadata.name}?fieldManager=floor`
  return send(line, { method: 'PATCH', path, body: JSON.stringify(object) })
}

interface DeploymentList {
  readonly items: readonly {
    readonly spec: { readonly replicas: number }
    readonly status: { readonly availableReplicas?: number }
  }[]
}

const allAvailable = async (line: Line, app: BenchApp): Promise<boolean> => {
  const path = `/apis/apps/v1/namespaces/${app.name}/deployments`
  const { items } = (await send(line, { method: 'GET', path })) as DeploymentList
  return items.length === app.services && items.every((d) => d.status.availableReplicas === d.spec.replicas)
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly body?: string
}

const send = ({ server, agent }: Line, { method, path, body }: Sent): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/apply-patch+yaml' }
    const outgoing = request(`${server}${path}`, { agent, method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        if ((response.statusCode ?? 500) >= 300) reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))
        else resolve(JSON.parse(text))
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
