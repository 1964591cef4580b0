// The local control plane in two lines.
import type { DaemonStatus } from '../../providers/local/control.ts'
import type { Style } from './style.ts'
import { age } from './time.ts'

export const renderDaemon = (status: DaemonStatus, style: Style, now: number): string => {
  if (!status.running) return 'the local daemon does not run; the first command that needs it starts it'
  const head = `${style.green(style.symbols.done)} the local daemon runs: pid ${status.pid ?? '?'}, version ${status.version ?? '?'}, up ${age(status.startedAt, now)}`
  const nodes = status.nodes.map(
    (node) => `  node ${node.name} (${node.driver})${node.reachable ? '' : style.red(' not reachable')}`,
  )
  return [head, ...(status.socket === null ? [] : [`  socket ${status.socket}`]), ...nodes].join('\n')
}
