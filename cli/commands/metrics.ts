// metrics: CPU and memory of every replica, as the targets measure them, beside what was asked for and what is allowed.
import type { Amounts, Usage } from '../../core/engine/api.ts'
import { formatBytes, formatCpus } from '../../core/model/quantity.ts'
import type { Run } from '../call.ts'
import { replicaName } from '../render/status.ts'
import { renderTable } from '../render/table.ts'
import { noteSilent } from '../silent.ts'

const HEADER = ['REPLICA', 'TARGET', 'CPU', 'REQUEST', 'LIMIT', 'MEMORY', 'REQUEST', 'LIMIT']

export const run: Run = async ({ context, args }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const report = await engine.metrics(subject, context.options.targets, context.signal)
  const samples = args.length === 0 ? report.samples : report.samples.filter((sample) => args.includes(sample.service))
  if (context.options.json) context.document({ ...report, samples })
  else context.print(samples.length === 0 ? 'no samples' : renderTable(HEADER, samples.map(row), context.style.out))
  noteSilent(context, report)
  return 0
}

const row = (sample: Usage): readonly string[] => [
  replicaName({ ...sample, id: sample.replica }),
  sample.target,
  formatCpus(sample.cpuMillis),
  cpu(sample.requests),
  cpu(sample.limits),
  formatBytes(sample.memoryBytes),
  memory(sample.requests),
  memory(sample.limits),
]

const cpu = ({ cpuMillis }: Amounts): string => (cpuMillis === null ? '-' : formatCpus(cpuMillis))
const memory = ({ memoryBytes }: Amounts): string => (memoryBytes === null ? '-' : formatBytes(memoryBytes))
