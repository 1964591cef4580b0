// Puts variables into every text of a file, and turns the text into a number or boolean where the attribute is one.
import type { Findings } from './findings.ts'
import { parseBased, parseDecimal, parseFloatText } from './go-text.ts'
import { isText, type Node, type StringNode } from './node.ts'
import { into, patternTable, shown, type Trail, under } from './pattern.ts'
import { type Lookup, substitute, type TemplateFault } from './template.ts'

export interface Interpolation {
  readonly lookup: Lookup
  readonly findings: Findings
}

/** Returns a new tree; texts that cannot be replaced are reported and kept, what fits no attribute is taken out. */
export const interpolate = (node: Node, context: Interpolation, trail: Trail<CastRule> = casts): Node | undefined => {
  if (node.kind === 'map') {
    const entries = [...node.entries].flatMap(([key, value]) => {
      const filled = interpolate(value, context, into(trail, key))
      return filled === undefined ? [] : [[key, filled] as const]
    })
    return { ...node, entries: new Map(entries) }
  }
  if (node.kind === 'list') {
    return { ...node, items: node.items.flatMap((item) => interpolate(item, context, into(trail, '[]')) ?? []) }
  }
  return isText(node) ? castText(replaceVariables(node, context, trail), context, trail) : node
}

const replaceVariables = (node: StringNode, context: Interpolation, trail: Trail<CastRule>): StringNode => {
  const result = substitute(node.value, context.lookup)
  if ('fault' in result) {
    context.findings.error('SP1009', `${shown(trail)}: ${explain(result.fault)}`, { at: node.at })
    return node
  }
  const { value, used, missing } = result.ok
  for (const name of missing) {
    context.findings.warn('SP1014', `variable ${name} is not set and becomes empty`, { at: node.at })
  }
  if (used.length === 0) return value === node.value ? node : { ...node, value }
  return { ...node, value, origin: { kind: 'interpolated', variables: used } }
}

const explain = (fault: TemplateFault): string => {
  if (fault.kind === 'invalid') return 'invalid variable; write $$ for a dollar sign'
  return `required variable ${fault.variable} is missing a value${fault.reason === '' ? '' : `: ${fault.reason}`}`
}

type Cast = (value: string) => number | bigint | boolean | undefined

const castText = (node: StringNode, context: Interpolation, trail: Trail<CastRule>): Node | undefined => {
  const cast = trail.state?.value
  if (cast === undefined) return node
  const value = cast.read(node.value)
  if (value === undefined) {
    const given = node.origin === undefined ? ` ${JSON.stringify(node.value)}` : ''
    context.findings.error('SP1009', `${shown(trail)}: the text${given} is ${cast.wanted}`, { at: node.at })
    return undefined
  }
  if (typeof value === 'boolean') return { ...node, kind: 'bool', value }
  if (!cast.float) return { ...node, kind: 'int', value }
  return { ...node, kind: 'float', value: Number(value), single: cast.single }
}

interface CastRule {
  readonly read: Cast
  readonly wanted: string
  readonly float: boolean
  readonly single: boolean
}

const rule = (read: Cast, wanted: string): CastRule => ({ read, wanted, float: false, single: false })

const integer = rule(parseDecimal, 'no integer')
const float: CastRule = { ...rule(parseFloatText, 'no number'), float: true }
const single: CastRule = { ...rule((value) => singleOf(parseFloatText(value)), 'no number'), float: true, single: true }

const singleOf = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.fround(value)

const TRUE = ['true', 'y', 'yes', 'on']
const FALSE = ['false', 'n', 'no', 'off']

/** As Compose reads booleans that are written as text. */
export const readBoolean = (value: string): boolean | undefined => {
  const word = value.toLowerCase()
  return TRUE.includes(word) ? true : FALSE.includes(word) ? false : undefined
}

const boolean = rule(readBoolean, 'no boolean')

// Digits may be told apart by single underscores: 0_022.
const readUmask = (value: string): number | bigint | undefined => {
  const digits = /^(?:0[xXbBoO]_?)?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*$/.test(value) ? value.replaceAll('_', '') : ''
  const number = parseBased(digits)
  return number === undefined || number > 0xffffffff ? undefined : number
}

const container: Readonly<Record<string, CastRule>> = {
  cpu_count: integer,
  cpu_percent: float,
  cpu_period: integer,
  cpu_quota: integer,
  cpu_rt_period: integer,
  cpu_rt_runtime: integer,
  cpus: single,
  cpu_shares: integer,
  init: boolean,
  'networks.*.use_service_name_alias': boolean,
  oom_kill_disable: boolean,
  oom_score_adj: integer,
  pids_limit: integer,
  privileged: boolean,
  read_only: boolean,
  umask: rule(readUmask, 'no umask'),
  'ulimits.*': integer,
  'ulimits.*.hard': integer,
  'ulimits.*.soft': integer,
  'volumes.[].read_only': boolean,
  'volumes.[].volume.nocopy': boolean,
}

const workload: Readonly<Record<string, CastRule>> = {
  'depends_on.*.required': boolean,
  'depends_on.*.restart': boolean,
  'healthcheck.retries': integer,
  'healthcheck.disable': boolean,
  'ports.[].target': integer,
  stdin_open: boolean,
  tty: boolean,
}

const service: Readonly<Record<string, CastRule>> = {
  'deploy.replicas': integer,
  'deploy.update_config.parallelism': integer,
  'deploy.update_config.max_failure_ratio': float,
  'deploy.rollback_config.parallelism': integer,
  'deploy.rollback_config.max_failure_ratio': float,
  'deploy.restart_policy.max_attempts': integer,
  'deploy.placement.max_replicas_per_node': integer,
  scale: integer,
}

const casts = patternTable<CastRule>({
  ...under(['networks.*'], { external: boolean, internal: boolean, attachable: boolean }),
  ...under(['networks.*'], { enable_ipv4: boolean, enable_ipv6: boolean }),
  ...under(['volumes.*', 'secrets.*', 'configs.*'], { external: boolean }),
  ...under(['services.*', 'jobs.*', 'services.*.pre_start.*'], container),
  ...under(['services.*', 'jobs.*'], workload),
  ...under(['services.*'], service),
})
