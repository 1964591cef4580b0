// The checks of `doctor`: Node, state folder, daemon, engine, git, buildx, limits of host processes.
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { arch, platform, release } from 'node:os'
import { dirname } from 'node:path'
import type { Check } from '../../core/ports.ts'
import type { DaemonControl } from '../../providers/local/control.ts'
import { engineAnswers } from '../../providers/local/engine-probe.ts'
import { packageVersion } from '../version.ts'
import type { Environment } from './environment.ts'

const DEFAULT_ENGINE = 'unix:///var/run/docker.sock'
const TOOL_MS = 3_000

export const examineMachine = async (
  environment: Environment,
  daemon: DaemonControl,
  signal: AbortSignal,
): Promise<readonly Check[]> => [
  { name: 'stormport', ok: true, message: `${packageVersion()} on ${platform()} ${arch()}, kernel ${release()}` },
  { name: 'node', ok: true, message: `${process.versions.node} at ${process.execPath}` },
  stateFolder(environment.stateDir),
  await daemonCheck(daemon, signal),
  await engineCheck(environment, signal),
  await tool('git', ['--version'], 'sources and origins of releases are not recorded'),
  await tool('docker', ['buildx', 'version'], 'images are built through the engine itself'),
  limits(),
]

const stateFolder = (path: string): Check => {
  const name = 'state folder'
  const there = existsSync(path)
  const nearest = there ? path : nearestParent(path)
  try {
    accessSync(nearest, constants.W_OK)
  } catch {
    return {
      name,
      ok: false,
      message: `${path} cannot be written`,
      hint: 'set STORMPORT_HOME to a folder that you own',
    }
  }
  if (!there) return { name, ok: true, message: `${path} (not made yet)` }
  const open = (statSync(path).mode & 0o022) !== 0
  return open
    ? { name, ok: false, message: `${path} can be written by others`, hint: `chmod 700 ${path}` }
    : { name, ok: true, message: path }
}

const nearestParent = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : nearestParent(dirname(path))

const daemonCheck = async (daemon: DaemonControl, signal: AbortSignal): Promise<Check> => {
  const name = 'local daemon'
  try {
    const status = await daemon.status(signal)
    return {
      name,
      ok: true,
      message: status.running
        ? `runs, pid ${status.pid ?? '?'}, version ${status.version ?? '?'}`
        : 'does not run; the first command that needs it starts it',
    }
  } catch (error) {
    return {
      name,
      ok: false,
      message: error instanceof Error ? error.message : 'does not answer',
      hint: 'stormport daemon stop, then run the command again',
    }
  }
}

/** A DOCKER_HOST that is set is never replaced by another socket, so a dead one is a fault. */
const engineCheck = async ({ env }: Environment, signal: AbortSignal): Promise<Check> => {
  const named = env['DOCKER_HOST']
  const host = named === undefined || named === '' ? DEFAULT_ENGINE : named
  const answers = await engineAnswers(host, signal)
  if (answers) return { name: 'container engine', ok: true, message: `answers at ${withoutUser(host)}` }
  if (host === DEFAULT_ENGINE && named !== host)
    return {
      name: 'container engine',
      ok: true,
      message: 'none answers; services with x-stormport.process run as host processes',
    }
  return {
    name: 'container engine',
    ok: false,
    message: `DOCKER_HOST names ${withoutUser(host)}, which does not answer`,
    hint: 'start that engine, or unset DOCKER_HOST',
  }
}

const withoutUser = (host: string): string => host.replace(/\/\/[^/@]*@/, '//')

const tool = (file: string, args: readonly string[], without: string): Promise<Check> =>
  new Promise((resolve) => {
    const name = [file, ...args.filter((arg) => !arg.startsWith('-') && arg !== 'version')].join(' ')
    execFile(file, [...args], { timeout: TOOL_MS }, (error, stdout) => {
      resolve({
        name,
        ok: true,
        message: error === null ? (stdout.split('\n')[0]?.trim() ?? '') : `not found; ${without}`,
      })
    })
  })

const limits = (): Check => {
  const name = 'limits of host processes'
  const v2 = existsSync('/sys/fs/cgroup/cgroup.controllers')
  if (!v2 && !existsSync('/sys/fs/cgroup/memory'))
    return { name, ok: true, message: 'no cgroups: limits are refused unless a service accepts best effort' }
  const kind = v2 ? `cgroup v2 (${readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim()})` : 'cgroup v1'
  return {
    name,
    ok: true,
    message: process.getuid?.() === 0 ? kind : `${kind}; whether they can be enforced without root, target check tells`,
  }
}
