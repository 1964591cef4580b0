// The one claim of a plane: a folder made atomically whose number gives its ports, its namespace and its addresses. What a
// dead test process left behind is found by its folder and removed before the number is used again.
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lives, type ProcessId, startOf } from './programs.ts'
import { removeTraces } from './traces.ts'

export interface Slot {
  readonly number: number
  readonly folder: string
  /** Network namespace and cgroup of this plane. */
  readonly label: string
  readonly ports: Ports
  /** Addresses of the two ends of a namespace's link. */
  readonly gateway: string
  readonly address: string
}

export interface Ports {
  readonly apiserver: number
  readonly etcd: number
  readonly etcdPeer: number
  readonly controllerManager: number
  readonly scheduler: number
  readonly kwok: number
  readonly registry: number
  readonly metrics: number
}

const SLOTS = 60
const FIRST_PORT = 21_000
const PORTS_PER_SLOT = 10

export const claimSlot = async (): Promise<Slot> => {
  for (let number = 1; number <= SLOTS; number++) {
    const slot = slotOf(number)
    if (existsSync(slot.folder)) await sweep(slot)
  }
  for (let number = 1; number <= SLOTS; number++) {
    const slot = slotOf(number)
    if (await claim(slot)) return slot
  }
  throw new Error(`all ${SLOTS} places for test planes are taken: see ${tmpdir()}/stormport-plane-*`)
}

/** One sweeper at a time: a second one could remove what the first has already given to somebody new. */
const sweep = async (slot: Slot): Promise<void> => {
  if (await ownerLives(slot.folder)) return
  const lock = join(tmpdir(), `stormport-sweep-${slot.number}`)
  if ((await ageMs(lock)) > SWEEP_MS) await rm(lock, { recursive: true, force: true })
  try {
    await mkdir(lock)
  } catch {
    return
  }
  try {
    if (!(await ownerLives(slot.folder))) await removeTraces(slot)
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

const SWEEP_MS = 300_000

const slotOf = (number: number): Slot => {
  const base = FIRST_PORT + number * PORTS_PER_SLOT
  return {
    number,
    folder: join(tmpdir(), `stormport-plane-${number}`),
    label: `spplane${number}`,
    ports: {
      apiserver: base,
      etcd: base + 1,
      etcdPeer: base + 2,
      controllerManager: base + 3,
      scheduler: base + 4,
      kwok: base + 5,
      registry: base + 6,
      metrics: base + 7,
    },
    gateway: `10.214.${number}.1`,
    address: `10.214.${number}.2`,
  }
}

const claim = async (slot: Slot): Promise<boolean> => {
  try {
    await mkdir(slot.folder, { mode: 0o700 })
  } catch {
    return false
  }
  const owner: ProcessId = { pid: process.pid, start: await startOf(process.pid) }
  await writeFile(join(slot.folder, OWNER), JSON.stringify(owner))
  const free = await Promise.all(Object.values(slot.ports).map(isFree))
  if (free.every((each) => each)) return true
  await removeTraces(slot)
  return false
}

const OWNER = 'owner.json'

/** A young folder without an owner's record is one that is being claimed right now. */
const ownerLives = async (folder: string): Promise<boolean> => {
  try {
    return await lives(JSON.parse(await readFile(join(folder, OWNER), 'utf8')) as ProcessId)
  } catch {
    return (await ageMs(folder)) < CLAIM_MS
  }
}

const CLAIM_MS = 60_000

/** -1: it does not exist. */
const ageMs = async (path: string): Promise<number> => {
  const made = await stat(path).catch(() => null)
  return made === null ? -1 : Date.now() - made.mtimeMs
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)))
  })
