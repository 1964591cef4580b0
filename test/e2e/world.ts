// A user's world for end-to-end tests: a project folder, a HOME and a state folder of its own, the built command line, and
// an end that takes everything away again, also after a failure.
import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const bin = join(root, 'bin', 'stormport.js')

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly all: string
}

export interface World {
  readonly dir: string
  readonly home: string
  write(file: string, text: string): void
  run(...args: readonly string[]): Ran
  /** Without blocking this process: for commands that run beside others. */
  start(...args: readonly string[]): {
    readonly ended: Promise<Ran>
    readonly pid: number
    kill(signal: NodeJS.Signals): void
  }
  json(...args: readonly string[]): unknown
  end(): Promise<void>
}

export interface WorldOptions {
  /** Copied into the project folder. */
  readonly example?: string
  readonly env?: Readonly<Record<string, string>>
}

export const createWorld = (options: WorldOptions = {}): World => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'stormport-e2e-')))
  const dir = join(base, 'project')
  const home = join(base, 'home')
  mkdirSync(home)
  if (options.example) cpSync(join(root, 'examples', options.example), dir, { recursive: true })
  else mkdirSync(dir)
  spawnSync('git', ['init', '-q'], { cwd: dir })
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: home,
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
    NO_COLOR: '1',
    ...options.env,
  }
  const apps = new Set<string>()
  const run = (...args: readonly string[]): Ran => {
    const p = spawnSync(process.execPath, [bin, ...args], {
      cwd: dir,
      env,
      encoding: 'utf8',
      timeout: 120_000,
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 26,
    })
    return { code: p.status, out: p.stdout, err: p.stderr, all: p.stdout + p.stderr }
  }
  const json = (...args: readonly string[]): unknown => {
    const r = run(...args, '--json')
    if (r.code !== 0) throw new Error(`${args.join(' ')} ended with ${r.code}: ${r.all}`)
    return JSON.parse(r.out)
  }
  return {
    dir,
    home,
    write: (file, text) => writeFileSync(join(dir, file), text),
    run,
    json,
    start: (...args) => startCommand(args, { dir, env }),
    end: async () => {
      for (const app of namesOf(json, apps)) run('destroy', '-p', app, '--volumes', '--allow', 'destroy')
      run('daemon', 'stop', '--all')
      for (const pid of leftovers(base)) process.kill(pid, 'SIGKILL')
      rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    },
  }
}

const startCommand = (args: readonly string[], at: { readonly dir: string; readonly env: NodeJS.ProcessEnv }) => {
  const child = spawn(process.execPath, [bin, ...args], { cwd: at.dir, env: at.env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const ended = new Promise<Ran>((resolve) => child.on('close', (code) => resolve({ code, out, err, all: out + err })))
  return { ended, pid: child.pid ?? 0, kill: (signal: NodeJS.Signals) => void child.kill(signal) }
}

const namesOf = (json: World['json'], known: ReadonlySet<string>): readonly string[] => {
  const found = json('apps') as { readonly apps: readonly { readonly name: string }[] } // the shape that DESIGN section 9 promises
  return [...new Set([...known, ...found.apps.map((a) => a.name)])]
}

/** Processes that name the world's folder in their arguments, or stand in it. */
export const leftovers = (base: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => belongs(pid, base))

const belongs = (pid: number, base: string): boolean => {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return argv.length > 0 && (argv.includes(base) || readlinkSync(`/proc/${pid}/cwd`).startsWith(base))
  } catch {
    return false
  }
}

export const get = (
  url: string,
  agent: http.Agent | false = false,
): Promise<{ readonly status: number; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const request = http.get(url, { agent, timeout: 5_000 }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('error', reject)
      response.on('close', () =>
        response.complete ? resolve({ status: response.statusCode ?? 0, body }) : reject(new Error('answer cut off')),
      )
    })
    request.on('timeout', () => request.destroy(new Error('no answer in 5 s')))
    request.on('error', reject)
  })

/** Awaits a condition; never sleeps for a fixed time. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadlineMs = 20_000,
): Promise<void> => {
  const end = Date.now() + deadlineMs
  for (;;) {
    if (await Promise.resolve(holds()).catch(() => false)) return
    if (Date.now() > end) throw new Error(`${what}: not seen in ${deadlineMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export const filesUnder = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((e) => e.isFile())
        .map((e) => join(e.parentPath, e.name))
    : []
