// Where the local control plane keeps its things: one folder a user, found the same way by every command (DESIGN section 11).
import { join } from 'node:path'

export interface LocalPaths {
  readonly home: string
  /** 0700: socket, lock, daemon.json. */
  readonly run: string
  readonly lock: string
  /** Names pid, start ticks, version and socket of the running daemon. */
  readonly info: string
  readonly socket: string
  readonly store: string
  readonly secrets: string
  readonly runtime: string
  readonly log: string
  readonly proxy: string
  readonly drivers: string
  readonly daemonId: string
  /** Is there exactly while some app has objects or records here, and lists the apps. */
  readonly active: string
}

/** $STORMPORT_HOME, else $XDG_STATE_HOME/stormport, else $HOME/.local/state/stormport. */
export const stateHome = (env: Readonly<Record<string, string | undefined>>, userHome: string): string => {
  if (env['STORMPORT_HOME']) return env['STORMPORT_HOME']
  if (env['XDG_STATE_HOME']) return join(env['XDG_STATE_HOME'], 'stormport')
  return join(env['HOME'] || userHome, '.local', 'state', 'stormport')
}

export const localPaths = (home: string): LocalPaths => {
  const run = join(home, 'run')
  return {
    home,
    run,
    lock: join(run, 'daemon.lock'),
    info: join(run, 'daemon.json'),
    socket: join(run, 'daemon.sock'),
    store: join(home, 'local.db'),
    secrets: join(home, 'secrets'),
    runtime: join(home, 'runtime'),
    log: join(home, 'daemon.log'),
    proxy: join(home, 'proxy'),
    drivers: join(home, 'drivers'),
    daemonId: join(home, 'daemon-id'),
    active: join(home, 'active'),
  }
}

/** A unix socket address holds 108 bytes; beyond this the socket moves to a short folder that daemon.json names. */
export const MAX_SOCKET_BYTES = 100
