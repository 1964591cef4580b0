// Host processes as allocations (DESIGN section 1, Processes): each runs under a shim of its own that outlives the daemon.
// The driver holds nothing that is not on disk: dropped and made anew, it finds everything again.
import { StormportError } from '../../../../core/errors.ts'
import type { AllocState, Driver, DriverOptions } from '../../daemon/driver.ts'
import { openCgroups } from './cgroup.ts'
import { createAlloc } from './create.ts'
import { createEventHub, type EventHub } from './event-hub.ts'
import { fingerprintOf } from './fingerprint.ts'
import {
  adoptAlloc,
  beginAlloc,
  closeLifecycle,
  goneState,
  type Lifecycle,
  openLifecycle,
  removeAlloc,
  stateOf,
  stopAlloc,
} from './lifecycle.ts'
import { readLogs } from './log-read.ts'
import { createLogStore, type LogStore } from './log-store.ts'
import { readBootId } from './proc.ts'
import { type AllocRecord, isAllocId, listAllocIds, makeFolders, readRecord } from './record.ts'
import { execBeside } from './run.ts'
import { installShim } from './shim.ts'
import { createUsageReader, type UsageReader } from './stats.ts'
import { ensureVolume, removeVolume } from './volumes.ts'

export interface ProcessDriverOptions extends DriverOptions {
  /** A log file is rotated above this size; one older file is kept. */
  readonly logMaxBytes?: number
}

const LOG_MAX_BYTES = 10 * 1024 * 1024

interface Opened {
  readonly life: Lifecycle
  readonly usage: UsageReader
}

interface Host {
  readonly options: ProcessDriverOptions
  readonly stateDir: string
  readonly hub: EventHub
  readonly logs: LogStore
  /** Set by the first call: probing and adopting wait until somebody asks. */
  opened: Promise<Opened> | null
}

const open = async (host: Host): Promise<Opened> => {
  const { stateDir, hub, logs, options } = host
  await makeFolders(stateDir)
  const [script, cgroups] = await Promise.all([installShim(stateDir), openCgroups(`${options.owner} ${stateDir}`)])
  const life = openLifecycle({ stateDir, script, cgroups, logs, hub, bootId: readBootId() })
  for (const record of ownRecords(host)) await adoptAlloc(life, record.id)
  return { life, usage: createUsageReader(stateDir, cgroups) }
}

const ready = (host: Host): Promise<Opened> => {
  host.opened ??= open(host).catch((error: unknown) => {
    host.opened = null
    throw error
  })
  return host.opened
}

const findRecord = ({ stateDir }: Host, id: string): AllocRecord | null =>
  isAllocId(id) ? readRecord(stateDir, id) : null

const recordOf = (host: Host, id: string): AllocRecord => {
  const record = findRecord(host, id)
  if (record === null) throw new StormportError('NotFound', `there is no allocation ${id}`)
  return record
}

const ownRecords = (host: Host): readonly AllocRecord[] =>
  listAllocIds(host.stateDir)
    .map((id) => readRecord(host.stateDir, id))
    .filter((record) => record !== null)
    .filter(({ owner }) => owner === host.options.owner)

const stateById = async (host: Host, id: string): Promise<AllocState> => {
  const { life } = await ready(host)
  return stateOf(life, recordOf(host, id))
}

type Storage = Pick<
  Driver,
  'fingerprint' | 'ensureNetwork' | 'removeNetwork' | 'ensureVolume' | 'removeVolume' | 'ensureImage'
>

/** Networks and images are no matter of host processes. */
const storageCalls = (host: Host): Storage => ({
  fingerprint: async () => fingerprintOf(host.options, (await ready(host)).life.cgroups),
  ensureNetwork: async ({ name }) => ({ existed: false, native: name }),
  removeNetwork: async () => {},
  ensureVolume: async (volume) => {
    await ready(host)
    return ensureVolume(host.stateDir, volume)
  },
  removeVolume: (name) => removeVolume(host.stateDir, name),
  ensureImage: async (image) => image,
})

type Life = Pick<Driver, 'create' | 'start' | 'stop' | 'remove' | 'drain'>

const lifeCalls = (host: Host): Life => ({
  create: async (spec) => {
    const { life } = await ready(host)
    if (findRecord(host, spec.id) === null) await createAlloc(host.options, spec, life.cgroups)
    return stateById(host, spec.id)
  },
  start: async (id, signal) => {
    const { life } = await ready(host)
    await beginAlloc(life, recordOf(host, id), signal)
    return stateById(host, id)
  },
  stop: async (id, how, signal) => {
    const { life } = await ready(host)
    const record = findRecord(host, id)
    if (record === null) return goneState(id)
    await stopAlloc(life, record, how, signal)
    return stateOf(life, record)
  },
  remove: async (id) => {
    const { life, usage } = await ready(host)
    usage.forget(id)
    if (isAllocId(id)) await removeAlloc(life, id)
  },
  drain: async () => {},
})

type Reading = Pick<Driver, 'list' | 'inspect' | 'events' | 'address' | 'logs' | 'stats'>

const readingCalls = (host: Host): Reading => ({
  list: async () => {
    const { life } = await ready(host)
    return ownRecords(host).map((record) => stateOf(life, record))
  },
  inspect: async (id) => (findRecord(host, id) === null ? null : stateById(host, id)),
  events: (signal) => {
    const events = host.hub.subscribe(signal)
    ready(host).catch(() => {})
    return events
  },
  address: async (id, containerPort) => {
    const port = recordOf(host, id).ports.find((entry) => entry.containerPort === containerPort)
    return port === undefined ? null : { host: '127.0.0.1', port: port.hostPort }
  },
  logs: async function* (id, query, signal) {
    const { life } = await ready(host)
    const record = recordOf(host, id)
    const ended = (): boolean => findRecord(host, id) === null || stateOf(life, record).phase === 'exited'
    yield* readLogs({ stateDir: host.stateDir, id, store: host.logs, ended }, query, signal)
  },
  stats: async (id) => (await ready(host)).usage.read(id),
})

const exec = async (host: Host, ...[id, argv, io, signal]: Parameters<Driver['exec']>): Promise<number> => {
  const { life } = await ready(host)
  const record = recordOf(host, id)
  if (stateOf(life, record).phase !== 'running')
    throw new StormportError('Conflict', `${record.service}.${record.slot} is not running`, { service: record.service })
  return execBeside(host.stateDir, record, { argv, io, joins: life.cgroups.joins(id) }, signal)
}

const close = async (host: Host): Promise<void> => {
  const present = host.opened
  host.opened = null
  host.logs.close()
  if (present === null) return
  const { life } = await present
  closeLifecycle(life)
  if (listAllocIds(host.stateDir).length === 0) life.cgroups.close()
}

export const createProcessDriver = (options: ProcessDriverOptions): Driver => {
  const { stateDir } = options
  const logs = createLogStore(stateDir, { maxBytes: options.logMaxBytes ?? LOG_MAX_BYTES })
  const host: Host = { options, stateDir, hub: createEventHub(), logs, opened: null }
  return {
    kind: 'process',
    ...storageCalls(host),
    ...lifeCalls(host),
    ...readingCalls(host),
    exec: (...call) => exec(host, ...call),
    close: () => close(host),
  }
}
