// Ending everything that belongs to an allocation: by cgroup where there is one, else by process group and by the mark in
// the environment, which also finds what left the group. A pid whose identity no longer fits is never signalled.
import type { Cgroups } from './cgroup.ts'
import { MARK } from './launch.ts'
import { isAlive, pidsWithEnvironment, sendSignal } from './proc.ts'
import type { Pids } from './record.ts'

const ROUNDS = 200
const PAUSE_MS = 10

/** To the process group; right after the start the group may not exist yet, then to the process. */
export const signalGroup = (pids: Pids, bootId: string, signal: NodeJS.Signals): boolean => {
  if (!isAlive(pids.main, bootId)) return false
  return sendSignal(-pids.main.pid, signal) || sendSignal(pids.main.pid, signal)
}

const leftovers = (id: string, cgroups: Cgroups): readonly number[] =>
  cgroups.members(id) ?? pidsWithEnvironment(MARK, id).filter((pid) => pid !== process.pid)

/** Resolves when nothing is left, or gives up after two seconds (uninterruptible sleep): false. The shim is not touched. */
export const killAll = async (
  id: string,
  pids: Pids | null,
  { cgroups, bootId }: { readonly cgroups: Cgroups; readonly bootId: string },
): Promise<boolean> => {
  if (pids !== null) signalGroup(pids, bootId, 'SIGKILL')
  for (let round = 0; round < ROUNDS; round += 1) {
    const left = leftovers(id, cgroups).filter((pid) => pid !== pids?.shim.pid)
    if (left.length === 0) return true
    if (!cgroups.kill(id)) for (const pid of left) sendSignal(pid, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  return false
}
