// `stormport plan` of 1,000 services over 3 local targets, the whole command of the built package: start, read the files,
// observe the daemon, decide, print. Bound (DESIGN section 10): 1.5 s. Anchor beside it: bare Node that parses the same
// file with the YAML package alone. The first run, which starts the daemon and fills the cache of compiled code, does not
// count. Prints the median of ROUNDS.
// usage: node bench/plan-command.ts [ROUNDS]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SERVICES = 1_000
const TARGETS = ['east', 'north', 'west']
const BOUND_MS = 1_500
const rounds = Number(process.argv[2] ?? 9)
const bin = fileURLToPath(new URL('../bin/stormport.js', import.meta.url))
const yaml = fileURLToPath(import.meta.resolve('yaml'))

const serviceText = (i: number): string => `  s${i}:
    image: ghcr.io/acme/s${i}:1
    command: [node, server.mjs]
    ports: ["8080"]
    environment:
      TAG: "1"
      LOG_LEVEL: info
      PEER: http://peer-${i}.internal:8080
    healthcheck:
      test: [CMD, node, server.mjs, --check]
      interval: 5s${i % 10 === 0 ? '' : `\n    depends_on: [s${i - (i % 10)}]`}
    deploy:
      replicas: 3
      resources:
        reservations: { cpus: "0.001", memory: 1M }
    x-stormport: { process: always }
`

const writeProject = (folder: string): void => {
  const services = Array.from({ length: SERVICES }, (_, i) => serviceText(i))
  writeFileSync(join(folder, 'compose.yaml'), `name: big\nservices:\n${services.join('')}`)
  writeFileSync(join(folder, 'server.mjs'), '')
  const targets = TARGETS.map((name) => `  ${name}: { provider: local, driver: process }\n`)
  writeFileSync(join(folder, 'stormport.yaml'), `targets:\n${targets.join('')}place: { strategy: spread }\n`)
  writeFileSync(
    join(folder, 'anchor.mjs'),
    `import { readFileSync } from 'node:fs'\nimport { parse } from ${JSON.stringify(yaml)}\nparse(readFileSync('compose.yaml', 'utf8'))\n`,
  )
}

interface Time {
  readonly wallMs: number
  readonly output: string
}

const run = (folder: string, args: readonly string[]): Time => {
  const start = process.hrtime.bigint()
  const child = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, STORMPORT_HOME: join(folder, 'state') },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (child.status !== 0) throw new Error(`${args.join(' ')} ended with ${child.status}: ${child.stderr}`)
  return { wallMs: Number(process.hrtime.bigint() - start) / 1e6, output: child.stdout }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

const measure = (folder: string): boolean => {
  const cases = { anchor: ['anchor.mjs'], plan: [bin, 'plan', '--json'] }
  const { summary } = JSON.parse(run(folder, cases.plan).output)
  console.log(`${summary.create} create, ${summary.unplaceable} unplaceable; ${rounds} rounds`)
  const times = Array.from({ length: rounds }, () => ({
    anchor: run(folder, cases.anchor).wallMs,
    plan: run(folder, cases.plan).wallMs,
  }))
  const plan = median(times.map((time) => time.plan))
  console.log(`bare Node and YAML alone  median ${median(times.map((time) => time.anchor)).toFixed(0)} ms   anchor`)
  console.log(
    `stormport plan            median ${plan.toFixed(0)} ms   bound ${BOUND_MS} ms   ${plan <= BOUND_MS ? 'holds' : 'MISSED'}`,
  )
  return plan <= BOUND_MS
}

const folder = mkdtempSync(join(tmpdir(), 'bench-plan-'))
try {
  writeProject(folder)
  process.exitCode = measure(folder) ? 0 : 1
} finally {
  run(folder, [bin, 'daemon', 'stop', '--all'])
  rmSync(folder, { recursive: true, force: true })
}
