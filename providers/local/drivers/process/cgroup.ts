// Control groups of allocations: limits where the kernel lets us set them, and one group per allocation that finds and
// kills everything which belongs to it. What can be enforced is found out by trying, once.
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import {
  type CgroupMounts,
  type Controller,
  type Limits,
  parseMounts,
  parseOomKills,
  parseOwnV2Path,
  type Setting,
  settingsV1,
  settingsV2,
} from './cgroup-layout.ts'
import { sendSignal } from './proc.ts'

export interface Cgroups {
  readonly enforces: { readonly cpu: boolean; readonly memory: boolean; readonly pids: boolean }
  /** Makes the groups and sets limits; the files that a process writes 0 to, to join. */
  prepare(id: string, limits: Limits): readonly string[]
  /** The same files, of groups that are there. */
  joins(id: string): readonly string[]
  /** null: membership is not tracked on this machine. */
  members(id: string): readonly number[] | null
  /** Sends KILL to all members, also to those that fork meanwhile. false: not tracked. */
  kill(id: string): boolean
  oomKilled(id: string): boolean
  /** false: a group still has members. */
  remove(id: string): boolean
  /** Takes away the folders above, where no allocation has a group any more. */
  close(): void
}

interface Tree {
  readonly root: string
  readonly kind: Controller | 'unified'
  /** The unified tree has the controllers too. */
  readonly limits: boolean
}

const LIMIT_CONTROLLERS = ['memory', 'cpu', 'pids'] as const

const readOr = (path: string, fallback: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return fallback
  }
}

const attempt = (step: () => void): boolean => {
  try {
    step()
    return true
  } catch {
    return false
  }
}

const writable = (folder: string): boolean => attempt(() => accessSync(join(folder, 'cgroup.procs'), constants.W_OK))

/** root takes the tree's root; others the highest folder above their own that was delegated to them. */
const unifiedBase = (mount: string, uid: number): string | null => {
  if (uid === 0) return mount
  let best: string | null = null
  for (
    let folder = join(mount, parseOwnV2Path(readOr('/proc/self/cgroup', '')));
    folder.startsWith(mount);
    folder = dirname(folder)
  ) {
    if (!writable(folder)) break
    best = folder
    if (folder === mount) break
  }
  return best
}

const enableControllers = (base: string, root: string): boolean => {
  const wanted = LIMIT_CONTROLLERS.map((name) => `+${name}`).join(' ')
  return [base, dirname(root), root].every((folder) =>
    attempt(() => writeFileSync(join(folder, 'cgroup.subtree_control'), wanted)),
  )
}

/** The freezer is left out beside a unified tree, which kills in one step; without any tree nothing is tracked. */
const findTrees = (mounts: CgroupMounts, mark: string, uid: number): readonly Tree[] => {
  const trees: Tree[] = []
  const make = (root: string): boolean => attempt(() => mkdirSync(root, { recursive: true }))
  const base = mounts.v2 === null ? null : unifiedBase(mounts.v2, uid)
  if (base !== null) {
    const root = join(base, 'stormport', mark)
    if (make(root)) trees.push({ root, kind: 'unified', limits: enableControllers(base, root) })
  }
  for (const kind of ['memory', 'cpu', 'pids', 'freezer'] as const) {
    const mount = mounts.v1[kind]
    if (mount === undefined || (kind === 'freezer' && trees.some((tree) => tree.kind === 'unified'))) continue
    const root = join(mount, 'stormport', mark)
    if (make(root)) trees.push({ root, kind, limits: kind !== 'freezer' })
  }
  return trees
}

const applySettings = (folder: string, settings: readonly Setting[]): void => {
  for (const { file, value, optional } of settings) {
    if (optional && !existsSync(join(folder, file))) continue
    writeFileSync(join(folder, file), value)
  }
}

const settingsOf = (tree: Tree, limits: Limits): readonly Setting[] => {
  if (!tree.limits) return []
  return tree.kind === 'unified' ? settingsV2(limits) : settingsV1(tree.kind, limits)
}

/** Trees in which a process of ours may really join a group: sh tries each and prints 1 or 0. */
const usable = async (trees: readonly Tree[]): Promise<readonly Tree[]> => {
  const folders = trees.map((tree) => join(tree.root, `probe-${randomBytes(4).toString('hex')}`))
  for (const folder of folders) attempt(() => mkdirSync(folder))
  const script = 'for f; do if echo 0 > "$f"; then echo 1; else echo 0; fi; done 2>/dev/null'
  const { stdout } = await promisify(execFile)('/bin/sh', [
    '-c',
    script,
    'sh',
    ...folders.map((folder) => join(folder, 'cgroup.procs')),
  ]).catch(() => ({ stdout: '' }))
  const answers = stdout.trim().split('\n')
  const probe: Limits = { cpuMillis: 1000, memoryBytes: 1 << 30, pids: 1000 }
  const result = trees.filter(
    (tree, index) =>
      answers[index] === '1' && attempt(() => applySettings(folders[index] ?? tree.root, settingsOf(tree, probe))),
  )
  for (const folder of folders) attempt(() => rmdirSync(folder))
  return result
}

const membersOf = (folder: string): readonly number[] =>
  readOr(join(folder, 'cgroup.procs'), '')
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)

const killFreezer = (folder: string): void => {
  attempt(() => writeFileSync(join(folder, 'freezer.state'), 'FROZEN'))
  for (const pid of membersOf(folder)) sendSignal(pid, 'SIGKILL')
  attempt(() => writeFileSync(join(folder, 'freezer.state'), 'THAWED'))
}

const killGroup = (tree: Tree, folder: string): void => {
  if (tree.kind === 'freezer') {
    killFreezer(folder)
    return
  }
  // cgroup.kill is there since Linux 5.14.
  if (
    tree.kind === 'unified' &&
    existsSync(join(folder, 'cgroup.kill')) &&
    attempt(() => writeFileSync(join(folder, 'cgroup.kill'), '1'))
  )
    return
  for (const pid of membersOf(folder)) sendSignal(pid, 'SIGKILL')
}

const enforced = (trees: readonly Tree[], name: (typeof LIMIT_CONTROLLERS)[number]): boolean =>
  trees.some((tree) => tree.limits && (tree.kind === name || tree.kind === 'unified'))

const cgroupsOver = (trees: readonly Tree[], found: readonly Tree[]): Cgroups => {
  const tracker = trees.find((tree) => tree.kind === 'unified' || tree.kind === 'freezer')
  const folderOf = (tree: Tree, id: string): string => join(tree.root, id)
  return {
    enforces: { cpu: enforced(trees, 'cpu'), memory: enforced(trees, 'memory'), pids: enforced(trees, 'pids') },
    prepare: (id, limits) =>
      trees.flatMap((tree) => {
        const settings = settingsOf(tree, limits)
        if (tree !== tracker && settings.length === 0) return []
        mkdirSync(folderOf(tree, id), { recursive: true })
        applySettings(folderOf(tree, id), settings)
        return [join(folderOf(tree, id), 'cgroup.procs')]
      }),
    joins: (id) => trees.map((tree) => join(folderOf(tree, id), 'cgroup.procs')).filter((path) => existsSync(path)),
    members: (id) => (tracker === undefined ? null : membersOf(folderOf(tracker, id))),
    kill: (id) => {
      if (tracker === undefined) return false
      killGroup(tracker, folderOf(tracker, id))
      return true
    },
    oomKilled: (id) =>
      trees.some((tree) =>
        ['memory.oom_control', 'memory.events'].some(
          (file) => parseOomKills(readOr(join(folderOf(tree, id), file), '')) > 0,
        ),
      ),
    remove: (id) =>
      trees
        .map((tree) => folderOf(tree, id))
        .every((folder) => !existsSync(folder) || attempt(() => rmdirSync(folder))),
    close: () => {
      for (const tree of found) if (attempt(() => rmdirSync(tree.root))) attempt(() => rmdirSync(dirname(tree.root)))
    },
  }
}

/** `owner` must be unique among the drivers of this machine: their groups stand under its hash. */
export const openCgroups = async (owner: string): Promise<Cgroups> => {
  const mark = createHash('sha256').update(owner).digest('hex').slice(0, 12)
  const found = findTrees(parseMounts(readOr('/proc/mounts', '')), mark, process.getuid?.() ?? -1)
  return cgroupsOver(await usable(found), found)
}
