// node list: the nodes of each target with what is free there.
import type { NodeReport } from '../../core/engine/api.ts'
import { formatBytes, formatCpus } from '../../core/model/quantity.ts'
import type { NodeCapacity } from '../../core/model/resources.ts'
import type { Run } from '../call.ts'
import { oneLine } from '../render/plain-text.ts'
import { renderTable } from '../render/table.ts'
import { refuseUnknownTargets } from '../subject.ts'

export const run: Run = async ({ context }) => {
  const fleet = await context.fleet()
  refuseUnknownTargets(context.options.targets, fleet.targets)
  const engine = await context.engine()
  const targets = await engine.nodes(fleet, context.options.targets, context.signal)
  if (context.options.json) context.document({ targets })
  else
    context.print(
      renderTable(
        ['TARGET', 'NODE', 'ARCH', 'CPU FREE', 'MEMORY FREE', 'GPUS', 'REPLICAS', 'NOTE'],
        targets.flatMap(rows),
        context.style.out,
      ),
    )
  return 0
}

const rows = (report: NodeReport): readonly (readonly string[])[] => {
  if (report.nodes.length === 0)
    return [
      [
        report.target,
        '-',
        '',
        '',
        '',
        '',
        '',
        oneLine(report.because ?? (report.reachable ? 'no nodes' : 'not reachable')),
      ],
    ]
  return report.nodes.map((node) => [report.target, ...cells(node)])
}

const cells = (node: NodeCapacity): readonly string[] => [
  node.name,
  node.arch,
  `${formatCpus(node.free.cpuMillis)} of ${formatCpus(node.total.cpuMillis)}`,
  `${formatBytes(node.free.memoryBytes)} of ${formatBytes(node.total.memoryBytes)}`,
  gpus(node),
  String(Object.values(node.replicas).reduce((sum, count) => sum + count, 0)),
  node.cordoned ? 'cordoned' : '',
]

const gpus = ({ gpus: cards }: NodeCapacity): string => {
  const free = cards.filter((card) => card.freeShare === 1).length
  return cards.length === 0
    ? '-'
    : `${free} of ${cards.length} free (${[...new Set(cards.map((card) => card.model))].join(', ')})`
}
