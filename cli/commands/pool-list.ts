// pool list: the pools of each target, how many nodes they have and what is free there.
import type { PoolReport, TargetPools } from '../../core/engine/api.ts'
import { formatBytes, formatCpus } from '../../core/model/quantity.ts'
import type { Run } from '../call.ts'
import { oneLine } from '../render/plain-text.ts'
import { renderTable } from '../render/table.ts'
import { refuseUnknownTargets } from '../subject.ts'

const HEADER = ['TARGET', 'POOL', 'NODES', 'BOUNDS', 'CPU FREE', 'MEMORY FREE', 'GPUS', 'USD/HOUR', 'NOTE']

export const run: Run = async ({ context }) => {
  const fleet = await context.fleet()
  refuseUnknownTargets(context.options.targets, fleet.targets)
  const engine = await context.engine()
  const report = await engine.pools(fleet, context.options.targets, context.signal)
  if (context.options.json) context.document(report)
  else context.print(renderTable(HEADER, report.targets.flatMap(rows), context.style.out))
  return 0
}

const rows = ({ target, pools, because, reachable }: TargetPools): readonly (readonly string[])[] => {
  if (pools.length > 0) return pools.map((pool) => [target, ...cells(pool)])
  const note = because ?? (reachable ? 'no nodes' : 'not reachable')
  return [[target, '-', '', '', '', '', '', '', oneLine(note)]]
}

const cells = (pool: PoolReport): readonly string[] => [
  pool.name,
  String(pool.nodes),
  pool.min === null && pool.max === null ? '-' : `${pool.min ?? 0}-${pool.max ?? ''}`,
  `${formatCpus(pool.free.cpuMillis)} of ${formatCpus(pool.total.cpuMillis)}`,
  `${formatBytes(pool.free.memoryBytes)} of ${formatBytes(pool.total.memoryBytes)}`,
  pool.gpus.length === 0 ? '-' : pool.gpus.map((g) => `${g.model} ${g.free} of ${g.total} free`).join(', '),
  pool.priceUsdPerHour === null ? '-' : String(pool.priceUsdPerHour),
  [pool.cordoned > 0 ? `${pool.cordoned} cordoned` : '', pool.label === null ? '' : `by ${pool.label}`]
    .filter((part) => part !== '')
    .join(', '),
]
