// Runs the reference loader over many cases in one process.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
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
}

/** Builds the program; throws with Go's own words when it cannot. */
export const buildOracle = (target: string): void => {
  const built = spawnSync('go', ['build', '-o', target, '.'], {
    cwd: join(import.meta.dirname, 'oracle'),
    encoding: 'utf8',
  })
  if (built.status !== 0) throw new Error(`go build: ${built.error?.message ?? built.stderr}`)
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
