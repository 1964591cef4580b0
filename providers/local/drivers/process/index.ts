// Host processes as allocations (DESIGN section 1, Processes): each runs under a shim of its own that outlives the daemon.
// This object holds nothing that is not on disk: dropped and made anew, it finds everything again.
import { StormportError } from '../../../../core/errors.ts'
import type { AllocState, Driver, DriverOptions } from '../../daemon/driver.ts'
import { type Cgroups, openCgroups } from './cgroup.ts'
import { createAlloc } from './create.ts'
import { createEventHub } from './event-hub.ts'
import { fingerprintOf } from './fingerprint.ts'
import { createLifecycle, type Lifecycle } from './lifecycle.ts'
import { readLogs } from './log-read.ts'
import { createLogStore } from './log-store.ts'
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
  readonly cgroups: Cgroups
  readonly lifecycle: Lifecycle
  readonly usage: UsageReader
}

const notFound = (id: string): StormportError => new StormportError('NotFound', `there is no allocation ${id}`)

export const createProcessDriver = (options: ProcessDriverOptions): Driver => {
  const { stateDir, owner } = options
  const hub = createEventHub()
  const logs = createLogStore(stateDir, { maxBytes: options.logMaxBytes ?? LOG_MAX_BYTES })
  const open = async (): Promise<Opened> => {
    await makeFolders(stateDir)
    const [script, cgroups] = await Promise.all([installShim(stateDir), openCgroups(`${owner} ${stateDir}`)])
    const lifecycle = createLifecycle({ stateDir, script, cgroups, logs, hub, bootId: readBootId() })
    for (const id of listAllocIds(stateDir)) if (readRecord(stateDir, id)?.owner === owner) await lifecycle.adopt(id)
    return { cgroups, lifecycle, usage: createUsageReader(stateDir, cgroups) }
  }
  let opened: Promise<Opened> | null = null
  const ready = (): Promise<Opened> => {
    opened ??= open().catch((error: unknown) => {
      opened = null
      throw error
    })
    return opened
  }
  const recordOf = (id: string): AllocRecord => {
    const record = isAllocId(id) ? readRecord(stateDir, id) : null
    if (record === null) throw notFound(id)
    return record
  }
  const stateOf = async (id: string): Promise<AllocState> => (await ready()).lifecycle.state(recordOf(id))
  return {
    kind: 'process',
    fingerprint: async () => fingerprintOf(options, (await ready()).cgroups),
    ensureNetwork: async ({ name }) => ({ existed: false, native: name }),
    removeNetwork: async () => {},
    ensureVolume: async (volume) => {
      await ready()
      return ensureVolume(stateDir, volume)
    },
    removeVolume: (name) => removeVolume(stateDir, name),
    ensureImage: async (image) => image,
    create: async (spec) => {
      const { cgroups } = await ready()
      if (!isAllocId(spec.id) || readRecord(stateDir, spec.id) === null) await createAlloc(options, spec, cgroups)
      return stateOf(spec.id)
    },
    start: async (id, signal) => {
      await (await ready()).lifecycle.start(recordOf(id), signal)
      return stateOf(id)
    },
    stop: async (id, how, signal) => {
      const { lifecycle } = await ready()
      const record = isAllocId(id) ? readRecord(stateDir, id) : null
      if (record === null) return lifecycle.gone(id)
      await lifecycle.stop(record, how, signal)
      return lifecycle.state(record)
    },
    remove: async (id) => {
      const { lifecycle, usage } = await ready()
      usage.forget(id)
      if (isAllocId(id)) await lifecycle.remove(id)
    },
    list: async () => {
      const { lifecycle } = await ready()
      const records = listAllocIds(stateDir).map((id) => readRecord(stateDir, id))
      return records
        .filter((record) => record !== null && record.owner === owner)
        .map((record) => lifecycle.state(record as AllocRecord))
    },
    inspect: async (id) => (isAllocId(id) && readRecord(stateDir, id) !== null ? stateOf(id) : null),
    events: (signal) => {
      const events = hub.subscribe(signal)
      ready().catch(() => {})
      return events
    },
    address: async (id, containerPort) => {
      const port = recordOf(id).ports.find((entry) => entry.containerPort === containerPort)
      return port === undefined ? null : { host: '127.0.0.1', port: port.hostPort }
    },
    exec: async (id, argv, io, signal) => {
      const { cgroups } = await ready()
      const record = recordOf(id)
      if ((await stateOf(id)).phase !== 'running')
        throw new StormportError('Conflict', `${record.service}.${record.slot} is not running`)
      return execBeside(stateDir, record, { argv, io, joins: cgroups.joins(id) }, signal)
    },
    drain: async () => {},
    logs: async function* (id, query, signal) {
      const { lifecycle } = await ready()
      const record = recordOf(id)
      const ended = (): boolean => readRecord(stateDir, id) === null || lifecycle.state(record).phase === 'exited'
      const source = { stateDir, id, store: logs, ended }
      yield* readLogs(source, query, signal)
    },
    stats: async (id) => (await ready()).usage.read(id),
    close: async () => {
      const present = opened
      opened = null
      logs.close()
      if (present === null) return
      const { lifecycle, cgroups } = await present
      lifecycle.close()
      if (listAllocIds(stateDir).length === 0) cgroups.close()
    },
  }
}
