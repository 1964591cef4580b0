// Deploy on one Docker engine against `docker compose up -d --wait` on the same engine, in pairs of one run: 7 containers
// of 4 services, with health checks (interval 1 s) and without, and again with nothing changed. Beside the first deploy
// without checks stands its floor: the bare calls of the engine's API, and the second for which a replica must have run.
// usage: node bench/deploy.ts [PAIRS]      needs: npm run test:engine's set-up, and bench/setup.sh for docker compose
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEngine, type TestEngine } from '../test/engines/engine.ts'
import { loadImage } from '../test/engines/images.ts'
import { floorMs, ORDERS, type Order } from './engine-floor.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const compose = join(
  process.env['STORMPORT_CACHE'] ?? join(homedir(), '.cache', 'stormport'),
  'compose-2.40.3',
  'docker-compose',
)
const pairs = Number(process.argv[2] ?? 3)

const file = (image: string, checked: boolean): string => {
  const health = checked ? '    healthcheck: { test: ["CMD", "true"], interval: 1s, timeout: 2s, retries: 5 }\n' : ''
  const one = (name: string, replicas: number, after: string): string =>
    `  ${name}:\n    image: ${image}\n    command: ["sleep", "3600"]\n    stop_grace_period: 1s\n    init: true\n${health}    deploy: { replicas: ${replicas} }\n${after}`
  const depends = checked ? '    depends_on: { db: { condition: service_healthy } }\n' : '    depends_on: [db]\n'
  return `name: bench\nservices:\n${one('db', 1, '')}${one('api', 2, depends)}${one('web', 2, depends)}${one('worker', 2, depends)}`
}

interface Bench {
  readonly dir: string
  readonly host: string
  readonly image: string
  readonly env: NodeJS.ProcessEnv
}

const timed = (command: string, args: readonly string[], bench: Bench): number => {
  const from = performance.now()
  const { status, stderr, stdout } = spawnSync(command, args, { cwd: bench.dir, env: bench.env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`)
  return performance.now() - from
}

const peer = (bench: Bench, ...args: readonly string[]): number => timed(compose, args, bench)
const ours = (bench: Bench, ...args: readonly string[]): number =>
  timed(process.execPath, [join(root, 'bin', 'stormport.js'), ...args], bench)

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const RUNNING_MS = 1_000
const OTHERS = ['api-1', 'api-2', 'web-1', 'web-2', 'worker-1', 'worker-2']

type Floor = Readonly<Record<Order, number[]>>

const floorRow = (peerMs: readonly number[], floor: Floor): void => {
  const calls = ORDERS.map((order) => median(floor[order]))
  const [p, f] = [median(peerMs), Math.min(...calls) + RUNNING_MS]
  console.log(
    `${'floor, without health checks'.padEnd(28)} compose ${(p / 1000).toFixed(2)} s   engine    ${(f / 1000).toFixed(2)} s   ratio ${(f / p).toFixed(2)}   (API calls ${calls.map((ms) => (ms / 1000).toFixed(2)).join(' / ')} s in three orders, and the second of running)`,
  )
}

const row = (what: string, peerMs: readonly number[], oursMs: readonly number[], bound: number): void => {
  const [p, o] = [median(peerMs), median(oursMs)]
  const ratio = o / p
  console.log(
    `${what.padEnd(28)} compose ${(p / 1000).toFixed(2)} s   stormport ${(o / 1000).toFixed(2)} s   ratio ${ratio.toFixed(2)}   bound ${bound}   ${ratio <= bound ? 'holds' : 'MISSED'}`,
  )
}

interface Times {
  readonly peer: number[]
  readonly ours: number[]
  readonly peerAgain: number[]
  readonly oursAgain: number[]
  readonly floor: Floor
}

const measure = async (bench: Bench, checked: boolean): Promise<void> => {
  const times: Times = {
    peer: [],
    ours: [],
    peerAgain: [],
    oursAgain: [],
    floor: { nothing: [], created: [], started: [] },
  }
  for (let i = 0; i < pairs; i += 1) {
    times.peer.push(peer(bench, 'up', '-d', '--wait'))
    times.peerAgain.push(peer(bench, 'up', '-d', '--wait'))
    peer(bench, 'down', '-t', '0')
    times.ours.push(ours(bench, 'deploy'))
    times.oursAgain.push(ours(bench, 'deploy'))
    ours(bench, 'destroy')
    for (const order of checked ? [] : ORDERS)
      times.floor[order].push(await floorMs(bench.host, { image: bench.image, first: 'db-1', others: OTHERS }, order))
  }
  const kind = checked ? 'with health checks' : 'without health checks'
  row(`first, ${kind}`, times.peer, times.ours, checked ? 0.7 : 1.05)
  if (!checked) floorRow(times.peer, times.floor)
  row(`again, ${kind}`, times.peerAgain, times.oursAgain, 0.3)
}

const main = async (): Promise<void> => {
  if (!existsSync(compose)) throw new Error('docker compose is not built: bash bench/setup.sh')
  const dir = mkdtempSync(join(tmpdir(), 'stormport-bench-'))
  let engine: TestEngine | null = null
  try {
    engine = await startEngine({ kind: 'current' })
    const image = await loadImage(engine.host, 'busybox')
    const bench: Bench = {
      dir,
      host: engine.host,
      image,
      env: { ...process.env, HOME: dir, DOCKER_HOST: engine.host, STORMPORT_HOME: join(dir, 'state') },
    }
    console.log(`engine ${engine.version} (API ${engine.apiVersion}), ${pairs} pairs, medians`)
    ours(bench, 'daemon', 'start')
    for (const checked of [true, false]) {
      writeFileSync(join(dir, 'compose.yaml'), file(image, checked))
      await measure(bench, checked)
    }
    ours(bench, 'daemon', 'stop', '--all')
  } finally {
    await engine?.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

await main()
