// Runs the reference loader over many cases in one process.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Case } from './corpus.ts'
import { HOME, type Outcome } from './outcome.ts'

export interface OracleRequest {
  readonly name: string
  readonly dir: string
  readonly files?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly envFiles?: readonly string[]
  readonly profiles?: readonly string[]
  readonly projectName?: string
  /** Leave out networks, volumes, configs and secrets that no service uses. */
  readonly prune?: boolean
}

const SOURCE = join(import.meta.dirname, 'oracle')

/** Where the built program is kept: outside the repository, keyed by its source. */
export const oracleProgram = (): string => {
  const hash = createHash('sha256')
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(join(SOURCE, name))).update('\0')
  const cache = process.env['STORMPORT_CACHE'] || join(process.env['HOME'] || homedir(), '.cache', 'stormport')
  return join(cache, `compose-oracle-${hash.digest('hex').slice(0, 16)}`, 'oracle')
}

/** The program, built where it is not there yet; throws with Go's own words when it cannot be. */
export const buildOracle = (): string => {
  const program = oracleProgram()
  if (existsSync(program)) return program
  mkdirSync(dirname(program), { recursive: true })
  const part = `${program}.${process.pid}`
  const built = spawnSync('go', ['build', '-buildvcs=false', '-o', part, '.'], { cwd: SOURCE, encoding: 'utf8' })
  if (built.status !== 0) throw new Error(`go build: ${built.error?.message ?? built.stderr}`)
  renameSync(part, program)
  return program
}

export const writeCase = (item: Case, root: string): void => {
  mkdirSync(join(root, item.args.from ?? 'app'), { recursive: true })
  for (const [path, text] of Object.entries(item.files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

export const requestFor = (item: Case, root: string): OracleRequest => {
  const { from, ...args } = item.args
  const dir = join(root, from ?? 'app')
  return { name: item.name, dir, ...args, env: { PWD: dir, ...item.args.env, HOME } }
}

interface Answer {
  readonly project?: unknown
  readonly error?: string
}

export const askOracle = async (program: string, requests: readonly OracleRequest[]): Promise<readonly Outcome[]> => {
  const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: process.env['PATH'], HOME } })
  const ended = new Promise<void>((done, fail) => {
    child.on('error', fail)
    child.on('close', () => done())
  })
  let output = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (chunk: string) => {
    output += chunk
  })
  child.stdin.end(requests.map((request) => `${JSON.stringify(request)}\n`).join(''))
  await ended
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
    .map((answer) => ({ project: answer.project ?? null, reason: answer.error ?? '' }))
}
