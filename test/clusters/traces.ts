// Removes all that a plane can leave on the machine: processes, mounts, cgroups, links, namespace, folders. It works from the
// plane's folder and label alone, so that it also cleans up after a test process that was killed.
import { execFile } from 'node:child_process'
import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../engines/process.ts'
import { lives, recordedProcesses } from './programs.ts'

export interface Traced {
  readonly folder: string
  readonly label: string
}

const run = promisify(execFile)
const GONE_MS = 15_000

export const removeTraces = async ({ folder, label }: Traced): Promise<void> => {
  await endProcesses({ folder, label })
  await removeShimSockets(folder)
  for (const mount of (await mountsBelow(folder)).reverse()) await run('umount', ['-l', mount]).catch(() => {})
  for (const controller of await readdir(CGROUPS).catch(() => [])) await removeGroups(join(CGROUPS, controller, label))
  await run('ip', ['netns', 'delete', label]).catch(() => {})
  await run('ip', ['link', 'delete', label]).catch(() => {})
  await removeLinks('/var/log/containers', folder)
  await removeResults(label)
  await rm(folder, { recursive: true, force: true })
  await removeVolumes()
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

/** The kubelet links each container's log below a folder that cannot be chosen. */
const removeLinks = async (folder: string, below: string): Promise<void> => {
  for (const name of await readdir(folder).catch(() => [])) {
    const target = await readlink(join(folder, name)).catch(() => '')
    if (target.startsWith(`${below}/`)) await rm(join(folder, name), { force: true })
  }
}

/** The network plugins' library keeps each result under the network's name. */
const removeResults = async (label: string): Promise<void> => {
  for (const name of await readdir('/var/lib/cni/results').catch(() => []))
    if (name.startsWith(`${label}-`)) await rm(join('/var/lib/cni/results', name), { force: true })
}

/** The sockets of containers' keepers lie outside the runtime's own folders. */
const removeShimSockets = async (folder: string): Promise<void> => {
  const tasks = join(folder, 'containerd', 'state', 'io.containerd.runtime.v2.task', 'k8s.io')
  for (const id of await readdir(tasks).catch(() => [])) {
    const address = await readFile(join(tasks, id, 'address'), 'utf8').catch(() => '')
    const path = address.trim().replace('unix://', '')
    if (path.startsWith('/run/containerd/s/')) await rm(path, { force: true })
  }
}

/** The controller manager makes dynamic volumes in one folder that cannot be chosen: it goes with the last plane. */
const removeVolumes = async (): Promise<void> => {
  const planes = (await readdir(tmpdir())).filter((name) => name.startsWith('stormport-plane-'))
  if (planes.length === 0) await rm('/tmp/hostpath_pv', { recursive: true, force: true })
}
