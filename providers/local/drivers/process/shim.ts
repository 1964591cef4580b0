// The shim: a POSIX sh script between the daemon and one host process. It outlives the daemon, writes who it started and
// how that ended. It stands outside of the allocation's cgroups, so that killing all of them still leaves the exit code.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { rename, stat, writeFile } from 'node:fs/promises'
import { StormportError } from '../../../../core/errors.ts'

// sh SHIM FOLDER EXIT-FILE "CGROUP.PROCS…" ARGV…   Environment and folder are those of the spawn.
// - `claim` is opened exclusively: of two shims of one allocation, one runs it.
// - Descriptor 3 closes when `pids` is written; the process itself never has it.
// - `wait` returns early when a trap ran; then the process is still there and is waited for again.
// - The exit file appears by rename; its modification time is the time of the exit.
export const SHIM = `set -fu
umask 077
folder=$1 exit=$2 groups=$3
shift 3
set -C
{ : > "$folder/claim"; } 2>/dev/null || exit 0
set +C
ticks() {
  ticks=0
  read -r stat < "/proc/$1/stat" || return 0
  set -- \${stat##*) }
  ticks=\${20}
}
pid= got=
forward() {
  got=1
  [ -n "$pid" ] || return 0
  kill -s TERM -- "-$pid" 2>/dev/null || kill -s TERM "$pid" 2>/dev/null
}
trap forward TERM INT
trap : HUP
read -r boot < /proc/sys/kernel/random/boot_id
ticks $$
self="$$ $ticks"
(
  exec 3>&-
  umask 022
  for group in $groups; do
    echo 0 > "$group" || exit 125
  done
  exec setsid "$@"
) &
pid=$!
[ -z "$got" ] || forward
ticks "$pid"
printf '%s %s %s %s\\n' "$self" "$pid" "$ticks" "$boot" > "$folder/pids"
exec 3>&-
while :; do
  got=
  wait "$pid"
  code=$?
  if [ -n "$got" ] && kill -0 "$pid" 2>/dev/null; then continue; fi
  break
done
kill -s KILL -- "-$pid" 2>/dev/null
printf '%s\\n' "$code" > "$exit.new" && mv -f "$exit.new" "$exit"
`

/** The name carries the text's hash: sh reads a script while it runs, so a script in use must never change. */
export const installShim = async (stateDir: string): Promise<string> => {
  const path = `${stateDir}/shim-${createHash('sha256').update(SHIM).digest('hex').slice(0, 12)}.sh`
  const there = await stat(path).then(
    () => true,
    () => false,
  )
  if (there) return path
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, SHIM, { mode: 0o600 })
  await rename(draft, path)
  return path
}

export interface ShimRun {
  readonly script: string
  readonly folder: string
  readonly exitFile: string
  readonly joins: readonly string[]
  readonly argv: readonly string[]
  readonly workingDir: string
  readonly environment: Readonly<Record<string, string>>
  readonly stdout: string
  readonly stderr: string
}

/** Resolves when the shim has written whom it started, or has ended. */
export const runShim = async (run: ShimRun): Promise<void> => {
  const [out, err] = [openSync(run.stdout, 'a', 0o600), openSync(run.stderr, 'a', 0o600)]
  try {
    const child = spawn('/bin/sh', [run.script, run.folder, run.exitFile, run.joins.join(' '), ...run.argv], {
      cwd: run.workingDir,
      env: run.environment,
      detached: true,
      stdio: ['ignore', out, err, 'pipe'],
    })
    await new Promise<void>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new StormportError('Internal', `the shim cannot be started: ${cause.message}`, { cause })),
      )
      child.stdio[3]?.once('close', () => resolve())
      child.stdio[3]?.once('error', () => resolve())
      if (child.stdio[3] !== null && 'resume' in (child.stdio[3] ?? {}))
        (child.stdio[3] as NodeJS.ReadableStream).resume()
    })
    child.unref()
  } finally {
    closeSync(out)
    closeSync(err)
  }
}
