// The cgroup of a plane in every v1 controller: the kubelet wants its root there before it starts, with its processors and
// memory nodes filled in; the container runtime goes in too, so that its children can be found and ended.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const ROOT = '/sys/fs/cgroup'

export const makeGroups = async (label: string): Promise<void> => {
  for (const controller of await controllers()) {
    await mkdir(join(ROOT, controller, label, 'runtime'), { recursive: true })
    if (controller !== 'cpuset') continue
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const all = await readFile(join(ROOT, controller, file), 'utf8')
      await writeFile(join(ROOT, controller, label, file), all)
      await writeFile(join(ROOT, controller, label, 'runtime', file), all)
    }
  }
}

export const enterGroups = async (label: string, pid: number): Promise<void> => {
  for (const controller of await controllers())
    await writeFile(join(ROOT, controller, label, 'runtime', 'cgroup.procs'), String(pid))
}

/** The unified tree of a hybrid machine holds no controller that the kubelet uses. */
const controllers = async (): Promise<readonly string[]> =>
  (await readdir(ROOT, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && entry.name !== 'unified')
    .map((entry) => entry.name)
