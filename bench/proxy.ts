// A published port through the local proxy against HAProxy in TCP mode, both before the same two backends, in turn, in one
// run: requests a second on kept connections and with a new connection each (DESIGN section 10).
// usage: node bench/proxy.ts [SECONDS] [ROUNDS]      needs haproxy and wrk; the figure to hold is the first row's ratio
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProxyControl } from '../providers/local/proxy/proxy.ts'

const BOUND = 0.8
const CONNECTIONS = 32

const isInstalled = (program: string): boolean => spawnSync(program, ['-v'], { stdio: 'ignore' }).error === undefined

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

const answers = async (port: number): Promise<void> => {
  const deadline = Date.now() + 10_000
  for (;;) {
    const ok = await fetch(`http://127.0.0.1:${port}/`).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return
    if (Date.now() > deadline) throw new Error(`nothing answers on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const haproxy = (folder: string, name: string, sections: string): ChildProcess => {
  const file = join(folder, `${name}.cfg`)
  const head = 'global\n  maxconn 4096\ndefaults\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n'
  writeFileSync(file, `${head}${sections}`)
  return spawn('haproxy', ['-f', file, '-db', '-q'], { stdio: 'ignore' })
}

const backendSection = (port: number): string =>
  `frontend b${port}\n  mode http\n  bind 127.0.0.1:${port}\n  http-request return status 200 content-type text/plain string ok\n`

const peerSection = (port: number, backends: readonly number[]): string =>
  `listen peer\n  mode tcp\n  bind 127.0.0.1:${port}\n  balance leastconn\n${backends.map((backend) => `  server s${backend} 127.0.0.1:${backend}\n`).join('')}`

/** Requests a second, and what went wrong. */
const wrk = (port: number, seconds: number, kept: boolean): number => {
  const header = kept ? [] : ['-H', 'Connection: close']
  const text = execFileSync(
    'wrk',
    ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, ...header, `http://127.0.0.1:${port}/`],
    { encoding: 'utf8' },
  )
  const errors = /Socket errors: (.*)/.exec(text)?.[1]
  if (errors !== undefined && /[1-9]/.test(errors.replace(/timeout \d+/, ''))) console.log(`  port ${port}: ${errors}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? 0)
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const compare = (
  what: string,
  ports: { readonly peer: number; readonly ours: number; readonly direct: number },
  run: (port: number) => number,
  rounds: number,
): number => {
  const results = { direct: [] as number[], peer: [] as number[], ours: [] as number[] }
  for (let round = 0; round < rounds; round += 1)
    for (const side of ['direct', 'peer', 'ours'] as const) results[side].push(run(ports[side]))
  const [direct, peer, ours] = [median(results.direct), median(results.peer), median(results.ours)]
  console.log(
    `${what.padEnd(22)} direct ${direct.toFixed(0)}/s   haproxy ${peer.toFixed(0)}/s   stormport ${ours.toFixed(0)}/s   ratio ${(ours / peer).toFixed(2)}`,
  )
  return ours / peer
}

const main = async (seconds: number, rounds: number): Promise<void> => {
  const missing = ['haproxy', 'wrk'].filter((program) => !isInstalled(program))
  if (missing.length > 0) {
    console.log(`skipped: ${missing.join(' and ')} not installed`)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'stormport-bench-'))
  const [direct, second, peer] = [await freePort(), await freePort(), await freePort()]
  const children = [
    haproxy(folder, 'backends', backendSection(direct) + backendSection(second)),
    haproxy(folder, 'peer', peerSection(peer, [direct, second])),
  ]
  const proxyMain = fileURLToPath(new URL('../providers/local/proxy/proxy-main.ts', import.meta.url))
  const control = createProxyControl({ stateDir: join(folder, 'proxy'), command: [process.execPath, proxyMain] })
  const signal = AbortSignal.timeout(600_000)
  try {
    const backends = [direct, second].map((port) => ({ id: String(port), host: '127.0.0.1', port, draining: false }))
    const { ports } = await control.apply(
      { entries: [{ key: 'bench', listen: { host: '127.0.0.1', port: 0 }, protocol: 'tcp', backends }] },
      signal,
    )
    const ours = ports['bench'] ?? 0
    for (const port of [direct, second, peer, ours]) await answers(port)
    const ratio = compare('kept connections', { direct, peer, ours }, (port) => wrk(port, seconds, true), rounds)
    compare('a new connection each', { direct, peer, ours }, (port) => wrk(port, seconds, false), rounds)
    console.log(`bound for kept connections ${BOUND}: ${ratio >= BOUND ? 'holds' : 'MISSED'}`)
  } finally {
    await control.stop(signal)
    await control.close()
    for (const child of children) child.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
}

await main(Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 3))
