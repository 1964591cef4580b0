// A POSIX sh script that runs the proxy and runs it again whenever it ends other than by itself, also when no daemon
// lives. Its text is written into the state folder, so that it works from wherever the daemon's runtime is.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { logPath } from './state.ts'

// sh SCRIPT STATE-FOLDER COMMAND…   One that ends at once is started ever more slowly, up to a second.
export const SUPERVISOR = `set -fu
umask 077
state=$1
shift
pid= stop=
forward() {
  stop=1
  [ -n "$pid" ] && kill -s TERM "$pid" 2>/dev/null
}
trap forward TERM INT
trap : HUP
ticks=0
if read -r stat < "/proc/$$/stat"; then
  rest=\${stat##*) }
  n=20
  while [ $n -gt 1 ]; do rest=\${rest#* } n=$((n - 1)); done
  ticks=\${rest%% *}
fi
read -r boot < /proc/sys/kernel/random/boot_id
printf '%s %s %s\\n' "$$" "$ticks" "$boot" > "$state/supervisor"
wait_ms=0
while [ -z "$stop" ]; do
  "$@" "$state" &
  pid=$!
  while :; do
    wait "$pid"
    code=$?
    kill -0 "$pid" 2>/dev/null || break
  done
  pid=
  [ "$code" = 0 ] && break
  [ -n "$stop" ] && break
  [ $wait_ms = 0 ] || sleep "0.$wait_ms"
  case $wait_ms in 0) wait_ms=05 ;; 05) wait_ms=2 ;; *) wait_ms=9 ;; esac
done
read -r owner < "$state/supervisor" && [ "\${owner%% *}" = "$$" ] && rm -f "$state/supervisor"
`

const installScript = async (stateDir: string): Promise<string> => {
  const path = join(stateDir, `supervisor-${createHash('sha256').update(SUPERVISOR).digest('hex').slice(0, 12)}.sh`)
  if (existsSync(path)) return path
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, SUPERVISOR, { mode: 0o600 })
  await rename(draft, path)
  return path
}

/** Only what node needs: the daemon's own environment may hold secrets. */
const environment = (): Record<string, string> => {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR'].map((key): [string, string | undefined] => [key, process.env[key]])
  return Object.fromEntries(kept.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** Returns at once; `command` is what runs, without the state folder. */
export const startSupervisor = async (stateDir: string, command: readonly string[]): Promise<void> => {
  const script = await installScript(stateDir)
  const log = openSync(logPath(stateDir), 'w', 0o600)
  try {
    const child = spawn('/bin/sh', [script, stateDir, ...command], {
      cwd: stateDir,
      env: environment(),
      detached: true,
      stdio: ['ignore', log, log],
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
  } finally {
    closeSync(log)
  }
}
