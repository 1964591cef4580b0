// Runs a judge: its output whole, its exit status ignored (a judge that finds something fails), its silence an error.
import { execFile } from 'node:child_process'

const LONGEST_MS = 600_000
const MOST_BYTES = 256 * 1024 * 1024

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly status: number
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

export const run = (program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, ...options.env }
    const child = execFile(
      program,
      args,
      { cwd: options.cwd, env, maxBuffer: MOST_BYTES, timeout: LONGEST_MS },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : error.code
        if (typeof status !== 'number') reject(new Error(`${program}: ${error?.message ?? 'no exit status'}`))
        else resolve({ stdout, stderr, status })
      },
    )
    child.stdin?.end(options.input ?? '')
  })

export const answer = <T>(program: string, { stdout, stderr }: Ran): T => {
  try {
    return JSON.parse(stdout) as T
  } catch {
    throw new Error(`${program} gave no JSON: ${stdout.slice(0, 500)} ${stderr.slice(0, 2000)}`)
  }
}
