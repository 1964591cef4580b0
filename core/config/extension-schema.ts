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
  targets: z.array(target).min(1).optional(),
  place: place.optional(),
  reach: z.record(z.string(), shaped(/^[^\s/]+$/, 'a host or host:port', 'db.shop.internal:5432')).optional(),
  autoscale: autoscale.optional(),
  gpu: gpu.optional(),
  capacity: capacityList.optional(),
  failover: z.enum(['auto', 'manual', 'never']).optional(),
  singleton: z.boolean().optional(),
  expose: z.union([expose, z.array(expose).min(1)]).optional(),
  schedule: z.union([cron, schedule]).optional(),
  job: z
    .strictObject({
      run: z.enum(['onChange', 'always', 'once']).optional(),
      targets: z.enum(['one', 'each']).optional(),
    })
    .optional(),
  security: z.enum(['auto', 'restricted', 'baseline', 'privileged']).optional(),
  priority: z.int().optional(),
  process: z.union([z.boolean(), z.literal('always'), host]).optional(),
  public: z.array(text).optional(),
  accept: z
    .array(shaped(/^SP\d{4}(@[^\s:]+(:\S+)?)?$/, 'a diagnostic code', 'SP1201 or SP1201@edge:logging'))
    .optional(),
  allow: z.array(text).optional(),
  identity: z.strictObject({ eks: text.optional(), aks: text.optional() }).optional(),
  gang: z.boolean().optional(),
})

export const volumeExtension = z.strictObject({ size: size.optional(), class: text.optional() })

export type ServiceExtensionInput = z.infer<typeof serviceExtension>
export type VolumeExtensionInput = z.infer<typeof volumeExtension>
