// why: one replica explained: what it does, since when and for which reason, its last exit and lines, and what to run next.
import type { Engine, Subject } from '../../core/engine/api.ts'
import { StormportError } from '../../core/errors.ts'
import type { Replica } from '../../core/model/replica.ts'
import type { Call, Run } from '../call.ts'
import type { Context } from '../context.ts'
import { oneLine } from '../render/plain-text.ts'
import { replicaName } from '../render/status.ts'
import { age } from '../render/time.ts'

const LINES = 10

interface Why {
  readonly service: string
  readonly slot: number | null
  readonly phase: Replica['phase']
  readonly since: string | null
  readonly reason: string | null
  readonly refusals: readonly {
    readonly target: string
    readonly pool: string | null
    readonly node: string | null
    readonly reason: string
    readonly fix: string
  }[]
  readonly events: readonly { readonly at: string; readonly message: string }[]
  readonly lastLogs: readonly string[]
  readonly next: readonly string[]
}

export const run: Run = async (call) => {
  const { context } = call
  const subject = await context.subject()
  const engine = await context.engine()
  const replica = await findReplica(call, engine, subject)
  const why = explain(replica, await lastLines(call, engine, { subject, replica }), subject.app)
  if (context.options.json) context.document(why)
  else context.print(text(why, replica, context))
  return 0
}

/** Of several replicas the one in trouble; the newest where all are alike. */
const findReplica = async (
  { context, args: [name = ''] }: Call,
  engine: Engine,
  subject: Subject,
): Promise<Replica> => {
  const { replicas } = await engine.replicas(subject, context.options.targets, context.signal)
  const named = replicas.filter((replica) => [replica.id, replica.service, replicaName(replica)].includes(name))
  const found = named.find((replica) => !replica.ready) ?? named.at(-1)
  if (found !== undefined) return found
  throw new StormportError('NotFound', `${subject.app} has no replica ${name}`, {
    diagnostic: 'SP1503',
    source: 'user',
    hint: `stormport ps lists replicas; stormport plan --why ${name.split('.')[0]} tells where they would go`,
  })
}

const lastLines = async (
  { context }: Call,
  engine: Engine,
  { subject, replica }: { readonly subject: Subject; readonly replica: Replica },
): Promise<readonly string[]> => {
  const request = {
    targets: [replica.target],
    services: [replica.service],
    replicas: [replica.id],
    follow: false,
    sinceMs: null,
    tail: LINES,
  }
  const lines: string[] = []
  for await (const line of engine.logs(subject, request, context.signal)) lines.push(line.text)
  return lines.slice(-LINES)
}

const explain = (replica: Replica, lastLogs: readonly string[], app: string): Why => ({
  service: replica.service,
  slot: replica.slot,
  phase: replica.phase,
  since: replica.startedAt,
  reason: replica.reason,
  refusals:
    replica.phase === 'pending' && replica.reason !== null
      ? [
          {
            target: replica.target,
            pool: replica.pool,
            node: replica.node,
            reason: replica.reason,
            fix: `stormport plan --why ${replica.service}`,
          },
        ]
      : [],
  events: replica.lastExit === null ? [] : [{ at: replica.lastExit.at, message: exitWords(replica.lastExit) }],
  lastLogs,
  next: replica.ready
    ? [`stormport logs ${replica.service} -p ${app}`]
    : [`stormport logs ${replica.service} -p ${app}`, `stormport restart ${replica.service} -p ${app}`],
})

const exitWords = ({ code, signal, oomKilled }: NonNullable<Replica['lastExit']>): string =>
  oomKilled
    ? 'ended by the kernel: out of memory'
    : signal === null
      ? `exited ${code ?? 'with an unknown status'}`
      : `ended by ${signal}`

const text = (why: Why, replica: Replica, { style: { out: style }, world }: Context): string =>
  [
    `${style.bold(replicaName(replica))} on ${replica.target}${replica.node === null ? '' : `/${replica.node}`}: ${why.phase}${why.since === null ? '' : ` for ${age(why.since, world.now())}`}${why.reason === null ? '' : `: ${oneLine(why.reason)}`}`,
    ...(replica.restarts > 0 ? [`restarted ${replica.restarts} times`] : []),
    ...why.events.map((event) => `${event.at} ${event.message}`),
    ...(why.lastLogs.length > 0
      ? ['last lines:', ...why.lastLogs.map((line) => `  ${style.symbols.rule} ${oneLine(line)}`)]
      : []),
    `${style.bold('Next:')} ${why.next.join(', or ')}`,
  ].join('\n')
