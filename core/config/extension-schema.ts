// x-stormport in compose.yaml, as it may be written: per service and per volume. Every key is optional.
import * as z from 'zod'
import { atLeast, count, dnsName, duration, gpuModelName, positive, shaped, size, text } from './schema-fields.ts'

export const capacityList = z.array(z.enum(['spot', 'on-demand'])).min(1)
export const strategy = z.enum(['ordered', 'spread', 'weighted', 'cheapest'])
export const weights = z.record(z.string(), z.number().min(0))

const cron = shaped(
  /^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|\S+(\s+\S+){4})$/i,
  'a cron expression of five fields',
  '"0 3 * * *"',
)
const percent = z.int().min(1).max(100_000)

const target = z.union([dnsName, z.strictObject({ site: dnsName })])

const place = z.strictObject({
  strategy: strategy.optional(),
  minPerTarget: count.optional(),
  with: z.array(text).optional(),
  each: positive.optional(),
  weights: weights.optional(),
})

const scalingPolicy = z.strictObject({ type: z.enum(['Pods', 'Percent']), value: positive, periodSeconds: positive })
const scalingRules = z.strictObject({
  stabilizationWindowSeconds: count.optional(),
  selectPolicy: z.enum(['Max', 'Min', 'Disabled']).optional(),
  policies: z.array(scalingPolicy).optional(),
  tolerance: z.union([z.number(), z.string()]).optional(),
})

const autoscale = z.strictObject({
  min: count.optional(),
  max: positive,
  cpu: percent.optional(),
  memory: percent.optional(),
  behavior: z.strictObject({ scaleUp: scalingRules.optional(), scaleDown: scalingRules.optional() }).optional(),
})

const gpu = z.strictObject({
  models: z.array(gpuModelName).min(1).optional(),
  memory: atLeast.optional(),
  count: positive.optional(),
  sharing: z.enum(['refuse', 'allow']).optional(),
  share: z.number().gt(0).max(1).optional(),
  dra: z.boolean().optional(),
})

const expose = z.strictObject({
  host: text,
  path: shaped(/^\//, 'a path that begins with /', '/api').optional(),
  port: z.int().min(1).max(65_535).optional(),
  tls: z.union([z.boolean(), z.strictObject({ secret: text }), z.strictObject({ issuer: text })]).optional(),
})

const schedule = z.strictObject({
  cron,
  timezone: text.optional(),
  concurrency: z.enum(['allow', 'forbid', 'replace']).optional(),
  startDeadline: duration.optional(),
})

const host = z.strictObject({
  when: z.union([z.boolean(), z.enum(['true', 'always'])]).optional(),
  watch: z.array(text).optional(),
})

export const serviceExtension = z.strictObject({
  targets: z.array(target).min(1).optional().describe('Allowed targets: names, or { site }.'),
  place: place.optional().describe('How its replicas are spread over targets, and who must be beside it.'),
  reach: z
    .record(z.string(), shaped(/^[^\s/]+$/, 'a host or host:port', 'db.shop.internal:5432'))
    .optional()
    .describe('Services that it reaches by an address where they do not run.'),
  autoscale: autoscale.optional().describe('Replicas by load, with the meaning of a Kubernetes HPA.'),
  gpu: gpu.optional().describe('What it needs of GPUs, beyond what Compose can say.'),
  capacity: capacityList.optional().describe('Order of preference of what may be bought.'),
  failover: z.enum(['auto', 'manual', 'never']).optional().describe('Whether it moves when its target is lost.'),
  singleton: z.boolean().optional().describe('Never two copies at once, anywhere.'),
  expose: z
    .union([expose, z.array(expose).min(1)])
    .optional()
    .describe('Host names under which clusters let the outside in.'),
  schedule: z.union([cron, schedule]).optional().describe('Runs once at each time of a cron expression.'),
  job: z
    .strictObject({
      run: z.enum(['onChange', 'always', 'once']).optional(),
      targets: z.enum(['one', 'each']).optional(),
    })
    .optional()
    .describe('Runs once and ends.'),
  security: z.enum(['auto', 'restricted', 'baseline', 'privileged']).optional().describe('Hardening on clusters.'),
  priority: z.int().optional().describe('Higher ones may push lower ones off a full node.'),
  process: z
    .union([z.boolean(), z.literal('always'), host])
    .optional()
    .describe('May run as a host process; watch: globs whose change is a change of the service.'),
  public: z.array(text).optional().describe('Environment keys and variables that are no secret.'),
  accept: z
    .array(shaped(/^SP\d{4}(@[^\s:]+(:\S+)?)?$/, 'a diagnostic code', 'SP1201 or SP1201@edge:logging'))
    .optional()
    .describe('Losses that are accepted, by diagnostic code.'),
  allow: z.array(text).optional().describe('Risky features, shown in every plan.'),
  identity: z
    .strictObject({ eks: text.optional(), aks: text.optional() })
    .optional()
    .describe('Cloud identities of the workload.'),
  gang: z.boolean().optional().describe('All replicas or none.'),
})

export const volumeExtension = z.strictObject({ size: size.optional(), class: text.optional() })

export type ServiceExtensionInput = z.infer<typeof serviceExtension>
export type VolumeExtensionInput = z.infer<typeof volumeExtension>
