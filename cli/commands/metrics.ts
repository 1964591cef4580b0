// metrics: CPU and memory of every replica, as the targets measure them.
import { formatBytes, formatCpus } from '../../core/model/quantity.ts'
import type { Run } from '../call.ts'
import { renderTable } from '../render/table.ts'

export const run: Run = async ({ context, args }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const report = await engine.metrics(subject, context.options.targets, context.signal)
  const samples = args.length === 0 ? report.samples : report.samples.filter((sample) => args.includes(sample.service))
  if (context.options.json) context.document({ ...report, samples })
  else if (samples.length === 0) context.print('no samples')
  else {
    const rows = samples.map((sample) => [
      sample.service,
      sample.replica,
      sample.target,
      formatCpus(sample.cpuMillis),
      formatBytes(sample.memoryBytes),
    ])
    context.print(renderTable(['SERVICE', 'REPLICA', 'TARGET', 'CPU', 'MEMORY'], rows, context.style.out))
  }
  return 0
}
