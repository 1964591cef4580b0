// Removes all that a plane can leave on the machine: processes, mounts, cgroups, links, namespace, folders. It works from the
// plane's folder and label alone, so that it also cleans up after a test process that was killed.
import { execFile } from 'node:child_process'
import { readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../engines/process.ts'
import { removeOutside, removeShared, type Traced } from './outside.ts'
import { lives, recordedProcesses } from './programs.ts'

const run = promisify(execFile)
const GONE_MS = 15_000

export const removeTraces = async ({ folder, label }: Traced): Promise<void> => {
  await endProcesses({ folder, label })
  await removeOutside({ folder, label })
  for (const mount of (await mountsBelow(folder)).reverse()) await run('umount', ['-l', mount]).catch(() => {})
  for (const controller of await readdir(CGROUPS).catch(() => [])) await removeGroups(join(CGROUPS, controller, label))
  await run('ip', ['netns', 'delete', label]).catch(() => {})
  await run('ip', ['link', 'delete', label]).catch(() => {})
  await rm(folder, { recursive: true, force: true })
  await removeShared()
}

const CGROUPS = '/sys/fs/cgroup'

/** Ours are the recorded programs and whatever lives in the plane's cgroup: the container runtime and its containers. */
const endProcesses = async (traced: Traced): Promise<void> => {
  const none = async (): Promise<boolean> => {
    const pids = await processesOf(traced)
    for (const pid of pids) end(pid)
    return pids.length === 0
  }
  await until(none, GONE_MS)
}

const processesOf = async ({ folder, label }: Traced): Promise<readonly number[]> => {
  const found: number[] = []
  for (const id of await recordedProcesses(folder)) if (await lives(id)) found.push(id.pid)
  for (const controller of await readdir(CGROUPS).catch(() => []))
    found.push(...(await membersOf(join(CGROUPS, controller, label))))
  return [...new Set(found)]
}

const membersOf = async (group: string): Promise<readonly number[]> => {
  const entries = await readdir(group, { withFileTypes: true }).catch(() => [])
  if (entries.length === 0) return []
  const procs = await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '')
  const own = procs
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => membersOf(join(group, entry.name))),
  )
  return [...own, ...below.flat()]
}

const end = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went by itself.
  }
}

const mountsBelow = async (folder: string): Promise<string[]> =>
  (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))

/** Groups can be removed from the leaves up only, and only when their last process is fully gone. */
const removeGroups = async (group: string): Promise<void> => {
  for (const entry of await readdir(group, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory()) await removeGroups(join(group, entry.name))
  const gone = async (): Promise<boolean> =>
    rmdir(group).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== 'EBUSY',
    )
  await until(gone, GONE_MS)
}
