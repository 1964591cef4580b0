// Starts the process of an allocation under its shim, and runs further commands beside it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { StormportError } from '../../../../core/errors.ts'
import type { ExecIo } from '../../../../core/ports.ts'
import type { Cgroups } from './cgroup.ts'
import type { Launch } from './launch.ts'
import { mapArgument } from './mapping.ts'
import { sendSignal } from './proc.ts'
import { type AllocRecord, allocFolder, exitFile, isClaimed, logFile, readExit, readPids } from './record.ts'
import { runShim } from './shim.ts'

const CLAIM_DEADLINE_MS = 5000
const CLAIM_LOOK_MS = 5

const asUser = (argv: readonly string[], user: Launch['user']): readonly string[] =>
  user === null ? argv : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--', ...argv]

const workingDirOf = (stateDir: string, record: AllocRecord): string => {
  const folder = record.launch.workingDir ?? allocFolder(stateDir, record.id)
  if (existsSync(folder)) return folder
  throw new StormportError(
    'InvalidSpec',
    `${record.service}: the working directory ${folder} does not exist on this machine`,
    {
      service: record.service,
      hint: 'bind a folder to it, such as `volumes: [".:/app"]` with `working_dir: /app`',
    },
  )
}

/** A shim claimed the allocation, so it either writes whom it started or died in that moment. */
export const awaitClaimed = async (stateDir: string, id: string, signal: AbortSignal): Promise<void> => {
  const deadline = Date.now() + CLAIM_DEADLINE_MS
  while (readPids(stateDir, id) === null && readExit(stateDir, id) === null && Date.now() < deadline) {
    if (signal.aborted) throw new StormportError('Aborted', 'waiting for the start was interrupted')
    await delay(CLAIM_LOOK_MS)
  }
}

export interface RunHost {
  readonly stateDir: string
  readonly cgroups: Cgroups
  /** The shim's. */
  readonly script: string
}

/** Idempotent: of two shims the first wins. Resolves when pids or an exit are known, or the shim has died without. */
export const startAlloc = async (host: RunHost, record: AllocRecord, signal: AbortSignal): Promise<void> => {
  const { stateDir } = host
  const { id, launch } = record
  if (!isClaimed(stateDir, id)) {
    await runShim({
      script: host.script,
      folder: allocFolder(stateDir, id),
      exitFile: exitFile(stateDir, id),
      joins: host.cgroups.prepare(id, record.limits),
      argv: asUser(launch.argv, launch.user),
      workingDir: workingDirOf(stateDir, record),
      environment: launch.environment,
      stdout: logFile(stateDir, id, 'stdout'),
      stderr: logFile(stateDir, id, 'stderr'),
    })
  }
  await awaitClaimed(stateDir, id, signal)
  if (!isClaimed(stateDir, id))
    throw new StormportError('Internal', `the shim of ${record.service}.${record.slot} did not start`)
}

const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

const spawnFailure = (error: NodeJS.ErrnoException, word: string, io: ExecIo): number => {
  io.stderr.write(`${word}: ${error.code === 'ENOENT' ? 'command not found' : error.message}\n`)
  return error.code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE
}

// Joins the groups of the allocation first, so that nothing that a command leaves behind outlives it.
const signalNumber = (name: NodeJS.Signals): number => constants.signals[name]

const JOIN = 'for group in $1; do echo 0 > "$group" || exit 125; done; shift; exec "$@"'

/** Same folder, environment and user as the process itself. No terminal is made: a host process has none. */
export const execBeside = async (
  stateDir: string,
  record: AllocRecord,
  call: { readonly argv: readonly string[]; readonly io: ExecIo; readonly joins: readonly string[] },
  signal: AbortSignal,
): Promise<number> => {
  const { launch } = record
  const { io } = call
  const words = asUser(
    call.argv.map((word) => mapArgument(word, launch.mappings, launch.files)),
    launch.user,
  )
  const argv = call.joins.length === 0 ? words : ['/bin/sh', '-c', JOIN, 'sh', call.joins.join(' '), ...words]
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    cwd: workingDirOf(stateDir, record),
    env: launch.environment,
    detached: true,
    stdio: [io.stdin === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdout?.pipe(io.stdout, { end: false })
  child.stderr?.pipe(io.stderr, { end: false })
  if (io.stdin !== null && child.stdin !== null) io.stdin.pipe(child.stdin).on('error', () => {})
  const kill = (): void => {
    if (child.pid !== undefined) sendSignal(-child.pid, 'SIGKILL')
  }
  signal.addEventListener('abort', kill, { once: true })
  try {
    return await new Promise<number>((resolve) => {
      child.once('error', (error) => resolve(spawnFailure(error, words[0] ?? '', io)))
      child.once('close', (code, name) => resolve(code ?? 128 + (name === null ? 0 : signalNumber(name))))
    })
  } finally {
    signal.removeEventListener('abort', kill)
    if (io.stdin !== null && child.stdin !== null) io.stdin.unpipe(child.stdin)
  }
}
