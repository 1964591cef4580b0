// The table in force: opens, changes and closes listeners until they are what the table says. Knows no sockets of its own.
import { type Listener, openListener } from './listener.ts'
import { portHolder } from './port-holder.ts'
import { portCandidates } from './ports.ts'
import { bindTcp } from './tcp.ts'
import type { ProxyEntry, ProxyReport, ProxyTable } from './types.ts'
import { bindUdp } from './udp.ts'

export interface Switchboard {
  /** `kept`: ports picked earlier, by key. One call at a time. */
  apply(table: ProxyTable, kept: Readonly<Record<string, number>>): Promise<ProxyReport>
  report(): ProxyReport
  connections(backendId: string): number
  /** Client connections, also of entries that are closed already. */
  open(): number
  sweep(nowMs: number): void
  destroy(): void
}

interface Open {
  readonly entry: ProxyEntry
  readonly listener: Listener
}

const sameDoor = (left: ProxyEntry, right: ProxyEntry): boolean =>
  left.protocol === right.protocol &&
  left.listen.host === right.listen.host &&
  left.listen.port === right.listen.port &&
  (left.appProtocol ?? null) === (right.appProtocol ?? null)

export const createSwitchboard = ({ holdMs }: { readonly holdMs: number }): Switchboard => {
  const doors = new Map<string, Open>()
  let closing: Listener[] = []
  let errors: ProxyReport['errors'] = {}

  const report = (): ProxyReport => ({
    ports: Object.fromEntries([...doors].map(([key, { listener }]) => [key, listener.port])),
    errors,
  })
  const all = (): readonly Listener[] => [...[...doors.values()].map(({ listener }) => listener), ...closing]
  const close = async (key: string, { listener }: Open): Promise<void> => {
    doors.delete(key)
    await listener.close()
    if (listener.open() > 0) closing.push(listener)
  }
  const open = async (entry: ProxyEntry, kept: number | null): Promise<ProxyReport['errors']> => {
    const bind = entry.protocol === 'udp' ? bindUdp(entry) : bindTcp(entry, { holdMs })
    const result = await openListener(entry, bind, {
      candidates: portCandidates(entry.key, entry.listen.port, kept),
      holder: portHolder,
    })
    if (result.kind === 'failed') return { [entry.key]: result.failure }
    doors.set(entry.key, { entry, listener: result.listener })
    return {}
  }
  return {
    apply: async (table, kept) => {
      const wanted = new Map(table.entries.map((entry) => [entry.key, entry]))
      for (const [key, door] of doors) {
        const entry = wanted.get(key)
        if (entry === undefined || !sameDoor(entry, door.entry)) await close(key, door)
      }
      const found: Record<string, ProxyReport['errors'][string]> = {}
      for (const entry of wanted.values()) {
        const door = doors.get(entry.key)
        if (door === undefined) Object.assign(found, await open(entry, kept[entry.key] ?? null))
        else door.listener.replace(entry.backends)
      }
      errors = found
      return report()
    },
    report,
    connections: (id) => all().reduce((sum, listener) => sum + listener.connections(id), 0),
    open: () => all().reduce((sum, listener) => sum + listener.open(), 0),
    sweep: (nowMs) => {
      for (const listener of all()) listener.sweep(nowMs)
      closing = closing.filter((listener) => listener.open() > 0)
    },
    destroy: () => {
      for (const listener of all()) listener.destroy()
      doors.clear()
      closing = []
    },
  }
}
